//! Spools of the real program: folders, the officers who send from them, and what they say.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use eid::domain::staff::{OfficeCode, Post, Role};
use eid::pki::{Authority, Leaf, Usage};
use eid::practice::Generator;
use eid::proto as pb;
use eid::sys::{Clock, Dice};
use eid::tls;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::process::Site;

static PROTOCOL: LazyLock<DescriptorPool> = LazyLock::new(|| DescriptorPool::decode(pb::DESCRIPTORS).unwrap());

/// A request as it stands in a file, on one line.
pub fn json(request: &pb::SubmitRequest) -> String {
    let message = PROTOCOL.get_message_by_name("eid.issuance.v1.SubmitRequest").unwrap();
    serde_json::to_string(&DynamicMessage::decode(message, request.encode_to_vec().as_slice()).unwrap()).unwrap()
}

/// A request of somebody who is accepted, under a name of its own.
pub fn request(people: &mut Generator) -> pb::SubmitRequest {
    let applicant = std::iter::repeat_with(|| people.applicant()).find(|one| !one.is_represented()).unwrap();
    let request_id = Dice::system().id(Clock::System.now()).to_string();
    pb::SubmitRequest { request_id, application: Some(applicant.application), ..pb::SubmitRequest::default() }
}

/// Who calls.
#[derive(Clone)]
pub struct Officer {
    certificate: PathBuf,
    key: PathBuf,
}

impl Officer {
    /// The practice officer.
    pub fn of_practice(site: &Site) -> Self {
        let pki = eid::pki::load(&site.home().join("pki")).unwrap();
        Self { certificate: pki.cert_path("officer-79-01"), key: pki.key_path("officer-79-01") }
    }

    /// Another one, of that office, with a certificate that the authority issues.
    pub async fn registered(site: &Site, authority: &Authority, name: &str, office: &str) -> Self {
        let (now, day) = (Clock::System.now(), Duration::from_hours(24));
        let uri = format!("urn:eid:test:{name}");
        let valid = now.minus(day)..now.plus(day);
        let issued =
            authority.issue(&Leaf { common_name: name, uri: Some(&uri), usage: Usage::Client, valid }).unwrap();
        let [certificate, key] = ["pem", "key"].map(|end| site.home().join(format!("{name}.{end}")));
        std::fs::write(&certificate, issued.certificate_pem()).unwrap();
        std::fs::write(&key, issued.key_pem()).unwrap();
        let post = Post::new(Role::Officer, Some(OfficeCode::parse(office).unwrap())).unwrap();
        let subject = tls::name_of_pem(issued.certificate_pem().as_bytes()).unwrap();
        site.app().await.register_staff(subject, post).await.unwrap().expect("a new name");
        Self { certificate, key }
    }
}

/// A folder, and the officer who sends from it.
pub struct Spool {
    folder: PathBuf,
    officer: Officer,
}

impl Spool {
    /// A spool that is made for that workstation.
    pub async fn new(site: &Site, workstation: &str, officer: Officer) -> Self {
        let spool = Self { folder: site.home().join(format!("spool-{workstation}")), officer };
        let made = super::process::ended(spool.command().args(["--init", workstation])).await.unwrap();
        assert!(made.contains(&format!("is now the spool of {workstation}")), "{made}");
        spool
    }

    /// A copy of the folder as it is, with which somebody else sends.
    pub fn copy(&self, name: &str, officer: Officer) -> Self {
        let folder = self.folder.with_file_name(name);
        copy_folder(&self.folder, &folder);
        Self { folder, officer }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `eid office spool` on this folder.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eid"));
        command.args(["office", "spool"]).arg(&self.folder).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// The same, as it calls the service on that port.
    pub fn calling(&self, site: &Site, port: u16) -> Command {
        let ca = eid::pki::load(&site.home().join("pki")).unwrap().server_ca_path();
        let mut command = self.command();
        command.args(["--server", &format!("https://localhost:{port}")]);
        command.arg("--ca").arg(ca).arg("--cert").arg(&self.officer.certificate).arg("--key").arg(&self.officer.key);
        command
    }

    /// Writes requests to a file, one on each line.
    pub fn file(&self, requests: &[pb::SubmitRequest]) -> PathBuf {
        let path = self.folder.with_extension("jsonl");
        let lines: Vec<_> = requests.iter().map(json).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    }

    /// Puts requests into the queue.
    pub async fn add(&self, requests: &[pb::SubmitRequest]) -> Result<String, String> {
        let file = self.file(requests);
        super::process::ended(self.command().arg("--add").arg(file)).await
    }

    /// How many files are on a shelf.
    pub fn count(&self, shelf: &str) -> usize {
        std::fs::read_dir(self.folder.join(shelf)).unwrap().count()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}

/// A process that watches, and what it says.
pub struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.arg("--watch").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that says what became of a number: which, and the rest of the line.
    pub async fn next(&mut self) -> Option<(u64, String)> {
        loop {
            let line = self.lines.next_line().await.unwrap()?;
            let Some((number, said)) = line.strip_prefix("number ").and_then(|rest| rest.split_once(": ")) else {
                continue;
            };
            return Some((number.parse().unwrap(), said.to_owned()));
        }
    }

    /// kill -9.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM; the exit code.
    pub async fn stop(mut self) -> i32 {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await.expect("it ends").unwrap();
        ended.code().expect("it ends by itself")
    }
}
