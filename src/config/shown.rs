//! Settings as they are shown: each key with what takes effect, and no secret among them.

use std::path::Path;

use time::Date;

use super::{Archive, Config, Url};
use crate::domain::time::format_date;

impl Config {
    /// Every setting as it takes effect, by key, without secrets.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<Date>| day.map(format_date).unwrap_or_default();
        let Self {
            mode,
            home,
            server,
            store,
            limits,
            vault,
            archive,
            registry,
            codes,
            budgets,
            accounts,
            devices,
            contacts,
            requests,
            follow_up,
            life,
            notify,
            carriers,
            chip,
            trust,
            watch,
            staff,
            observe,
            log,
        } = self;
        let path = |path: &Path| path.display().to_string();
        let [url, url_file] = shown(Some(&store.url));
        let [redis_url, redis_url_file] = shown(limits.redis.as_ref());
        let [kind, folder, endpoint, bucket, region, access, authorities] = archive.settings();
        let mut settings = vec![
            ("mode", mode.name().to_owned()),
            ("home", path(home)),
            ("server.listen", server.listen.to_string()),
            ("server.certificate", path(&server.certificate)),
            ("server.key", path(&server.key)),
            ("server.client_ca", path(&server.client_ca)),
            ("server.client_crls", server.client_crls.as_deref().map(path).unwrap_or_default()),
            ("server.tls_refresh_secs", server.tls_refresh_secs.to_string()),
            ("server.handshake_secs", server.handshake_secs.to_string()),
            ("server.connections_max", server.connections_max.to_string()),
            ("server.message_bytes_max", server.message_bytes_max.to_string()),
            ("server.concurrent_per_connection", server.concurrent_per_connection.to_string()),
            ("server.calls_max", server.calls_max.to_string()),
            ("server.reflection", server.reflection.to_string()),
            ("store.url", url),
            ("store.url_file", url_file),
            ("store.connections", store.connections.to_string()),
            ("limits.redis_url", redis_url),
            ("limits.redis_url_file", redis_url_file),
            ("vault.keys", path(&vault.keys)),
            ("archive.kind", kind),
            ("archive.folder", folder),
            ("archive.endpoint", endpoint),
            ("archive.bucket", bucket),
            ("archive.region", region),
            ("archive.access_file", access),
            ("archive.authorities", authorities),
            ("registry.source", registry.source.name().to_owned()),
            ("registry.url", registry.url.clone()),
            ("registry.ca", path(&registry.ca)),
            ("registry.certificate", path(&registry.certificate)),
            ("registry.key", path(&registry.key)),
            ("registry.attempt_secs", registry.attempt_secs.to_string()),
            ("registry.total_secs", registry.total_secs.to_string()),
            ("codes.lifetime_secs", codes.lifetime_secs.to_string()),
            ("codes.email_lifetime_secs", codes.email_lifetime_secs.to_string()),
            ("codes.tries", codes.tries.to_string()),
            ("codes.failures_per_day", codes.failures_per_day.to_string()),
            ("codes.failures_in_row", codes.failures_in_row.to_string()),
            ("codes.send_gap_secs", codes.send_gap_secs.to_string()),
            ("codes.sends_per_day", codes.sends_per_day.to_string()),
            ("budgets.device_codes_per_day", budgets.device_codes_per_day.to_string()),
            ("budgets.source_codes_per_hour", budgets.source_codes_per_hour.to_string()),
            ("budgets.account_codes_per_day", budgets.account_codes_per_day.to_string()),
            ("budgets.destination_codes_per_day", budgets.destination_codes_per_day.to_string()),
            ("budgets.prefix_codes_per_hour", budgets.prefix_codes_per_hour.to_string()),
            ("budgets.codes_per_hour", budgets.codes_per_hour.to_string()),
            ("accounts.identity_number_digits", accounts.identity_number_digits.to_string()),
            ("contacts.waiting_hours", contacts.waiting_hours.to_string()),
            ("contacts.open_hours", contacts.open_hours.to_string()),
            ("devices.certificate_hours", devices.certificate_hours.to_string()),
            ("devices.list_hours", devices.list_hours.to_string()),
            ("devices.list_url", devices.list_url.clone().unwrap_or_default()),
            ("devices.challenge_secs", devices.challenge_secs.to_string()),
            ("devices.issuer", devices.issuer.clone()),
            ("devices.face_verifiers", devices.face_verifiers.as_deref().map(path).unwrap_or_default()),
            ("requests.review_working_days", requests.review_working_days.to_string()),
            ("requests.correction_days", requests.correction_days.to_string()),
            ("follow_up.reminder_days", follow_up.reminder_days.to_string()),
            ("life.warning_days", life.warning_days.to_string()),
            ("notify.file", path(&notify.file)),
            ("chip.sha1_until", day(chip.sha1_until)),
            ("chip.rsa_below_2048_until", day(chip.rsa_below_2048_until)),
            ("chip.curves_224_until", day(chip.curves_224_until)),
            ("trust.refresh_secs", trust.refresh_secs.to_string()),
            ("trust.expired_signers", trust.expired_signers.to_string()),
            ("trust.digest_info_without_null", trust.digest_info_without_null.to_string()),
            ("watch.poll_secs", watch.poll_secs.to_string()),
            ("watch.heartbeat_secs", watch.heartbeat_secs.to_string()),
            ("watch.recheck_secs", watch.recheck_secs.to_string()),
            ("watch.per_caller", watch.per_caller.to_string()),
            ("staff.idle_days", staff.idle_days.get().to_string()),
            ("staff.fresh_millis", staff.fresh_millis.to_string()),
            ("observe.listen", observe.listen.map(|address| address.to_string()).unwrap_or_default()),
            ("observe.otlp", observe.otlp.clone().unwrap_or_default()),
            ("observe.traces_per_thousand", observe.traces_per_thousand.to_string()),
            ("log.format", log.format.name().to_owned()),
            ("log.filter", log.filter.clone()),
        ];
        settings.extend(carriers.settings());
        settings
    }
}

impl Archive {
    /// Kind, folder, endpoint, bucket, region, file of the access key, authorities; empty where it has none.
    fn settings(&self) -> [String; 7] {
        let path = |path: &Path| path.display().to_string();
        let none = String::new;
        match self {
            Self::Local { folder } => ["local".to_owned(), path(folder), none(), none(), none(), none(), none()],
            Self::S3 { endpoint, bucket, region, access, authorities } => [
                "s3".to_owned(),
                none(),
                endpoint.clone(),
                bucket.clone(),
                region.clone(),
                path(access),
                authorities.as_deref().map(path).unwrap_or_default(),
            ],
        }
    }
}

/// What `url` and `url_file` are, without secrets.
fn shown(url: Option<&Url>) -> [String; 2] {
    match url {
        None => Default::default(),
        Some(url @ Url::Plain(_)) => [url.to_string(), String::new()],
        Some(Url::File(path)) => [String::new(), path.display().to_string()],
    }
}
