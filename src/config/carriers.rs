//! By whom messages leave: the providers of each channel, first choice first, and what is to be known of them.
//!
//! Owns their settings. What belongs to a provider that no channel names is not judged.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::fault::{Fault, Faults};
use super::read::Reader;
use super::url::read_alone;

/// By whom messages leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carriers {
    /// Providers of SMS, first choice first.
    pub sms: Vec<CarrierName>,
    /// Providers of mail, first choice first.
    pub email: Vec<CarrierName>,
    /// Whether Vietnamese keeps its marks in an SMS.
    pub sms_diacritics: bool,
    /// Message centres: the house's own and the one to fall back on.
    pub smpp: [Smpp; 2],
    /// Mail servers: the house's own and the one to fall back on.
    pub smtp: [Smtp; 2],
}

/// A provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CarrierName {
    /// The file of `notify.file`.
    File,
    /// A message centre, by its place.
    Smpp(Place),
    /// A mail server, by its place.
    Smtp(Place),
}

/// Which of two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The house's own.
    First,
    /// The one to fall back on.
    Backup,
}

/// A message centre that speaks SMPP 3.4.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Smpp {
    /// Host and port.
    pub address: (String, u16),
    /// Whether the line is TLS.
    pub tls: bool,
    /// The authorities of its certificate; those of the machine if absent.
    pub authorities: Option<PathBuf>,
    /// Our name there.
    pub system_id: String,
    /// The file of our password there.
    pub password: PathBuf,
    /// The sender that phones show.
    pub sender: String,
    /// Requests without an answer.
    pub window: usize,
    /// Silence after which the line is asked whether it is there.
    pub enquire_secs: u64,
}

/// A mail server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Smtp {
    /// Host and port.
    pub address: (String, u16),
    /// Whether TLS begins with the connection; otherwise by STARTTLS.
    pub implicit_tls: bool,
    /// The authorities of its certificate; those of the machine if absent.
    pub authorities: Option<PathBuf>,
    /// Our name there; empty: it knows us without one.
    pub user: String,
    /// The file of our password there.
    pub password: PathBuf,
    /// The sender.
    pub sender: String,
}

impl CarrierName {
    const SMS: [Self; 3] = [Self::File, Self::Smpp(Place::First), Self::Smpp(Place::Backup)];
    const EMAIL: [Self; 3] = [Self::File, Self::Smtp(Place::First), Self::Smtp(Place::Backup)];

    /// The word in the configuration, in attempts and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Smpp(Place::First) => "smpp",
            Self::Smpp(Place::Backup) => "smpp_backup",
            Self::Smtp(Place::First) => "smtp",
            Self::Smtp(Place::Backup) => "smtp_backup",
        }
    }
}

impl Place {
    /// The one of the two that it names.
    pub const fn of<T>(self, two: &[T; 2]) -> &T {
        let [first, backup] = two;
        match self {
            Self::First => first,
            Self::Backup => backup,
        }
    }
}

/// The keys of a message centre, in the order of their values in [`Smpp::values`].
macro_rules! smpp_keys {
    ($table:literal) => {
        [
            concat!($table, ".address"),
            concat!($table, ".tls"),
            concat!($table, ".authorities"),
            concat!($table, ".system_id"),
            concat!($table, ".password_file"),
            concat!($table, ".sender"),
            concat!($table, ".window"),
            concat!($table, ".enquire_secs"),
        ]
    };
}

/// The keys of a mail server, in the order of their values in [`Smtp::values`].
macro_rules! smtp_keys {
    ($table:literal) => {
        [
            concat!($table, ".address"),
            concat!($table, ".tls"),
            concat!($table, ".authorities"),
            concat!($table, ".user"),
            concat!($table, ".password_file"),
            concat!($table, ".sender"),
        ]
    };
}

const SMPP_KEYS: [[&str; 8]; 2] = [smpp_keys!("carriers.smpp"), smpp_keys!("carriers.smpp_backup")];
const SMTP_KEYS: [[&str; 6]; 2] = [smtp_keys!("carriers.smtp"), smtp_keys!("carriers.smtp_backup")];

impl Carriers {
    /// Whether a channel names this provider.
    pub fn uses(&self, name: CarrierName) -> bool {
        self.sms.contains(&name) || self.email.contains(&name)
    }

    /// The password of a provider, if it has one.
    ///
    /// # Errors
    /// If the file that holds it cannot be used.
    pub fn password(&self, name: CarrierName) -> Result<Option<Zeroizing<String>>, Faults> {
        let (path, key) = match name {
            CarrierName::File => return Ok(None),
            CarrierName::Smpp(place) => {
                let [_, _, _, _, key, ..] = place.of(&SMPP_KEYS);
                (&place.of(&self.smpp).password, key)
            }
            CarrierName::Smtp(place) if place.of(&self.smtp).user.is_empty() => return Ok(None),
            CarrierName::Smtp(place) => {
                let [_, _, _, _, key, ..] = place.of(&SMTP_KEYS);
                (&place.of(&self.smtp).password, key)
            }
        };
        let read = read_alone(path, "password").map_err(|(wrong, cure)| Fault::new(key, "", wrong, cure))?;
        Ok(Some(read))
    }

    /// Whether the passwords of all providers that are used can be read.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check_passwords(&self) -> Result<(), Faults> {
        self.sms.iter().chain(&self.email).try_for_each(|name| self.password(*name).map(drop))
    }

    /// Message centres that are used and called without TLS.
    pub(super) fn in_clear(&self) -> impl Iterator<Item = &'static str> {
        let names = [Place::First, Place::Backup].into_iter();
        names
            .filter(|place| self.uses(CarrierName::Smpp(*place)) && !place.of(&self.smpp).tls)
            .map(|place| CarrierName::Smpp(place).name())
    }

    /// Every setting as it takes effect, by key.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let names = |names: &[CarrierName]| names.iter().map(|name| name.name()).collect::<Vec<_>>().join(", ");
        let channels = [
            ("carriers.sms", names(&self.sms)),
            ("carriers.email", names(&self.email)),
            ("carriers.sms_diacritics", self.sms_diacritics.to_string()),
        ];
        let smpp = SMPP_KEYS.iter().zip(&self.smpp).flat_map(|(keys, smpp)| keys.iter().copied().zip(smpp.values()));
        let smtp = SMTP_KEYS.iter().zip(&self.smtp).flat_map(|(keys, smtp)| keys.iter().copied().zip(smtp.values()));
        channels.into_iter().chain(smpp).chain(smtp).collect()
    }
}

fn address(address: &(String, u16)) -> String {
    match address {
        (host, _) if host.is_empty() => String::new(),
        (host, port) if host.contains(':') => format!("[{host}]:{port}"),
        (host, port) => format!("{host}:{port}"),
    }
}

fn path(path: Option<&PathBuf>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}

impl Smpp {
    fn values(&self) -> [String; 8] {
        [
            address(&self.address),
            self.tls.to_string(),
            path(self.authorities.as_ref()),
            self.system_id.clone(),
            path(Some(&self.password)),
            self.sender.clone(),
            self.window.to_string(),
            self.enquire_secs.to_string(),
        ]
    }
}

impl Smtp {
    fn values(&self) -> [String; 6] {
        [
            address(&self.address),
            if self.implicit_tls { "implicit" } else { "starttls" }.to_owned(),
            path(self.authorities.as_ref()),
            self.user.clone(),
            path(Some(&self.password)),
            self.sender.clone(),
        ]
    }
}

/// Reads them all.
pub(super) fn read(reader: &mut Reader<'_>) -> Carriers {
    let sms = names(reader, "carriers.sms", &CarrierName::SMS);
    let email = names(reader, "carriers.email", &CarrierName::EMAIL);
    let used = |name| sms.contains(&name) || email.contains(&name);
    let places = [Place::First, Place::Backup];
    Carriers {
        smpp: places.map(|place| smpp(reader, place.of(&SMPP_KEYS), used(CarrierName::Smpp(place)))),
        smtp: places.map(|place| smtp(reader, place.of(&SMTP_KEYS), used(CarrierName::Smtp(place)))),
        sms,
        email,
        sms_diacritics: reader.flag("carriers.sms_diacritics"),
    }
}

/// The providers of a channel: words with commas between them.
fn names(reader: &mut Reader<'_>, key: &'static str, known: &[CarrierName]) -> Vec<CarrierName> {
    let text = reader.text(key);
    let words: Vec<_> = text.split(',').map(str::trim).collect();
    let mut found = Vec::new();
    for word in &words {
        let name = known.iter().find(|name| name.name() == *word && !found.contains(*name));
        found.extend(name);
    }
    if found.len() < words.len() {
        let known = known.iter().map(|name| name.name()).collect::<Vec<_>>().join(", ");
        let cure = format!("write one or several of these, first choice first, with commas between them: {known}");
        reader.fault(key, "names what is no provider of this channel, or one twice", &cure);
    }
    found
}

fn smpp(reader: &mut Reader<'_>, keys: &[&'static str; 8], used: bool) -> Smpp {
    let [address, tls, authorities, system_id, password, sender, window, enquire] = *keys;
    Smpp {
        address: host_and_port(reader, address, used),
        tls: reader.flag(tls),
        authorities: reader.optional_path(authorities),
        system_id: needed(reader, system_id, used),
        password: file(reader, password, used),
        sender: needed(reader, sender, used),
        window: reader.number(window, 4..=1_000),
        enquire_secs: reader.number(enquire, 5..=600),
    }
}

fn smtp(reader: &mut Reader<'_>, keys: &[&'static str; 6], used: bool) -> Smtp {
    let [address, tls, authorities, user, password, sender] = *keys;
    let name = reader.text(user);
    Smtp {
        address: host_and_port(reader, address, used),
        implicit_tls: reader.choice(tls, &[("starttls", false), ("implicit", true)]),
        authorities: reader.optional_path(authorities),
        password: file(reader, password, used && !name.is_empty()),
        user: name,
        sender: needed(reader, sender, used),
    }
}

fn needed(reader: &mut Reader<'_>, key: &str, used: bool) -> String {
    let text = reader.text(key);
    if used && text.is_empty() {
        reader.fault(key, "is empty", "the provider is named as a carrier and needs one");
    }
    text
}

fn file(reader: &mut Reader<'_>, key: &str, used: bool) -> PathBuf {
    if needed(reader, key, used).is_empty() { PathBuf::new() } else { reader.path(key) }
}

fn host_and_port(reader: &mut Reader<'_>, key: &str, used: bool) -> (String, u16) {
    let text = needed(reader, key, used);
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((bare(host), port.parse().ok()?)));
    let parts = parts.filter(|(host, port)| !host.is_empty() && *port > 0);
    if parts.is_none() && !text.is_empty() {
        reader.fault(key, "is no host with a port", "write \"HOST:PORT\"");
    }
    parts.unwrap_or_default()
}
