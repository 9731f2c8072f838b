//! From settings by key to typed ones: bounds, the law, paths.
//!
//! Owns the judgement of values. Refuses none silently: each fault is noted, a harmless value stands in, and the reading
//! goes on to find the next.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::value::Value;
use time::Date;
use tracing_subscriber::EnvFilter;

use super::carriers;
use super::fault::Fault;
use super::layers::{Layers, whole};
use super::url::{Url, has_password};
use super::{
    Accounts, Archive, Budgets, Chip, Codes, Config, Contacts, Devices, FollowUp, LifeWarnings, Limits, Log, LogFormat,
    Mode, Notify, Observe, Registry, RegistrySource, Requests, Server, Staff, Store, Trust, Vault, Watch,
};
use crate::domain::follow_up::ReminderDays;
use crate::domain::law::{self, Item};
use crate::domain::life::WarningDays;
use crate::domain::staff::IdleDays;
use crate::domain::time::parse_date;

const DATABASES: &[&str] = &["sqlite:", "postgres://", "postgresql://"];
const REDISES: &[&str] = &["redis://", "rediss://", "redis+unix://", "unix://"];

/// Reads every setting. `base` is what a relative `home` is relative to in production.
pub(super) fn read(layers: &Layers, base: &Path, faults: &mut Vec<Fault>) -> Config {
    let mut reader = Reader { layers, faults, mode: Mode::Development, home: PathBuf::new() };
    reader.mode = reader.choice("mode", &[("development", Mode::Development), ("production", Mode::Production)]);
    reader.home = reader.home(base);
    Config {
        mode: reader.mode,
        home: reader.home.clone(),
        server: reader.server(),
        store: reader.store(),
        limits: reader.limits(),
        vault: Vault { keys: reader.path("vault.keys") },
        archive: reader.archive(),
        registry: reader.registry(),
        codes: reader.codes(),
        budgets: reader.budgets(),
        accounts: Accounts { identity_number_digits: reader.number("accounts.identity_number_digits", 1..=20) },
        devices: reader.devices(),
        contacts: reader.contacts(),
        requests: reader.requests(),
        life: LifeWarnings { warning_days: reader.warning_days("life.warning_days") },
        follow_up: FollowUp { reminder_days: reader.reminder_days("follow_up.reminder_days") },
        notify: Notify { file: reader.path("notify.file") },
        carriers: carriers::read(&mut reader),
        chip: Chip {
            sha1_until: reader.day("chip.sha1_until"),
            rsa_below_2048_until: reader.day("chip.rsa_below_2048_until"),
            curves_224_until: reader.day("chip.curves_224_until"),
        },
        trust: Trust {
            refresh_secs: reader.number("trust.refresh_secs", 1..=3_600),
            expired_signers: reader.flag("trust.expired_signers"),
            digest_info_without_null: reader.flag("trust.digest_info_without_null"),
        },
        watch: Watch {
            poll_secs: reader.number("watch.poll_secs", 1..=60),
            heartbeat_secs: reader.number("watch.heartbeat_secs", 5..=300),
            recheck_secs: reader.number("watch.recheck_secs", 1..=300),
            per_caller: reader.number("watch.per_caller", 1..=100),
        },
        staff: Staff {
            idle_days: reader.idle_days("staff.idle_days"),
            fresh_millis: reader.number("staff.fresh_millis", 0..=5_000),
        },
        observe: reader.observe(),
        log: reader.log(),
    }
}

pub(super) struct Reader<'a> {
    layers: &'a Layers,
    faults: &'a mut Vec<Fault>,
    mode: Mode,
    home: PathBuf,
}

impl Reader<'_> {
    /// A day, or none.
    fn day(&mut self, key: &'static str) -> Option<Date> {
        let text = self.text(key);
        let day = parse_date(&text);
        if day.is_none() && !text.is_empty() {
            self.fault(key, "is no day", "write YYYY-MM-DD, or leave it empty");
        }
        day
    }

    /// Days of the window for self-activation, rising, with commas between; none if it is empty.
    fn reminder_days(&mut self, key: &'static str) -> ReminderDays {
        let text = self.text(key);
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let days = parts.map(|part| part.parse().ok()).collect::<Option<Vec<u8>>>();
        days.and_then(|days| ReminderDays::new(days).ok()).unwrap_or_else(|| {
            self.fault(key, "has a day that is not of the window, or is out of order", "write days such as \"3, 6\"");
            ReminderDays::default()
        })
    }

    /// Days before a document ends, falling, with commas between; none if it is empty.
    fn warning_days(&mut self, key: &'static str) -> WarningDays {
        let text = self.text(key);
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let days = parts.map(|part| part.parse().ok()).collect::<Option<Vec<u16>>>();
        days.and_then(|days| WarningDays::new(days).ok()).unwrap_or_else(|| {
            self.fault(key, "has a day that is none of a year, or is out of order", "write days such as \"60, 30, 7\"");
            WarningDays::default()
        })
    }

    /// Days without a call, as many as the law allows at most.
    fn idle_days(&mut self, key: &'static str) -> IdleDays {
        let days = self.whole(key);
        IdleDays::new(days).unwrap_or_else(|| {
            let most = law::staff::IDLE_DAYS_MAX;
            let basis = law::staff::IDLE_ITEM.basis;
            self.fault(key, &format!("is {days}, out of bounds ({basis})"), &format!("write 1 to {most}"));
            IdleDays::default()
        })
    }

    fn home(&mut self, base: &Path) -> PathBuf {
        let home = self.text("home");
        match self.mode {
            _ if home.is_empty() => self.fault("home", "is empty", "name a folder"),
            Mode::Production if self.layers.is_default("home") => {
                self.fault("home", "is not set", "production needs a folder of its own: home = \"/var/lib/eid\"");
            }
            Mode::Production => return base.join(home),
            Mode::Development => {}
        }
        home.into()
    }

    fn server(&mut self) -> Server {
        let listen = self.text("server.listen");
        let listen = listen.parse().unwrap_or_else(|_| {
            let cure = "write one with a port: \"127.0.0.1:8443\" or \"[::]:8443\"";
            self.fault("server.listen", "is no IP address with a port", cure);
            SocketAddr::from(([127, 0, 0, 1], 0))
        });
        Server {
            listen,
            certificate: self.path("server.certificate"),
            key: self.path("server.key"),
            client_ca: self.path("server.client_ca"),
            client_crls: self.optional_path("server.client_crls"),
            tls_refresh_secs: self.number("server.tls_refresh_secs", 1..=3_600),
            handshake_secs: self.number("server.handshake_secs", 1..=60),
            connections_max: self.number("server.connections_max", 1..=100_000),
            message_bytes_max: self.number("server.message_bytes_max", 64 << 10..=16 << 20),
            concurrent_per_connection: self.number("server.concurrent_per_connection", 1..=10_000),
            calls_max: self.number("server.calls_max", 1..=100_000),
            reflection: self.flag("server.reflection"),
        }
    }

    fn store(&mut self) -> Store {
        let url = self.url("store.url", "store.url_file", DATABASES);
        let url = url.unwrap_or_else(|| {
            self.fault("store.url", "is empty", "write \"sqlite:eid.sqlite\", or name a file in store.url_file");
            Url::Plain(String::new())
        });
        if matches!(&url, Url::Plain(url) if url.contains(":memory:") || url.contains("mode=memory")) {
            self.fault("store.url", "keeps nothing", "name a file: \"sqlite:eid.sqlite\"");
        }
        Store { url, connections: self.number("store.connections", 1..=1_000) }
    }

    fn limits(&mut self) -> Limits {
        Limits { redis: self.url("limits.redis_url", "limits.redis_url_file", REDISES) }
    }

    fn archive(&mut self) -> Archive {
        if !self.choice("archive.kind", &[("local", false), ("s3", true)]) {
            return Archive::Local { folder: self.path("archive.folder") };
        }
        let [endpoint, bucket, region] =
            ["archive.endpoint", "archive.bucket", "archive.region"].map(|key| self.text(key));
        let without_tls = endpoint.starts_with("http://");
        if without_tls && self.mode == Mode::Production {
            let cure = "sensitive data is encrypted on its way (Decree 356/2025 art. 12.4): begin it with https://";
            self.fault("archive.endpoint", "has no TLS", cure);
        } else if !without_tls && !endpoint.starts_with("https://") {
            self.fault("archive.endpoint", "is no address of a bucket", "write \"https://HOST\"");
        }
        for (key, text) in [("archive.bucket", &bucket), ("archive.region", &region)] {
            if text.is_empty() {
                self.fault(key, "is empty", "s3 needs one");
            }
        }
        let authorities = self.optional_path("archive.authorities");
        Archive::S3 { endpoint, bucket, region, access: self.path("archive.access_file"), authorities }
    }

    fn registry(&mut self) -> Registry {
        let sources = [RegistrySource::None, RegistrySource::Table, RegistrySource::Remote];
        let source = self.choice("registry.source", &sources.map(|source| (source.name(), source)));
        let url = self.text("registry.url");
        let called = url.starts_with("https://") && url.len() > "https://".len();
        if !called && (source == RegistrySource::Remote || !url.is_empty()) {
            self.fault("registry.url", "is no address that is called over TLS", "write \"https://HOST:PORT\"");
        }
        let (attempt_secs, total_secs) =
            (self.number("registry.attempt_secs", 1..=3), self.number("registry.total_secs", 1..=4));
        if attempt_secs > total_secs {
            self.fault("registry.attempt_secs", "is more than registry.total_secs", "let one attempt take less");
        }
        Registry {
            source,
            url,
            ca: self.path("registry.ca"),
            certificate: self.path("registry.certificate"),
            key: self.path("registry.key"),
            attempt_secs,
            total_secs,
        }
    }

    fn codes(&mut self) -> Codes {
        use law::codes::{
            EMAIL_LIFETIME_ITEM, EMAIL_LIFETIME_MAX, FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX, LIFETIME_ITEM,
            LIFETIME_MAX, SEND_GAP_MIN, SENDS_PER_DAY_MAX, TRIES_MAX,
        };
        Codes {
            lifetime_secs: self.lawful("codes.lifetime_secs", LIFETIME_MAX, &LIFETIME_ITEM),
            email_lifetime_secs: self.lawful("codes.email_lifetime_secs", EMAIL_LIFETIME_MAX, &EMAIL_LIFETIME_ITEM),
            tries: self.number("codes.tries", 1..=TRIES_MAX.into()),
            failures_per_day: self.number("codes.failures_per_day", 1..=FAILURES_PER_DAY_MAX.into()),
            failures_in_row: self.number("codes.failures_in_row", 1..=FAILURES_IN_ROW_MAX.into()),
            send_gap_secs: self.number("codes.send_gap_secs", SEND_GAP_MIN.as_secs()..=3_600),
            sends_per_day: self.number("codes.sends_per_day", 1..=SENDS_PER_DAY_MAX.into()),
        }
    }

    fn budgets(&mut self) -> Budgets {
        // A limit counts to 10,000 at most.
        let mut count = |key| self.number(key, 1..=10_000);
        Budgets {
            device_codes_per_day: count("budgets.device_codes_per_day"),
            source_codes_per_hour: count("budgets.source_codes_per_hour"),
            account_codes_per_day: count("budgets.account_codes_per_day"),
            destination_codes_per_day: count("budgets.destination_codes_per_day"),
            prefix_codes_per_hour: count("budgets.prefix_codes_per_hour"),
            codes_per_hour: count("budgets.codes_per_hour"),
        }
    }

    fn devices(&mut self) -> Devices {
        let [list_url, issuer, verifiers] =
            ["devices.list_url", "devices.issuer", "devices.face_verifiers"].map(|key| self.text(key));
        let schemes = ["http://", "https://"];
        let fetched = list_url.is_ascii() && schemes.iter().any(|scheme| list_url.starts_with(scheme));
        let each = list_url.is_empty() || (fetched && list_url.contains("{authority}"));
        if !each {
            let cure = "write \"http://HOST/{authority}.crl\"";
            self.fault("devices.list_url", "is no address at which each authority's list can be fetched", cure);
        }
        if issuer.is_empty() || issuer.contains(':') {
            self.fault("devices.issuer", "is empty or has a colon", "write a name that people know the service by");
        }
        Devices {
            certificate_hours: self.number("devices.certificate_hours", 1..=168),
            list_hours: self.number("devices.list_hours", 1..=24),
            list_url: Some(list_url).filter(|url| !url.is_empty()),
            challenge_secs: self.number("devices.challenge_secs", 30..=600),
            issuer,
            face_verifiers: (!verifiers.is_empty()).then(|| self.home.join(verifiers)),
        }
    }

    fn contacts(&mut self) -> Contacts {
        let least = law::contacts::WAITING_MIN.as_secs() / 3_600;
        Contacts {
            waiting_hours: self.number("contacts.waiting_hours", least..=168),
            open_hours: self.number("contacts.open_hours", 1..=72),
        }
    }

    fn requests(&mut self) -> Requests {
        // The shorter limit of the law is for the whole way of a request; a review is a part of it.
        let working_days = law::hand_over::SHORTEST;
        Requests {
            review_working_days: self.number("requests.review_working_days", 1..=u64::from(working_days)),
            correction_days: self.number("requests.correction_days", 1..=90),
        }
    }

    fn observe(&mut self) -> Observe {
        let (listen, otlp) = (self.text("observe.listen"), self.text("observe.otlp"));
        let address = listen.parse().ok();
        if address.is_none() && !listen.is_empty() {
            let cure = "write one with a port, \"127.0.0.1:9464\", or leave it empty";
            self.fault("observe.listen", "is no IP address with a port", cure);
        }
        let collector = otlp.parse::<http::Uri>().ok().filter(|url| url.host().is_some());
        let named = collector.is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")));
        if !named && !otlp.is_empty() {
            self.fault("observe.otlp", "is no address of a collector", "write \"http://HOST:4317\", or leave it empty");
        }
        Observe {
            listen: address,
            otlp: (!otlp.is_empty()).then_some(otlp),
            traces_per_thousand: self.number("observe.traces_per_thousand", 0..=1_000),
        }
    }

    fn log(&mut self) -> Log {
        let format = self.choice("log.format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        let filter = self.text("log.filter");
        if EnvFilter::builder().parse(&filter).is_err() {
            self.fault("log.filter", "is no log filter", "write levels by target: \"info\" or \"warn,eid=debug\"");
        }
        Log { format, filter }
    }

    /// A URL in `key`, or in the file that `file_key` names. `None` if neither is set.
    fn url(&mut self, key: &str, file_key: &str, schemes: &[&str]) -> Option<Url> {
        let (url, file) = (self.text(key), self.text(file_key));
        if !file.is_empty() {
            if !url.is_empty() && !self.layers.is_default(key) {
                self.fault(key, &format!("is set, and so is {file_key}"), "take one of the two out");
            }
            return Some(Url::File(self.home.join(file)));
        }
        if url.is_empty() {
            return None;
        }
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            self.fault(key, "is of no kind that can be used", &format!("begin it with {}", schemes.join(", ")));
        }
        if self.mode == Mode::Production && has_password(&url) {
            let cure = format!("put it into a file of yours (chmod 600), and name that in {file_key}");
            self.fault(key, "holds a password", &cure);
        }
        Some(Url::Plain(url))
    }

    pub(super) fn path(&mut self, key: &str) -> PathBuf {
        let path = self.text(key);
        if path.is_empty() {
            self.fault(key, "is empty", "name a file");
        }
        self.home.join(path)
    }

    /// A file, or none.
    pub(super) fn optional_path(&self, key: &str) -> Option<PathBuf> {
        let path = self.text(key);
        (!path.is_empty()).then(|| self.home.join(path))
    }

    /// A number of seconds that may be less than the law allows, but no more.
    fn lawful(&mut self, key: &str, most: Duration, item: &Item) -> u64 {
        let secs = self.whole(key);
        if secs > most.as_secs() {
            let wrong = format!("is {secs}, and the law allows {} at most ({})", most.as_secs(), item.basis);
            self.fault(key, &wrong, &format!("write 60 to {}", most.as_secs()));
            return 60;
        }
        self.number(key, 60..=most.as_secs())
    }

    pub(super) fn number<T: TryFrom<u64> + Default>(&mut self, key: &str, allowed: RangeInclusive<u64>) -> T {
        let number = self.whole(key);
        if !allowed.contains(&number) {
            let cure = format!("write {} to {}", allowed.start(), allowed.end());
            self.fault(key, &format!("is {number}, out of bounds"), &cure);
        }
        T::try_from(number).unwrap_or_default()
    }

    fn whole(&self, key: &str) -> u64 {
        self.layers.value(key).as_ref().and_then(whole).unwrap_or_default()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.layers.value(key).and_then(|value| value.to_bool()).unwrap_or_default()
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.layers.value(key).and_then(Value::into_string).unwrap_or_default()
    }

    /// One of a few words; the first stands in for what is none of them.
    pub(super) fn choice<T: Copy + Default>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let text = self.text(key);
        let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        chosen.unwrap_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.fault(key, "is none of the words it may be", &format!("write {}", words.join(" or ")));
            T::default()
        })
    }

    pub(super) fn fault(&mut self, key: &str, wrong: &str, cure: &str) {
        self.faults.push(Fault::new(key, self.layers.origin(key), wrong, cure));
    }
}
