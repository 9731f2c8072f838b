//! Typed settings: commented defaults, under a file, under the environment.
//!
//! Owns what can be set and what is allowed. Refuses unknown keys, values that loosen the law, and secrets in the open,
//! all of them together, each with its key and its cure. A [`Config`] that exists is usable; nothing else of the program
//! reads the environment.

mod carriers;
mod fault;
mod layers;
mod read;
mod shown;
mod url;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use time::Date;
use zeroize::Zeroizing;

pub use carriers::{CarrierName, Carriers, Place, Smpp, Smtp};
pub use fault::{Fault, Faults};
pub use layers::DEFAULTS;
pub use url::Url;

use layers::{File, Layers};

use crate::domain::follow_up::ReminderDays;
use crate::domain::life::WarningDays;
use crate::domain::staff::IdleDays;

/// All settings. Paths are complete: those that were relative have `home` before them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Whether missing certificates and keys are made on the spot.
    pub mode: Mode,
    /// The folder of everything the service keeps.
    pub home: PathBuf,
    /// The mTLS edge.
    pub server: Server,
    /// The database.
    pub store: Store,
    /// Counting of calls.
    pub limits: Limits,
    /// Keys for personal data.
    pub vault: Vault,
    /// Where captures lie.
    pub archive: Archive,
    /// The immigration record.
    pub registry: Registry,
    /// One-time codes.
    pub codes: Codes,
    /// How many of them may be asked for and sent.
    pub budgets: Budgets,
    /// Accounts.
    pub accounts: Accounts,
    /// Devices of holders.
    pub devices: Devices,
    /// Changes of phone and e-mail address.
    pub contacts: Contacts,
    /// How long requests may stay where the law sets no limit.
    pub requests: Requests,
    /// Following up on accounts that were issued.
    pub follow_up: FollowUp,
    /// The life of accounts after their issue.
    pub life: LifeWarnings,
    /// Messages to holders.
    pub notify: Notify,
    /// By whom they leave.
    pub carriers: Carriers,
    /// Which weak algorithms of passports are let pass.
    pub chip: Chip,
    /// By whose word chips are believed.
    pub trust: Trust,
    /// Those who watch their office's requests.
    pub watch: Watch,
    /// The staff directory.
    pub staff: Staff,
    /// What operators see.
    pub observe: Observe,
    /// Logs.
    pub log: Log,
}

/// What the service runs for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Practice: what is missing is made.
    #[default]
    Development,
    /// Real persons: nothing is made by itself.
    Production,
}

/// The mTLS edge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The server's certificate chain.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities of the clients.
    pub client_ca: PathBuf,
    /// The folder of what they revoked, if that is checked.
    pub client_crls: Option<PathBuf>,
    /// How often the files of the mTLS edge are looked at again.
    pub tls_refresh_secs: u64,
    /// Time for a handshake.
    pub handshake_secs: u64,
    /// Connections open at once.
    pub connections_max: u32,
    /// Size of one message.
    pub message_bytes_max: usize,
    /// Calls under way on one connection.
    pub concurrent_per_connection: u32,
    /// Calls under way in the process.
    pub calls_max: usize,
    /// Whether the protocol can be asked for.
    pub reflection: bool,
}

/// The database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store {
    /// Its URL; [`Config::store_url`] reads it.
    pub url: Url,
    /// Connections to it.
    pub connections: u32,
}

/// Counting of calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The Redis to share the counts through; [`Config::redis_url`] reads it. `None`: each process counts alone.
    pub redis: Option<Url>,
}

/// Keys for personal data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vault {
    /// The key ring's file.
    pub keys: PathBuf,
}

/// Where captures lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Archive {
    /// A folder of this machine.
    Local {
        /// The folder.
        folder: PathBuf,
    },
    /// A bucket that speaks S3.
    S3 {
        /// Its address.
        endpoint: String,
        /// Its name.
        bucket: String,
        /// The region that requests are signed for.
        region: String,
        /// The file of the access key.
        access: PathBuf,
        /// The authorities whose certificates the endpoint may show; those of the machine if absent.
        authorities: Option<PathBuf>,
    },
}

/// The immigration record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registry {
    /// Where it is asked for.
    pub source: RegistrySource,
    /// Address of a remote one.
    pub url: String,
    /// The authorities of its certificate.
    pub ca: PathBuf,
    /// Our certificate there.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Time for one attempt.
    pub attempt_secs: u64,
    /// Time for all attempts at one question.
    pub total_secs: u64,
}

/// Where the immigration record is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RegistrySource {
    /// Nowhere.
    #[default]
    None,
    /// In the table that was imported.
    Table,
    /// At another service.
    Remote,
}

/// One-time codes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Codes {
    /// Life of a code sent by SMS.
    pub lifetime_secs: u64,
    /// Life of a code sent by e-mail.
    pub email_lifetime_secs: u64,
    /// How often one code may be tried.
    pub tries: u64,
    /// Wrong tries in a day on one account.
    pub failures_per_day: u64,
    /// Wrong tries in a row after which only a person can help.
    pub failures_in_row: u64,
    /// The shortest time between two sendings.
    pub send_gap_secs: u64,
    /// Sendings in a day.
    pub sends_per_day: u64,
}

/// How many codes may be asked for and sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Budgets {
    /// Asked for with one device key.
    pub device_codes_per_day: u32,
    /// Asked for from one network.
    pub source_codes_per_hour: u32,
    /// Sent to one account.
    pub account_codes_per_day: u32,
    /// Sent to one phone or address.
    pub destination_codes_per_day: u32,
    /// Sent to phones of one country.
    pub prefix_codes_per_hour: u32,
    /// Sent in all.
    pub codes_per_hour: u32,
}

/// Accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accounts {
    /// Digits of an identification number.
    pub identity_number_digits: usize,
}

/// Devices of holders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Devices {
    /// Life of a device's certificate.
    pub certificate_hours: u64,
    /// Life of a list of revoked certificates.
    pub list_hours: u64,
    /// Where the lists can be fetched, if certificates are to say it.
    pub list_url: Option<String>,
    /// Life of a challenge.
    pub challenge_secs: u64,
    /// The name beside offline codes.
    pub issuer: String,
    /// The public keys of those who check faces, if any do.
    pub face_verifiers: Option<PathBuf>,
}

/// How long requests may stay where the law sets no limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requests {
    /// Working days for a supervisor to look at a referred request.
    pub review_working_days: u8,
    /// Days for an office to hand in a request that was returned for correction.
    pub correction_days: u16,
}

/// Changes of phone and e-mail address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contacts {
    /// How long a change without the old contact waits.
    pub waiting_hours: u64,
    /// How long codes may be typed at most.
    pub open_hours: u64,
}

/// Following up on accounts that were issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowUp {
    /// On which days of the window holders are reminded to activate.
    pub reminder_days: ReminderDays,
}

/// The life of accounts after their issue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifeWarnings {
    /// How many days before a document ends its holder is warned.
    pub warning_days: WarningDays,
}

/// Messages to holders, where they are not sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notify {
    /// Where they are written, in clear.
    pub file: PathBuf,
}

/// Which weak algorithms of passports are let pass, each before a day. `None`: never.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chip {
    /// SHA-1.
    pub sha1_until: Option<Date>,
    /// RSA with a modulus of less than 2048 bits.
    pub rsa_below_2048_until: Option<Date>,
    /// Curves of 224 bits.
    pub curves_224_until: Option<Date>,
}

/// By whose word chips are believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trust {
    /// How often the trust store is looked at for what other processes changed.
    pub refresh_secs: u64,
    /// Whether a master list stays good when its signer's certificate has expired since.
    pub expired_signers: bool,
    /// Whether a DigestInfo may lack its NULL.
    pub digest_info_without_null: bool,
}

/// Those who watch their office's requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watch {
    /// How often to look for what other processes committed.
    pub poll_secs: u64,
    /// How often somebody to whom nothing happens is told so.
    pub heartbeat_secs: u64,
    /// How often the directory is asked whether a watcher may watch still.
    pub recheck_secs: u64,
    /// Calls of one caller at a time, in each process.
    pub per_caller: u32,
}

/// The staff directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Staff {
    /// Days without a call after which a person's entry rests.
    pub idle_days: IdleDays,
    /// For how long what was read of it holds where nothing tells otherwise.
    pub fresh_millis: u64,
}

/// What operators see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observe {
    /// Where they ask, if they may.
    pub listen: Option<SocketAddr>,
    /// The collector of traces, if any are made.
    pub otlp: Option<String>,
    /// How many of a thousand calls are traced.
    pub traces_per_thousand: u32,
}

/// Logs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// Their form.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
}

/// Forms of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For collectors.
    Json,
}

impl Config {
    /// The defaults, under `file` if there is one, under the variables `EID__…` of the environment.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        let base = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let file = file.map(File::read).transpose()?;
        Self::assemble(file.as_ref(), base, layers::environment())
    }

    /// The defaults alone, with everything in `home`.
    ///
    /// # Errors
    /// If the path of `home` is no text.
    pub fn development(home: &Path) -> Result<Self, Faults> {
        let text = home.to_str().ok_or_else(|| {
            Fault::new("home", "", format!("{} is not a text in UTF-8", home.display()), "rename the folder")
        })?;
        Self::assemble(None, Path::new(""), vec![("home".to_owned(), text.to_owned())])
    }

    fn assemble(file: Option<&File>, base: &Path, environment: Vec<(String, String)>) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let layers = Layers::merge(file, environment, &mut faults);
        let config = read::read(&layers, base, &mut faults);
        Faults::check(faults).map(|()| config)
    }

    /// The database's URL, with its password; a relative SQLite path has `home` before it.
    ///
    /// # Errors
    /// If the file that holds it cannot be used.
    pub fn store_url(&self) -> Result<Zeroizing<String>, Faults> {
        let url = secret("store.url_file", &self.store.url)?;
        let Some(rest) = url.strip_prefix("sqlite:") else { return Ok(url) };
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.starts_with('/') {
            return Ok(url);
        }
        // The path of such a URL is percent-encoded, and `?` ends it.
        let home = self.home.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        Ok(Zeroizing::new(format!("sqlite:{home}/{path}")))
    }

    /// The URL of the Redis to share counts through, with its password, if there is one.
    ///
    /// # Errors
    /// If the file that holds it cannot be used.
    pub fn redis_url(&self) -> Result<Option<Zeroizing<String>>, Faults> {
        self.limits.redis.as_ref().map(|url| secret("limits.redis_url_file", url)).transpose()
    }

    /// What is allowed and should be known: sentences to be said loudly at start.
    pub fn warnings(&self) -> Vec<String> {
        let production = self.mode == Mode::Production;
        let on_server = matches!(&self.store.url, Url::Plain(url) if url.starts_with("postgres"));
        let mut warnings = Vec::new();
        if !production {
            warnings.push(format!(
                "Development mode: certificates and keys that are missing are made in {}. For practice only: let no real \
                 person's data in.",
                self.home.display()
            ));
        }
        if self.carriers.uses(CarrierName::File) {
            warnings.push(format!(
                "Messages to holders are not sent but written to {}, one-time codes included, in clear: whoever reads that \
                 file can activate accounts. Set carriers.sms and carriers.email.",
                self.notify.file.display()
            ));
        }
        warnings.extend(self.carriers.in_clear().filter(|_| production).map(|name| {
            format!("Codes go to {name} without TLS: whoever listens on that line reads them. Set carriers.{name}.tls.")
        }));
        if production && self.registry.source == RegistrySource::None {
            warnings.push(
                "No immigration record is asked: requests go to the authority without that comparison. Set \
                 registry.source."
                    .to_owned(),
            );
        }
        if production && self.server.client_crls.is_none() {
            warnings.push(
                "What the client authorities revoke is not looked at: a stolen certificate passes until its entry is \
                 disabled. Set server.client_crls."
                    .to_owned(),
            );
        }
        if production && self.server.reflection {
            warnings.push("Any caller may ask for the protocol; server.reflection = false ends that.".to_owned());
        }
        if production && on_server && matches!(self.archive, Archive::Local { .. }) {
            warnings.push(
                "Captures lie in a folder of this machine: other processes on the same database neither hand them over nor \
                 delete them. Set archive.kind = \"s3\", or run one process."
                    .to_owned(),
            );
        }
        if production && on_server && self.limits.redis.is_none() {
            warnings.push(
                "Each process counts calls alone: with several processes, callers get the limits several times over. \
                 Set limits.redis_url_file."
                    .to_owned(),
            );
        }
        warnings
    }
}

impl Mode {
    /// The word in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl RegistrySource {
    /// The word in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Table => "table",
            Self::Remote => "remote",
        }
    }
}

impl LogFormat {
    /// The word in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

fn secret(key: &str, url: &Url) -> Result<Zeroizing<String>, Faults> {
    url.read().map_err(|(wrong, cure)| Fault::new(key, "", wrong, cure).into())
}

#[cfg(test)]
mod tests;
