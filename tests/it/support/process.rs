//! The real program in a process of its own, over real mTLS, to be killed and looked at from outside.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use eid::cli::client::{self, Target};
use eid::pki;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tonic::transport::Channel;

use super::database::Database;

/// A place on which the program can be started again and again.
pub struct Site {
    home: TempDir,
    /// On PostgreSQL; on SQLite the program keeps a file of its own.
    database: Option<Database>,
}

/// The program, running.
pub struct Running {
    child: Child,
    address: String,
    log: tokio::task::JoinHandle<String>,
}

impl Site {
    pub async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let database = if super::database::on_postgres() { Some(Database::bare().await) } else { None };
        Self { home, database }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eid"));
        command.env("EID__HOME", self.home()).env("EID__SERVER__LISTEN", "127.0.0.1:0");
        command.env("EID__LOG__FILTER", "trace").env("EID__STORE__CONNECTIONS", "4");
        if let Some(database) = &self.database {
            command.env("EID__STORE__URL", database.url());
        }
        command
    }

    /// Starts `eid serve` and waits until it says that it serves.
    pub async fn start(&self) -> Running {
        let mut command = self.command();
        command.arg("serve").stderr(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = String::new();
        let address = tokio::time::timeout(Duration::from_mins(1), async {
            loop {
                let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended: {seen}"));
                seen.push_str(&line);
                seen.push('\n');
                if let Some((_, address)) = line.split_once("serving address=") {
                    return address.trim().to_owned();
                }
            }
        });
        let address = address.await.expect("it serves within a minute");
        let log = tokio::spawn(async move {
            let mut log = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                log.push_str(&line);
                log.push('\n');
            }
            log
        });
        Running { child, address, log }
    }

    /// Calls as one of the practice callers.
    pub async fn channel(&self, running: &Running, stem: &str) -> Channel {
        let pki = pki::load(&self.home().join("pki")).unwrap();
        let port = running.address.rsplit_once(':').unwrap().1;
        let target = Target {
            server: format!("https://localhost:{port}"),
            ca: pki.server_ca_path(),
            certificate: pki.cert_path(stem),
            key: pki.key_path(stem),
        };
        client::connect(&target).await.unwrap()
    }

    /// The bytes of every file below the program's home, but its keys and its messages.
    pub fn kept(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(self.home()).unwrap() {
            let path = entry.unwrap().path();
            let database = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("eid.sqlite"));
            if database {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
        bytes
    }

    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.home().join("messages.jsonl")).unwrap_or_default()
    }
}

impl Running {
    /// kill -9, in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM; what it logged, and whether it ended well.
    pub async fn stop(mut self) -> (String, bool) {
        let pid = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(told.success());
        let ended = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await.expect("it ends").unwrap();
        (self.log.await.unwrap(), ended.success())
    }
}
