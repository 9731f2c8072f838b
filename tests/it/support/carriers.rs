//! Carriers of a test's own, to be ordered about: a message centre and a mail server.
//!
//! Both are programs of others (npm package smpp, PyPI package aiosmtpd) in a few lines of script, so that our words are
//! judged by someone else's reading of the protocols.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use eid::pki::{Authority, Leaf, Usage};
use eid::sys::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long anything may take that must come.
const COMES: Duration = Duration::from_mins(2);

/// A program that tells what it gets.
pub struct Carrier {
    _process: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub port: u16,
    /// All that it told so far.
    pub told: Vec<Value>,
}

/// A certificate for `localhost`, the authority that issued it, and where they lie.
pub struct Certificate {
    pub authorities: Vec<u8>,
    chain: PathBuf,
    key: PathBuf,
    _folder: TempDir,
}

impl Certificate {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Clock::System.now();
        let authority = Authority::new("the carrier's", now.minus(Duration::from_hours(1))).unwrap();
        let valid = now.minus(Duration::from_hours(1))..now.plus(Duration::from_hours(1));
        let issued = authority.issue(&Leaf { common_name: "carrier", uri: None, usage: Usage::Server, valid }).unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (chain, key) = (write("c.pem", issued.certificate_pem()), write("k.pem", issued.key_pem()));
        Self { authorities: authority.certificate_pem().into_bytes(), chain, key, _folder: folder }
    }
}

fn tool(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support").join(name)
}

impl Carrier {
    /// A message centre, on TLS if there is a certificate; `None` if the pass has no such program.
    pub async fn message_centre(certificate: Option<&Certificate>) -> Option<Self> {
        let library = tool("EID_TEST_SMPP")?;
        let mut command = Command::new("node");
        command.arg(script("smsc.js")).arg(library);
        Some(Self::start(command, certificate).await)
    }

    /// A mail server that knows STARTTLS if there is a certificate; `None` if the pass has no such program.
    pub async fn mail_server(certificate: Option<&Certificate>) -> Option<Self> {
        let mut command = Command::new(tool("EID_TEST_AIOSMTPD")?);
        command.arg(script("mail.py"));
        Some(Self::start(command, certificate).await)
    }

    async fn start(mut command: Command, certificate: Option<&Certificate>) -> Self {
        if let Some(certificate) = certificate {
            command.arg(&certificate.chain).arg(&certificate.key);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let (orders, lines) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()).lines());
        let mut carrier = Self { _process: process, orders, lines, port: 0, told: Vec::new() };
        let listening = carrier.next("listening").await;
        carrier.port = u16::try_from(listening["listening"].as_u64().unwrap()).unwrap();
        carrier
    }

    /// Gives an order, and waits until it is in force.
    pub async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        while self.next("told").await["told"] != order {}
    }

    /// The next that it tells of this kind. What it tells before is kept too.
    pub async fn next(&mut self, kind: &str) -> Value {
        loop {
            let line = tokio::time::timeout(COMES, self.lines.next_line()).await.expect("it tells so in time");
            let told: Value = serde_json::from_str(&line.unwrap().expect("it runs")).unwrap();
            self.told.push(told.clone());
            if !told[kind].is_null() {
                return told;
            }
        }
    }

    /// What it told of this kind so far.
    pub fn heard(&self, kind: &str) -> Vec<&Value> {
        self.told.iter().filter(|told| !told[kind].is_null()).collect()
    }
}
