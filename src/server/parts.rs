//! The parts, made from settings in the order in which they need each other.

use std::time::Duration;

use anyhow::Context as _;

use super::carriers::carriers;
use crate::app::{
    App, BudgetSettings, DeviceSettings, Parts, Registry, Settings, StaffSettings, TrustSettings, WatchSettings,
};
use crate::archive::{Access, Archive, Bucket};
use crate::bells::Bells;
use crate::chip::policy::Policy;
use crate::config::{self, Config, Mode, RegistrySource};
use crate::domain::code::CodePolicy;
use crate::domain::contact::ContactPolicy;
use crate::domain::deadline::StageLimits;
use crate::limits::{Limits, Quota};
use crate::receipt::JwkSet;
use crate::registry::{self, Patience, Remote};
use crate::store::Store;
use crate::sys::{Clock, Dice};
use crate::vault::{KeyRing, Vault};

/// The use cases over the store, keys and carriers that the settings name. The schema is left as it is.
///
/// # Errors
/// If the keys or the database cannot be opened.
pub async fn open(config: &Config, clock: Clock, dice: Dice) -> anyhow::Result<App> {
    let url = config.store_url()?;
    let store =
        Store::open(&url, config.store.connections).await.context("cannot open the store (setting store.url)")?;
    over(config, store, clock, dice)
}

/// The use cases over `store`, with the keys and carriers that the settings name.
///
/// # Errors
/// If the keys cannot be opened.
pub fn over(config: &Config, store: Store, clock: Clock, dice: Dice) -> anyhow::Result<App> {
    let ring = KeyRing::read(&config.vault.keys)
        .with_context(|| format!("cannot use the key ring {} (setting vault.keys)", config.vault.keys.display()))?;
    let vault = Vault::new(&ring, dice.clone()).context("cannot use the key ring")?;
    let mut settings = settings(config);
    settings.devices.verifiers = verifiers(config)?;
    Ok(App::new(Parts {
        store,
        archive: archive(&config.archive, &vault)?,
        vault,
        carriers: carriers(config, &dice)?,
        limits: limits(config, clock.clone())?,
        bells: bells(config, &dice)?,
        registry: registry(config, &clock, &dice)?,
        clock,
        dice,
        settings,
    }))
}

/// The public keys of those who check faces.
fn verifiers(config: &Config) -> anyhow::Result<JwkSet> {
    let Some(path) = &config.devices.face_verifiers else { return Ok(JwkSet::default()) };
    let text = String::from_utf8(read(path, "devices.face_verifiers")?).unwrap_or_default();
    JwkSet::parse(&text).with_context(|| format!("cannot use {} (setting devices.face_verifiers)", path.display()))
}

/// What the settings tighten of the use cases; keys that are in files are left out.
pub fn settings(config: &Config) -> Settings {
    Settings {
        codes: code_policy(&config.codes),
        budgets: budgets(&config.budgets),
        number_digits: config.accounts.identity_number_digits,
        stages: StageLimits {
            review_working_days: config.requests.review_working_days,
            correction_days: config.requests.correction_days,
        },
        devices: DeviceSettings {
            certificate_lifetime: Duration::from_hours(config.devices.certificate_hours),
            list_lifetime: Duration::from_hours(config.devices.list_hours),
            challenge_lifetime: Duration::from_secs(config.devices.challenge_secs),
            list_url: config.devices.list_url.clone(),
            issuer: config.devices.issuer.clone(),
            verifiers: JwkSet::default(),
        },
        contacts: ContactPolicy {
            waiting: Duration::from_hours(config.contacts.waiting_hours),
            open: Duration::from_hours(config.contacts.open_hours),
        },
        reminders: config.follow_up.reminder_days.clone(),
        warnings: config.life.warning_days.clone(),
        real_only: config.mode == Mode::Production,
        chip: policy(config),
        trust: TrustSettings {
            expired_signers: config.trust.expired_signers,
            digest_info_without_null: config.trust.digest_info_without_null,
            practice: config.mode == Mode::Development,
        },
        staff: StaffSettings {
            idle: config.staff.idle_days,
            recheck: Duration::from_secs(config.watch.recheck_secs),
            fresh: Duration::from_millis(config.staff.fresh_millis),
        },
        watch: WatchSettings {
            poll: Duration::from_secs(config.watch.poll_secs),
            heartbeat: Duration::from_secs(config.watch.heartbeat_secs),
            recheck: Duration::from_secs(config.watch.recheck_secs),
            per_caller: config.watch.per_caller,
        },
    }
}

fn code_policy(codes: &config::Codes) -> CodePolicy {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    CodePolicy {
        lifetime: Duration::from_secs(codes.lifetime_secs),
        email_lifetime: Duration::from_secs(codes.email_lifetime_secs),
        tries: number(codes.tries),
        failures_per_day: number(codes.failures_per_day),
        failures_in_row: number(codes.failures_in_row),
        send_gap: Duration::from_secs(codes.send_gap_secs),
        sends_per_day: number(codes.sends_per_day),
    }
}

fn budgets(budgets: &config::Budgets) -> BudgetSettings {
    BudgetSettings {
        device: Quota::per_day(budgets.device_codes_per_day),
        source: Quota::per_hour(budgets.source_codes_per_hour),
        account: Quota::per_day(budgets.account_codes_per_day),
        destination: Quota::per_day(budgets.destination_codes_per_day),
        prefix: Quota::per_hour(budgets.prefix_codes_per_hour),
        all: Quota::per_hour(budgets.codes_per_hour),
    }
}

/// Where immigration records are asked for. Nothing is dialled yet.
fn registry(config: &Config, clock: &Clock, dice: &Dice) -> anyhow::Result<Registry> {
    let settings = &config.registry;
    match settings.source {
        RegistrySource::None => return Ok(Registry::None),
        RegistrySource::Table => return Ok(Registry::Table),
        RegistrySource::Remote => {}
    }
    let patience = Patience {
        attempt: Duration::from_secs(settings.attempt_secs),
        total: Duration::from_secs(settings.total_secs),
    };
    let channel = registry::channel(&registry::Target {
        url: &settings.url,
        ca: &read(&settings.ca, "registry.ca")?,
        certificate: &read(&settings.certificate, "registry.certificate")?,
        key: &zeroize::Zeroizing::new(read(&settings.key, "registry.key")?),
        connect_time: patience.attempt,
    });
    let channel = channel.context("cannot call the registry (settings registry.*)")?;
    Ok(Registry::Remote(Box::new(Remote::new(channel, patience, clock.clone(), dice.clone()))))
}

/// Which weak algorithms are let pass. A DigestInfo without its NULL is a matter of form: passports that have it are
/// accepted.
fn policy(config: &Config) -> Policy {
    Policy {
        sha1: config.chip.sha1_until,
        rsa_below_2048: config.chip.rsa_below_2048_until,
        curves_224: config.chip.curves_224_until,
        digest_info_without_null: None,
    }
}

/// Where captures lie. A bucket is not asked for anything yet: it may be away while the service starts.
fn archive(archive: &config::Archive, vault: &Vault) -> anyhow::Result<Archive> {
    let namespace = vault.namespace();
    match archive {
        config::Archive::Local { folder } => Archive::local(folder, &namespace)
            .with_context(|| format!("cannot use {} (setting archive.folder)", folder.display())),
        config::Archive::S3 { endpoint, bucket, region, access, authorities } => {
            let read = Access::read(access);
            let access =
                read.with_context(|| format!("cannot use {} (setting archive.access_file)", access.display()))?;
            let (endpoint, name, region) = (endpoint.clone(), bucket.clone(), region.clone());
            let bucket = Bucket { endpoint, name, region, authorities: authorities.clone() };
            Archive::s3(&bucket, &access, &namespace)
                .context("cannot use the bucket (settings archive.endpoint, archive.authorities)")
        }
    }
}

/// Where calls are counted: in this process, or in a Redis that replicas share.
fn limits(config: &Config, clock: Clock) -> anyhow::Result<Limits> {
    Ok(match config.redis_url()? {
        Some(url) => Limits::redis(&url, "eid", clock).context("cannot use Redis (setting limits.redis_url)")?,
        None => Limits::memory(clock),
    })
}

/// How other processes are told to look: through the Redis that they share, if there is one.
fn bells(config: &Config, dice: &Dice) -> anyhow::Result<Bells> {
    Ok(match config.redis_url()? {
        Some(url) => Bells::redis(&url, "eid", dice).context("cannot use Redis (setting limits.redis_url)")?,
        None => Bells::Alone,
    })
}

pub(super) fn read(path: &std::path::Path, key: &str) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {} (setting {key})", path.display()))
}
