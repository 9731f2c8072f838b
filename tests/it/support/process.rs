//! The real program in a process of its own, over real mTLS, to be killed and looked at from outside.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use eid::app::App;
use eid::cli::client::{self, Target};
use eid::config::Config;
use eid::pki::{self, Authority};
use eid::server;
use eid::store::Store;
use eid::sys::{Clock, Dice};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tonic::transport::Channel;

use super::database::{Database, Held};
use super::line::Line;

/// Begins the name that the program's own connections have at the database's server.
const SERVED: &str = "served";

/// A place on which the program can be started again and again.
pub struct Site {
    home: TempDir,
    /// On PostgreSQL; on SQLite the program keeps a file of its own.
    database: Option<Database>,
    /// Who issues the clients' certificates; the practice authority if absent.
    client_ca: Option<PathBuf>,
    /// Says what matters and no more: the whole talk would take most of the time of a load.
    quiet: bool,
    /// Where it listens; anywhere if 0.
    port: u16,
    /// The port of a line to the database's server; straight to it if absent.
    line: Option<u16>,
    /// Further variables of its environment.
    settings: Vec<(&'static str, String)>,
}

/// The program, running.
pub struct Running {
    child: Child,
    address: String,
    log: watch::Receiver<String>,
}

impl Site {
    pub async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let database = if super::database::on_postgres() { Some(Database::bare().await) } else { None };
        Self { home, database, client_ca: None, quiet: false, port: 0, line: None, settings: Vec::new() }
    }

    /// The same place, with clients' certificates that this authority issues.
    pub fn trusting(mut self, authority: &Authority) -> Self {
        let path = self.home().join("client-ca-of-the-test.pem");
        std::fs::write(&path, authority.certificate_pem()).unwrap();
        self.client_ca = Some(path);
        self
    }

    /// The same place, where the program logs what matters and no more.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The same place, where the program has this in its environment.
    pub fn with_setting(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// From now on it listens where it did.
    pub fn stay_at(&mut self, running: &Running) {
        self.port = running.port();
    }

    /// Where the database's server is, "HOST:PORT".
    pub fn database_address(&self) -> String {
        let url = self.database.as_ref().expect("a server").url();
        let (_, rest) = url.split_once('@').expect("a user");
        let (address, _) = rest.split_once('/').expect("a database");
        if address.contains(':') { address.to_owned() } else { format!("{address}:5432") }
    }

    /// From now on the program reaches the database by this line.
    pub fn reach_database_by(&mut self, line: &Line) {
        self.line = Some(line.port());
    }

    /// The database's server ends every connection of the program, as a restart does. On SQLite there is none.
    pub async fn sever_database(&self) {
        if let Some(database) = &self.database {
            database.sever(SERVED).await;
        }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eid"));
        command.env("EID__HOME", self.home()).env("EID__SERVER__LISTEN", format!("127.0.0.1:{}", self.port));
        command
            .env("EID__LOG__FILTER", if self.quiet { "warn,eid::cli=info" } else { "trace" })
            .env("EID__STORE__CONNECTIONS", "4");
        if let Some(url) = super::database::redis() {
            command.env("EID__LIMITS__REDIS_URL", url);
        }
        if let Some(database) = &self.database {
            let url = database.url_named(SERVED);
            command.env("EID__STORE__URL", self.line.map_or_else(|| url.clone(), |port| over(&url, port)));
        }
        if let Some(path) = &self.client_ca {
            command.env("EID__SERVER__CLIENT_CA", path);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs another command of the program on the same place, to its end; what it said, if it ended well.
    pub async fn run(&self, arguments: &[&str]) -> Result<String, String> {
        ended(self.command().args(arguments)).await
    }

    /// The use cases over the same database, keys and archive, in this process.
    pub async fn app(&self) -> App {
        self.app_with(&Config::development(self.home()).unwrap(), Clock::System).await
    }

    /// The same with other settings and another clock.
    pub async fn app_with(&self, config: &Config, clock: Clock) -> App {
        let store = match &self.database {
            Some(database) => database.store(),
            None => Store::open(&config.store_url().unwrap(), 2).await.unwrap(),
        };
        server::over(config, store, clock, Dice::system()).unwrap()
    }

    /// Starts `eid serve` and waits until it says that it serves.
    pub async fn start(&self) -> Running {
        let mut command = self.command();
        command.arg("serve").stderr(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (growing, mut log) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                growing.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        let serving = heard(&mut log, |log| address_of("serving", log).is_some()).await;
        let address = address_of("serving", &serving).unwrap();
        Running { child, address, log }
    }

    /// Calls as one of the practice callers.
    pub async fn channel(&self, running: &Running, stem: &str) -> Channel {
        let pki = pki::load(&self.home().join("pki")).unwrap();
        self.connect(running, pki.cert_path(stem), pki.key_path(stem)).await.unwrap()
    }

    /// How the program's own commands reach it as one of the practice callers.
    pub fn connection(&self, running: &Running, stem: &str) -> Vec<String> {
        let pki = pki::load(&self.home().join("pki")).unwrap();
        let port = running.address.rsplit_once(':').unwrap().1;
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let (ca, cert, key) = (pki.server_ca_path(), pki.cert_path(stem), pki.key_path(stem));
        let server = format!("https://localhost:{port}");
        let named = [("--server", server), ("--ca", text(ca)), ("--cert", text(cert)), ("--key", text(key))];
        named.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }

    /// Calls with a certificate of any kind.
    pub async fn connect(&self, running: &Running, certificate: PathBuf, key: PathBuf) -> anyhow::Result<Channel> {
        let ca = pki::load(&self.home().join("pki")).unwrap().server_ca_path();
        let port = running.port();
        client::connect(&Target { server: format!("https://localhost:{port}"), ca, certificate, key }).await
    }

    /// All that the database holds, as bytes: SQLite's files as they are, PostgreSQL's rows as text and bytes.
    pub async fn kept(&self) -> Vec<u8> {
        if let Some(database) = &self.database {
            return database.dump().await;
        }
        let files = std::fs::read_dir(self.home()).unwrap().map(|entry| entry.unwrap().path());
        let database = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("eid.sqlite"));
        database.flat_map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// Holds up everything that writes.
    pub async fn hold_writes(&self) -> Held {
        match &self.database {
            Some(database) => Held::take(database.url()).await,
            None => Held::take(&format!("sqlite:{}", self.home().join("eid.sqlite").display())).await,
        }
    }

    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.home().join("messages.jsonl")).unwrap_or_default()
    }
}

/// The URL of a database, by a port of this machine.
fn over(url: &str, port: u16) -> String {
    let (user, rest) = url.split_once('@').expect("a user");
    let (_, database) = rest.split_once('/').expect("a database");
    format!("{user}@127.0.0.1:{port}/{database}")
}

/// Runs a command to its end: its output if it ended well, otherwise what it complained about.
pub async fn ended(command: &mut Command) -> Result<String, String> {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_mins(2), running).await.expect("it ends").unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    if output.status.success() { Ok(said) } else { Err(said + &String::from_utf8_lossy(&output.stderr)) }
}

/// The address that the log says beside `message`, in either form.
fn address_of(message: &str, log: &str) -> Option<String> {
    let (text, json) = (format!("{message} address="), format!("\"message\":\"{message}\",\"address\":\""));
    let found = log.lines().find_map(|line| Some(line.split_once(&text).or_else(|| line.split_once(&json))?.1))?;
    Some(found.split('"').next()?.trim().to_owned())
}

/// The log, once `enough` is true of it.
async fn heard(log: &mut watch::Receiver<String>, enough: impl FnMut(&String) -> bool) -> String {
    let waiting = tokio::time::timeout(Duration::from_mins(1), log.wait_for(enough));
    waiting.await.expect("it says so within a minute").expect("it still runs").clone()
}

impl Running {
    /// Where it serves.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    pub fn port(&self) -> u16 {
        self.address.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Where it answers operators; it must have been told to.
    pub async fn operators(&self) -> String {
        let log = heard(&mut self.log.clone(), |log| address_of("answering operators", log).is_some()).await;
        address_of("answering operators", &log).unwrap()
    }

    /// Waits until it has logged `text` so many times.
    pub async fn heard(&self, text: &str, times: usize) {
        heard(&mut self.log.clone(), |log| log.matches(text).count() >= times).await;
    }

    /// kill -9, in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM; what it logged, and whether it ended well.
    pub async fn stop(self) -> (String, bool) {
        self.tell_to_stop().await;
        self.end().await
    }

    /// SIGTERM; waits until it has heard.
    pub async fn tell_to_stop(&self) {
        self.signal("-TERM").await;
        self.heard("stopping", 1).await;
    }

    /// SIGHUP: it reads its files again.
    pub async fn hang_up(&self) {
        self.signal("-HUP").await;
    }

    async fn signal(&self, which: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args([which, &pid]).status().await.unwrap();
        assert!(told.success());
    }

    /// Waits until it has ended; what it logged, and whether it ended well.
    pub async fn end(mut self) -> (String, bool) {
        let ended = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await.expect("it ends").unwrap();
        // The last lines come through a pipe that closes with the process.
        while self.log.changed().await.is_ok() {}
        let log = self.log.borrow().clone();
        (log, ended.success())
    }
}
