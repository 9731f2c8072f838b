//! The ground: a practice installation with a crowd of officers, and people whom the immigration record knows.
//!
//! Owns the folder and what is remembered in it between runs: who has applied, who was approved, who was sent a code.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tonic::transport::Channel;

use super::{Prepare, Run};
use crate::cli::client::{self, Target};
use crate::cli::crowd::{self, Member};
use crate::cli::registry;
use crate::config::Config;
use crate::domain::staff::Role;
use crate::domain::time::Timestamp;
use crate::pki::{self, DevelopmentPki};
use crate::practice::{Generator, Known};
use crate::server;
use crate::sys::{Clock, Dice};

const ACCOUNTS: &str = "accounts.jsonl";
const SENT: &str = "sent.jsonl";
const MESSAGES: &str = "messages.jsonl";
/// Backends of the app that ask where accounts stand: more than the quota of one is asked for.
const BACKENDS: u16 = 8;

/// What is remembered between runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Memory {
    port: u16,
    seed: u64,
    /// When the people stand at the counter, in microseconds since 1970.
    now: i64,
    people: u32,
    chips: bool,
    officers: u16,
    /// How many of the people have applied.
    applied: u32,
    /// How many numbers were given.
    numbered: u32,
    /// How many of those who have an account asked for a code.
    asked: usize,
    /// How many of those have typed it.
    typed: usize,
}

/// An account that was approved, or is about to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) identity_number: String,
    pub(super) phone: String,
}

/// A code that was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) account: Account,
    pub(super) challenge: Vec<u8>,
    pub(super) challenge_text: String,
}

/// A ground that was prepared.
#[derive(Debug)]
pub(super) struct Ground {
    folder: PathBuf,
    pub(super) pki: DevelopmentPki,
    memory: Memory,
}

/// Makes the installation: settings, certificates, keys, schema, staff, and the record of the people.
///
/// # Errors
/// If the folder has something in it, or the database has.
pub(super) async fn prepare(prepare: &Prepare) -> anyhow::Result<()> {
    fs::create_dir_all(&prepare.ground).with_context(|| format!("cannot make {}", prepare.ground.display()))?;
    let folder = prepare.ground.canonicalize()?;
    ensure!(fs::read_dir(&folder)?.next().is_none(), "{} is not empty", folder.display());
    let file = folder.join("eid.toml");
    fs::write(&file, settings(prepare, &folder))?;
    let (config, clock, dice) = (Config::load(Some(&file))?, Clock::System, Dice::system());
    let practice = server::prepare(&config, &clock, &dice)?.context("load is for practice installations")?;
    let app = server::open(&config, clock.clone(), dice).await?;
    app.store().migrate().await.context("cannot make the schema")?;
    server::register_practice_staff(&app, &practice.pki).await?;
    let offices: Vec<_> = app.list_offices(None).await?.1.into_iter().map(|view| view.office.code).collect();
    let officers = (0..prepare.officers).map(officer).zip(offices.into_iter().cycle());
    let officers = officers.map(|(stem, office)| Member { stem, role: Role::Officer, office: Some(office) });
    let backends = (0..BACKENDS).map(|place| Member { stem: backend(place), role: Role::AppBackend, office: None });
    crowd::register(&app, &practice.pki, &officers.chain(backends).collect::<Vec<_>>()).await?;
    let memory = Memory {
        port: prepare.port,
        seed: prepare.seed,
        now: clock.now().micros(),
        people: prepare.people,
        chips: prepare.chips,
        officers: prepare.officers,
        applied: 0,
        numbered: 0,
        asked: 0,
        typed: 0,
    };
    let ground = Ground { folder: folder.clone(), pki: practice.pki, memory };
    let (mut people, records) = (ground.generator(), folder.join("records.csv"));
    let applicants: Vec<_> = (0..prepare.people).map(|_| people.applicant()).collect();
    fs::write(&records, people.records(applicants.iter().map(|one| (one, Known::WithBiometrics))))?;
    registry::import_practice(&app, &records).await?;
    ground.save()?;
    app.store().clone().close().await;
    println!("{} is prepared; start the service with: eid serve --config {}", folder.display(), file.display());
    Ok(())
}

/// The settings of a ground. Where a limit of the law allows for it, what holds back floods of codes is at its widest.
fn settings(prepare: &Prepare, folder: &Path) -> String {
    let store = prepare.store.clone().unwrap_or_else(|| format!("sqlite:{}", folder.join("eid.sqlite").display()));
    format!(
        "mode = \"development\"\nhome = \"{}\"\n\n[server]\nlisten = \"127.0.0.1:{}\"\n\n[store]\nurl = \"{store}\"\n\
         connections = {}\n\n[limits]\nredis_url = \"{}\"\n\n[registry]\nsource = \"table\"\n\n[codes]\nlifetime_secs = 600\n\n\
         [budgets]\nsource_codes_per_hour = 10000\n\n[log]\nfilter = \"warn\"\n",
        folder.display(),
        prepare.port,
        prepare.store_connections,
        prepare.redis.clone().unwrap_or_default(),
    )
}

fn officer(place: u16) -> String {
    format!("officer-{place:04}")
}

fn backend(place: u16) -> String {
    format!("app-backend-{place:04}")
}

impl Ground {
    /// Opens what was prepared.
    ///
    /// # Errors
    /// If it was not.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("ground.json");
        let text = fs::read(&path)
            .with_context(|| format!("{} is no ground; make one with eid load prepare", folder.display()))?;
        let pki = pki::load(&folder.join("pki"))?;
        Ok(Self { folder: folder.to_owned(), pki, memory: serde_json::from_slice(&text)? })
    }

    fn save(&self) -> anyhow::Result<()> {
        let (path, begun) = (self.folder.join("ground.json"), self.folder.join(".ground.json"));
        fs::write(&begun, serde_json::to_vec(&self.memory)?)?;
        Ok(fs::rename(begun, path)?)
    }

    fn generator(&self) -> Generator {
        let people = Generator::new(self.memory.seed, Timestamp::from_micros(self.memory.now));
        if self.memory.chips { people.with_chips() } else { people }
    }

    /// The stems of the officers.
    pub(super) fn officers(&self) -> Vec<String> {
        (0..self.memory.officers).map(officer).collect()
    }

    /// The stems of the backends that ask.
    pub(super) fn backends() -> Vec<String> {
        (0..BACKENDS).map(backend).collect()
    }

    /// A connection for each that was asked for, of these callers in turn.
    ///
    /// # Errors
    /// If the service cannot be reached.
    pub(super) async fn channels(&self, run: &Run, callers: &[String]) -> anyhow::Result<Vec<Channel>> {
        let mut channels = Vec::new();
        for stem in callers.iter().cycle().take(run.connections.into()) {
            channels.push(self.channel(run, stem).await?);
        }
        Ok(channels)
    }

    /// A connection of one caller.
    ///
    /// # Errors
    /// If the service cannot be reached.
    pub(super) async fn channel(&self, run: &Run, stem: &str) -> anyhow::Result<Channel> {
        let server = run.server.clone().unwrap_or_else(|| format!("https://localhost:{}", self.memory.port));
        let (ca, certificate, key) = (self.pki.server_ca_path(), self.pki.cert_path(stem), self.pki.key_path(stem));
        client::connect(&Target { server, ca, certificate, key }).await
    }

    /// The next people who apply, at most so many; `in_earnest` if they are not to come again.
    ///
    /// # Errors
    /// If it cannot be remembered that they have.
    pub(super) fn applicants(
        &mut self,
        most: u32,
        in_earnest: bool,
    ) -> anyhow::Result<Vec<crate::practice::Applicant>> {
        let (from, until) = (self.memory.applied, self.memory.people.min(self.memory.applied.saturating_add(most)));
        let mut people = self.generator();
        let all = (0..until).map(|_| people.applicant());
        let next = all.skip(usize::try_from(from)?).collect();
        if in_earnest {
            self.memory.applied = until;
            self.save()?;
        }
        Ok(next)
    }

    /// Gives each of these phones an account of a number of its own.
    ///
    /// # Errors
    /// If it cannot be remembered.
    pub(super) fn number(&mut self, phones: Vec<String>) -> anyhow::Result<Vec<Account>> {
        let first = self.memory.numbered;
        let numbered = (first..).zip(phones);
        let accounts: Vec<_> = numbered
            .map(|(number, phone)| Account { identity_number: crate::practice::identity_number(number), phone })
            .collect();
        self.memory.numbered = first.saturating_add(u32::try_from(accounts.len())?);
        self.append(ACCOUNTS, &accounts)?;
        self.save().map(|()| accounts)
    }

    /// The accounts that were given.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn accounts(&self) -> anyhow::Result<Vec<Account>> {
        self.lines(ACCOUNTS)
    }

    /// The next accounts whose holders ask for a code, at most so many.
    ///
    /// # Errors
    /// If it cannot be remembered that they do.
    pub(super) fn asking(&mut self, most: usize) -> anyhow::Result<Vec<Account>> {
        let asking: Vec<_> = self.accounts()?.into_iter().skip(self.memory.asked).take(most).collect();
        self.memory.asked += asking.len();
        self.save().map(|()| asking)
    }

    /// Remembers what was sent.
    ///
    /// # Errors
    /// If it cannot be.
    pub(super) fn keep_sent(&self, sent: &[Sent]) -> anyhow::Result<()> {
        self.append(SENT, sent)
    }

    /// The next codes to type, at most so many, each with the digits that the holder reads.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn typing(&mut self, most: usize) -> anyhow::Result<Vec<(Sent, String)>> {
        #[derive(Deserialize)]
        struct Message {
            to: String,
            code: Option<String>,
        }
        let messages: Vec<Message> = self.lines(MESSAGES)?;
        let codes: HashMap<_, _> = messages.into_iter().filter_map(|one| Some((one.to, one.code?))).collect();
        let sent: Vec<Sent> = self.lines::<Sent>(SENT)?.into_iter().skip(self.memory.typed).take(most).collect();
        self.memory.typed += sent.len();
        self.save()?;
        let read = |sent: Sent| codes.get(&crate::practice::e164(&sent.account.phone)).map(|code| (sent, code.clone()));
        Ok(sent.into_iter().filter_map(read).collect())
    }

    fn append(&self, name: &str, lines: &[impl Serialize]) -> anyhow::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        let mut file = OpenOptions::new().create(true).append(true).open(self.folder.join(name))?;
        Ok(file.write_all(&text)?)
    }

    fn lines<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Vec<T>> {
        let file = match fs::File::open(self.folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
    }
}
