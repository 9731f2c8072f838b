//! Whole configurations, from text to typed settings.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::domain::follow_up::ReminderDays;
use crate::domain::law;
use crate::domain::life::WarningDays;
use crate::domain::staff::IdleDays;

fn assemble(file: &str, environment: &[(&str, &str)]) -> Result<Config, Faults> {
    let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::assemble(Some(&File::of("eid.toml", file)), Path::new("/etc/eid"), environment)
}

fn faults(file: &str) -> String {
    assemble(file, &[]).unwrap_err().to_string()
}

fn unset_smpp() -> Smpp {
    Smpp {
        address: (String::new(), 0),
        tls: true,
        authorities: None,
        system_id: String::new(),
        password: PathBuf::new(),
        sender: String::new(),
        window: 10,
        enquire_secs: 30,
    }
}

fn unset_smtp() -> Smtp {
    Smtp {
        address: (String::new(), 0),
        implicit_tls: false,
        authorities: None,
        user: String::new(),
        password: PathBuf::new(),
        sender: String::new(),
    }
}

const TWO_CARRIERS: &str = r#"
    [carriers]
    sms = "smpp, smpp_backup"
    email = "smtp"
    [carriers.smpp]
    address = "smsc.example:2775"
    system_id = "eid"
    password_file = "smpp.password"
    sender = "VNeID"
    tls = false
    [carriers.smpp_backup]
    address = "[2001:db8::1]:3550"
    system_id = "eid"
    password_file = "smpp.password"
    sender = "8069"
    [carriers.smtp]
    address = "mail.example:587"
    sender = "eid@example.org"
"#;

#[test]
fn carriers_are_named_by_channel_first_choice_first() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_str().unwrap();
    let config = assemble(TWO_CARRIERS, &[("home", home)]).unwrap();
    let carriers = &config.carriers;
    assert_eq!(carriers.sms, [CarrierName::Smpp(Place::First), CarrierName::Smpp(Place::Backup)]);
    assert_eq!(carriers.email, [CarrierName::Smtp(Place::First)]);
    assert_eq!(carriers.smpp[0].address, ("smsc.example".to_owned(), 2775));
    assert_eq!(carriers.smpp[1].address, ("2001:db8::1".to_owned(), 3550));
    assert!(config.settings().contains(&("carriers.smpp_backup.address", "[2001:db8::1]:3550".to_owned())));
    assert_eq!(carriers.password(CarrierName::Smtp(Place::First)).unwrap(), None, "no account, no password");
    let told = carriers.check_passwords().unwrap_err().to_string();
    assert!(told.contains("carriers.smpp.password_file: ") && told.contains("cannot be read"), "{told}");
    let path = dir.path().join("smpp.password");
    std::fs::write(&path, "hunter2\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    config.carriers.check_passwords().unwrap();
    let password = carriers.password(CarrierName::Smpp(Place::Backup)).unwrap().unwrap();
    assert_eq!(password.as_str(), "hunter2");
    assert!(!format!("{:?} {config:?}", config.settings()).contains("hunter2"));
    assert!(!config.warnings().join(" ").contains("messages.jsonl"), "no channel uses the file");
}

#[test]
fn codes_on_a_line_without_tls_are_said_loudly_in_production() {
    let file = format!("mode = \"production\"\nhome = \"x\"\n{TWO_CARRIERS}");
    let warnings = assemble(&file, &[]).unwrap().warnings().join("\n");
    assert!(warnings.contains("carriers.smpp.tls") && !warnings.contains("carriers.smpp_backup.tls"), "{warnings}");
}

#[test]
fn carriers_that_cannot_be_used_are_told_and_those_not_named_are_not_judged() {
    for (file, told) in [
        ("sms = \"smtp\"", "carriers.sms (eid.toml): names what is no provider of this channel, or one twice"),
        ("sms = \"\"", "carriers.sms (eid.toml): names what is no provider"),
        ("email = \"smtp,file,smtp\"", "carriers.email (eid.toml): names what is no provider"),
        ("sms = \"smpp\"", "carriers.smpp.address (default): is empty; the provider is named as a carrier"),
        ("sms = \"smpp\"", "carriers.smpp.password_file (default): is empty"),
        ("sms = \"smpp_backup\"", "carriers.smpp_backup.sender (default): is empty"),
        ("email = \"smtp\"\n[carriers.smtp]\nuser = \"eid\"", "carriers.smtp.password_file (default): is empty"),
        ("[carriers.smtp]\naddress = \"mail\"", "carriers.smtp.address (eid.toml): is no host with a port"),
        ("[carriers.smtp]\ntls = \"none\"", "write \"starttls\" or \"implicit\""),
        ("[carriers.smpp]\nwindow = 3", "write 4 to 1000"),
    ] {
        assert!(
            faults(&format!("[carriers]\n{file}")).contains(told),
            "{file}\n{}",
            faults(&format!("[carriers]\n{file}"))
        );
    }
    assert!(!faults("[carriers]\nsms = \"smpp\"").contains("smtp."));
}

#[test]
fn the_default_file_is_the_development_configuration() {
    let config = Config::development(Path::new("eid-dev")).unwrap();
    assert_eq!(Config::assemble(None, Path::new(""), vec![]).unwrap(), config);
    assert_eq!(assemble(DEFAULTS, &[]).unwrap(), config);
    assert_eq!(
        config,
        Config {
            mode: Mode::Development,
            home: "eid-dev".into(),
            server: Server {
                listen: "127.0.0.1:8443".parse().unwrap(),
                certificate: "eid-dev/pki/server.pem".into(),
                key: "eid-dev/pki/server.key".into(),
                client_ca: "eid-dev/pki/client-ca.pem".into(),
                client_crls: None,
                tls_refresh_secs: 10,
                handshake_secs: 5,
                connections_max: 8_192,
                message_bytes_max: 2 << 20,
                concurrent_per_connection: 128,
                calls_max: 256,
                reflection: true,
            },
            store: Store { url: Url::Plain("sqlite:eid.sqlite".to_owned()), connections: 8 },
            limits: Limits { redis: None },
            vault: Vault { keys: "eid-dev/keys.json".into() },
            archive: Archive::Local { folder: "eid-dev/captures".into() },
            registry: Registry {
                source: RegistrySource::None,
                url: String::new(),
                ca: "eid-dev/pki/registry-ca.pem".into(),
                certificate: "eid-dev/pki/registry-client.pem".into(),
                key: "eid-dev/pki/registry-client.key".into(),
                attempt_secs: 1,
                total_secs: 3,
            },
            codes: Codes {
                lifetime_secs: law::codes::LIFETIME.as_secs(),
                email_lifetime_secs: 3_600,
                tries: law::codes::TRIES_MAX.into(),
                failures_per_day: law::codes::FAILURES_PER_DAY_MAX.into(),
                failures_in_row: law::codes::FAILURES_IN_ROW_MAX.into(),
                send_gap_secs: law::codes::SEND_GAP_MIN.as_secs(),
                sends_per_day: law::codes::SENDS_PER_DAY_MAX.into(),
            },
            budgets: Budgets {
                device_codes_per_day: 10,
                source_codes_per_hour: 600,
                account_codes_per_day: 10,
                destination_codes_per_day: 20,
                prefix_codes_per_hour: 10_000,
                codes_per_hour: 10_000,
            },
            accounts: Accounts { identity_number_digits: law::numbers::DIGITS },
            devices: Devices {
                certificate_hours: 72,
                list_hours: 24,
                list_url: None,
                challenge_secs: 120,
                issuer: "eID".to_owned(),
                face_verifiers: None,
            },
            contacts: Contacts { waiting_hours: 24, open_hours: 72 },
            requests: Requests { review_working_days: 1, correction_days: 30 },
            life: LifeWarnings { warning_days: WarningDays::new(vec![60, 30, 7]).unwrap() },
            follow_up: FollowUp { reminder_days: ReminderDays::new(vec![3, 6]).unwrap() },
            notify: Notify { file: "eid-dev/messages.jsonl".into() },
            carriers: Carriers {
                sms: vec![CarrierName::File],
                email: vec![CarrierName::File],
                sms_diacritics: false,
                smpp: [unset_smpp(), unset_smpp()],
                smtp: [unset_smtp(), unset_smtp()],
            },
            chip: Chip::default(),
            watch: Watch { poll_secs: 2, heartbeat_secs: 30, recheck_secs: 10, per_caller: 4 },
            staff: Staff { idle_days: IdleDays::default(), fresh_millis: 1_000 },
            trust: Trust { refresh_secs: 10, expired_signers: true, digest_info_without_null: false },
            observe: Observe { listen: None, otlp: None, traces_per_thousand: 100 },
            log: Log { format: LogFormat::Text, filter: "info".to_owned() },
        }
    );
}

#[test]
fn every_default_is_documented() {
    let lines: Vec<_> = DEFAULTS.lines().collect();
    let settings = lines.windows(2).filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#'));
    let mut count = 0;
    for pair in settings {
        assert!(pair[0].starts_with("# "), "no comment above {:?}", pair[1]);
        count += 1;
    }
    assert_eq!(count, layers::keys().len());
}

#[test]
fn the_effective_settings_list_every_key_and_no_secret() {
    let file = "[store]\nurl = \"postgres://eid:hunter2@db/eid\"\n[limits]\nredis_url_file = \"redis.url\"";
    let config = assemble(file, &[]).unwrap();
    let settings = config.settings();
    let mut listed: Vec<_> = settings.iter().map(|(key, _)| (*key).to_owned()).collect();
    listed.sort();
    assert_eq!(listed, layers::keys());
    let printed = format!("{settings:?} {config:?} {:?}", config.warnings());
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("postgres://…@db/eid") && printed.contains("eid-dev/redis.url"));
}

#[test]
fn faults_of_every_kind_are_reported_in_one_go() {
    let file = r#"
        mode = "production"
        home = "data"
        [server]
        listn = "127.0.0.1:1"
        handshake_secs = "5"
        [store]
        url = "postgres://eid:hunter2@db/eid"
        [codes]
        lifetime_secs = 601
    "#;
    let found = assemble(file, &[("codes.email_lifetime_secs", "86401")]).unwrap_err();
    assert_eq!(found.all().len(), 5, "{found}");
    let told = found.to_string();
    for line in [
        "the configuration has 5 faults:",
        "server.listn (eid.toml): no such setting; [server] has: ",
        "server.handshake_secs (eid.toml): is a text, not a whole number; write digits only, without quotes",
        "store.url (eid.toml): holds a password; put it into a file of yours (chmod 600), and name that in store.url_file",
        "codes.lifetime_secs (eid.toml): is 601, and the law allows 600 at most (NIST SP 800-63A-4 section 3.8); \
         write 60 to 600",
        "codes.email_lifetime_secs (EID__CODES__EMAIL_LIFETIME_SECS): is 86401, and the law allows 86400 at most",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!told.contains("hunter2"));
}

#[test]
fn values_out_of_bounds_are_refused_with_the_bounds() {
    for (file, told) in [
        ("[codes]\nlifetime_secs = 59", "codes.lifetime_secs (eid.toml): is 59, out of bounds; write 60 to 600"),
        ("[codes]\ntries = 6", "codes.tries (eid.toml): is 6, out of bounds; write 1 to 5"),
        ("[codes]\nfailures_per_day = 11", "write 1 to 10"),
        ("[codes]\nfailures_in_row = 101", "write 1 to 100"),
        ("[codes]\nsend_gap_secs = 59", "write 60 to 3600"),
        ("[codes]\nsends_per_day = 6", "write 1 to 5"),
        ("[server]\nmessage_bytes_max = 16777217", "write 65536 to 16777216"),
        ("[server]\nconnections_max = 0", "write 1 to 100000"),
        ("[server]\nconnections_max = 18446744073709551616", "TOML parse error"),
        ("[server]\nlisten = \"localhost:8443\"", "is no IP address with a port"),
        ("[accounts]\nidentity_number_digits = 21", "write 1 to 20"),
        ("mode = \"prod\"", "write \"development\" or \"production\""),
        ("mode = \"production\"", "home (default): is not set; production needs a folder of its own"),
        ("home = \"\"", "home (eid.toml): is empty"),
        ("[vault]\nkeys = \"\"", "vault.keys (eid.toml): is empty; name a file"),
        ("[store]\nurl = \"mysql://db\"", "begin it with sqlite:, postgres://"),
        ("[store]\nurl = \"\"", "store.url (eid.toml): is empty"),
        ("[store]\nurl = \"sqlite::memory:\"", "keeps nothing"),
        ("[store]\nurl = \"postgres://db\"\nurl_file = \"db.url\"", "is set, and so is store.url_file"),
        ("[limits]\nredis_url = \"http://cache\"", "begin it with redis://"),
        ("[registry]\nsource = \"oracle\"", "write \"none\" or \"table\" or \"remote\""),
        ("[registry]\nsource = \"remote\"", "registry.url (default): is no address that is called over TLS"),
        ("[registry]\nurl = \"http://registry:8443\"", "write \"https://HOST:PORT\""),
        ("[registry]\ntotal_secs = 5", "registry.total_secs (eid.toml): is 5, out of bounds; write 1 to 4"),
        ("[registry]\nattempt_secs = 3\ntotal_secs = 2", "is more than registry.total_secs"),
        ("[observe]\nlisten = \"9464\"", "observe.listen (eid.toml): is no IP address with a port"),
        ("[observe]\notlp = \"collector:4317\"", "observe.otlp (eid.toml): is no address of a collector"),
        ("[observe]\ntraces_per_thousand = 1001", "write 0 to 1000"),
        ("[log]\nfilter = \"eid=loud\"", "log.filter (eid.toml): is no log filter"),
        ("[archive]\nkind = \"ftp\"", "write \"local\" or \"s3\""),
        ("[archive]\nfolder = \"\"", "archive.folder (eid.toml): is empty"),
        ("[archive]\nkind = \"s3\"", "archive.endpoint (default): is no address of a bucket; write \"https://HOST\""),
        ("[archive]\nkind = \"s3\"", "archive.bucket (default): is empty; s3 needs one"),
        ("[archive]\nkind = \"s3\"", "archive.access_file (default): is empty; name a file"),
        (
            "mode = \"production\"\nhome = \"x\"\n[archive]\nkind = \"s3\"\nendpoint = \"http://s3\"",
            "archive.endpoint (eid.toml): has no TLS; sensitive data is encrypted on its way (Decree 356/2025 art. 12.4)",
        ),
        ("[log]\nformat = \"xml\"", "write \"text\" or \"json\""),
    ] {
        assert!(faults(file).contains(told), "{file}\n{}", faults(file));
    }
}

#[test]
fn what_is_set_is_what_counts() {
    let file = "[log]\nformat = \"json\"\nfilter = \"warn\"\n[limits]\nredis_url = \"redis://cache\"";
    let config = assemble(file, &[("log.filter", "eid=debug"), ("server.listen", "[::]:9")]).unwrap();
    assert_eq!(config.log, Log { format: LogFormat::Json, filter: "eid=debug".to_owned() });
    assert_eq!(config.server.listen.to_string(), "[::]:9");
    assert_eq!(config.redis_url().unwrap().unwrap().as_str(), "redis://cache");
}

#[test]
fn a_bucket_is_named_by_its_settings_and_its_key_by_a_file() {
    let file =
        "[archive]\nkind = \"s3\"\nendpoint = \"https://s3.example\"\nbucket = \"eid\"\naccess_file = \"s3.key\"";
    let config = assemble(file, &[("archive.authorities", "/etc/ssl/ca.pem")]).unwrap();
    let expected = Archive::S3 {
        endpoint: "https://s3.example".to_owned(),
        bucket: "eid".to_owned(),
        region: "us-east-1".to_owned(),
        access: "eid-dev/s3.key".into(),
        authorities: Some("/etc/ssl/ca.pem".into()),
    };
    assert_eq!(config.archive, expected);
    let settings = config.settings();
    assert!(settings.contains(&("archive.folder", String::new())));
    assert!(settings.contains(&("archive.access_file", "eid-dev/s3.key".to_owned())));
}

#[test]
fn paths_are_relative_to_home_and_a_production_home_to_the_file() {
    let config = assemble("mode = \"production\"\nhome = \"data\"\n[server]\nkey = \"/run/tls.key\"", &[]).unwrap();
    assert_eq!(config.home, Path::new("/etc/eid/data"));
    assert_eq!(config.server.certificate, Path::new("/etc/eid/data/pki/server.pem"));
    assert_eq!(config.server.key, Path::new("/run/tls.key"));
    let config = assemble("home = \"data\"", &[]).unwrap();
    assert_eq!(config.vault.keys, Path::new("data/keys.json"));
}

#[test]
fn a_relative_database_lies_in_home_and_others_are_left_alone() {
    for (url, home, complete) in [
        ("sqlite:eid.sqlite", "eid-dev", "sqlite:eid-dev/eid.sqlite"),
        ("sqlite://eid.sqlite?mode=rw", "/tmp/50%?#", "sqlite:/tmp/50%25%3F%23/eid.sqlite?mode=rw"),
        ("sqlite:///var/eid.sqlite", "eid-dev", "sqlite:///var/eid.sqlite"),
        ("sqlite:/var/eid.sqlite", "eid-dev", "sqlite:/var/eid.sqlite"),
        ("postgres://eid:secret@db/eid", "eid-dev", "postgres://eid:secret@db/eid"),
    ] {
        let config = assemble("", &[("store.url", url), ("home", home)]).unwrap();
        assert_eq!(config.store_url().unwrap().as_str(), complete);
    }
}

#[test]
fn a_url_in_a_file_is_read_when_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db.url");
    let file = "[store]\nurl_file = \"db.url\"";
    let config = assemble(file, &[("home", dir.path().to_str().unwrap())]).unwrap();
    assert!(config.store_url().unwrap_err().to_string().contains("store.url_file: "));
    std::fs::write(&path, "postgres://eid:secret@db/eid\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(config.store_url().unwrap().as_str(), "postgres://eid:secret@db/eid");
}

#[test]
fn a_file_on_disk_is_loaded_and_a_missing_one_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("eid.toml");
    assert!(Config::load(Some(&path)).unwrap_err().to_string().contains("cannot be read"));
    std::fs::write(&path, "mode = \"production\"\nhome = \"data\"").unwrap();
    assert_eq!(Config::load(Some(&path)).unwrap().home, dir.path().join("data"));
}

#[test]
fn risks_are_said_loudly() {
    let said = |file: &str| assemble(file, &[]).unwrap().warnings().join("\n");
    let development = said("");
    assert!(development.contains("Development mode") && development.contains("eid-dev/messages.jsonl"));
    let production = said("mode = \"production\"\nhome = \"/var/lib/eid\"\n[store]\nurl = \"postgres://eid@db/eid\"");
    for risk in
        ["registry.source", "/var/lib/eid/messages.jsonl", "server.reflection", "limits.redis_url_file", "archive.kind"]
    {
        assert!(production.contains(risk), "{production}");
    }
    assert!(!production.contains("Development"));
}

#[test]
fn devices_may_be_held_to_less_and_not_to_more() {
    let file = "[devices]\ncertificate_hours = 169\nlist_hours = 25\nchallenge_secs = 601\n\
                list_url = \"http://crl.example/devices.crl\"\nissuer = \"a:b\"";
    assert_eq!(assemble(file, &[]).unwrap_err().all().len(), 5);
    let file = "[devices]\ncertificate_hours = 1\nlist_url = \"http://crl.example/{authority}.crl\"";
    assert_eq!(assemble(file, &[]).unwrap().devices.certificate_hours, 1);
}
