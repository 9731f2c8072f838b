//! The immigration record from end to end: a table that is imported, and a service that asks another one for it, in memory
//! and over real mutual TLS.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eid::app::Registry;
use eid::config::{Config, RegistrySource, Url};
use eid::domain::audit::Actor;
use eid::domain::ids::EnrolmentId;
use eid::domain::passport::DocumentNumber;
use eid::domain::person::{FullName, NamePart, Sex, StateCode};
use eid::domain::record::{
    Biometrics, Record, RecordKey, RecordedCard, RecordedDocument, RegistryAnswer, ResidenceStatus,
};
use eid::domain::residence::{CardKind, CardSymbol};
use eid::domain::time::{Timestamp, parse_date};
use eid::pki::DevelopmentPki;
use eid::proto as pb;
use eid::proto::registry as rpb;
use eid::proto::registry::lookup_response::Outcome;
use eid::proto::registry::registry_service_client::RegistryServiceClient;
use eid::registry::{self, Patience, RegistryFault, Remote, Target};
use eid::server::{self, Started};
use eid::sys::{Clock, Dice};
use tempfile::TempDir;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt as _;

use crate::support::database::{Database, on_postgres};
use crate::support::process::Site;
use crate::support::service::{Service, Wishes, reason, with_wishes};

/// More than any test needs: nothing here waits for time to pass.
const PATIENCE: Patience = Patience { attempt: Duration::from_secs(30), total: Duration::from_mins(1) };

fn table() -> Wishes {
    Wishes { registry: Registry::Table, ..Wishes::default() }
}

fn asking(channel: Channel, clock: Clock) -> Wishes {
    let remote = Remote::new(channel, PATIENCE, clock, Dice::seeded(7));
    Wishes { registry: Registry::Remote(Box::new(remote)), ..Wishes::default() }
}

/// The record of someone about whom everything was typed as it is.
pub fn record_of(application: &pb::Application) -> Record {
    let (person, passport) = (application.person.as_ref().unwrap(), application.passport.as_ref().unwrap());
    let card = application.residence_card.as_ref().unwrap();
    let day = |text: &str| parse_date(text).unwrap();
    let number = |text: &str| DocumentNumber::parse(text).unwrap();
    Record {
        name: FullName::new(NamePart::parse(&person.family_name).ok(), NamePart::parse(&person.given_names).ok())
            .unwrap(),
        born_on: day(&person.date_of_birth),
        sex: match person.sex() {
            pb::Sex::Female => Sex::Female,
            pb::Sex::Male => Sex::Male,
            _ => Sex::X,
        },
        nationality: StateCode::parse(&person.nationality).unwrap(),
        document: Some(RecordedDocument {
            number: number(&passport.number),
            issuing_state: StateCode::parse(&passport.issuing_state).unwrap(),
            issued_on: day(&passport.issued_on),
            expires_on: day(&passport.expires_on),
        }),
        card: RecordedCard {
            kind: match card.kind() {
                pb::ResidenceCardKind::Permanent => CardKind::Permanent,
                _ => CardKind::Temporary(CardSymbol::parse(&card.symbol).unwrap()),
            },
            number: number(&card.number),
            issued_on: day(&card.issued_on),
            expires_on: day(&card.expires_on),
        },
        status: ResidenceStatus::Issued,
        biometrics: Biometrics { face: true, fingerprints: false },
        recorded_at: Timestamp::from_micros(1_790_000_000_000_000),
    }
}

pub async fn import(service: &Service, records: &[Record]) {
    let app = service.app();
    let (imported, _) = app.import_records(Actor::Console, app.new_import(), records).await.unwrap();
    assert_eq!(imported.written, records.len() as u64);
}

/// What Check says of the immigration record.
async fn checked(service: &Service, application: &pb::Application) -> Vec<pb::Finding> {
    let request = pb::CheckRequest { application: Some(application.clone()), ..Default::default() };
    let answer = service.officer().check(request).await.unwrap().into_inner();
    answer.findings.into_iter().filter(|finding| finding.rule.starts_with("registry.")).collect()
}

fn rules(findings: &[pb::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

async fn on_file(service: &Service, enrolment: &str) -> Option<Biometrics> {
    let id = EnrolmentId::parse(enrolment).unwrap();
    service.app().store().reader().await.unwrap().enrolment(id).await.unwrap().unwrap().enrolment.biometrics_on_file
}

#[tokio::test]
async fn an_applicant_whom_the_table_knows_is_compared_and_what_is_on_file_is_kept() {
    with_wishes(table(), async |service| {
        let application = service.applicant().await.application;
        let record = record_of(&application);
        import(service, std::slice::from_ref(&record)).await;
        assert_eq!(checked(service, &application).await, []);
        let enrolment = service.submitted(&application).await;
        assert_eq!(on_file(service, &enrolment).await, Some(record.biometrics));

        let another = service.applicant().await.application;
        let mut record = record_of(&another);
        (record.status, record.card.expires_on) = (ResidenceStatus::Extended, parse_date("2039-12-31").unwrap());
        record.nationality = StateCode::parse("UNO").unwrap();
        import(service, &[record]).await;
        let findings = checked(service, &another).await;
        assert_eq!(rules(&findings), ["registry.differs", "registry.card-extended"]);
        assert_eq!(findings[0].sources[1].value, "UNO");
        assert_eq!((findings[1].suggestion.as_str(), findings[1].severity()), ("2039-12-31", pb::Severity::Note));
    })
    .await;
}

#[tokio::test]
async fn an_applicant_whom_the_table_does_not_know_is_referred() {
    with_wishes(table(), async |service| {
        let (known, unknown) = (service.applicant().await.application, service.applicant().await.application);
        import(service, &[record_of(&known)]).await;
        let findings = checked(service, &unknown).await;
        assert_eq!((rules(&findings), findings[0].severity()), (vec!["registry.not-found"], pb::Severity::Refer));
        let enrolment = service.submitted(&unknown).await;
        assert_eq!(on_file(service, &enrolment).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_card_that_was_cancelled_keeps_the_request_out() {
    with_wishes(table(), async |service| {
        let application = service.applicant().await.application;
        import(service, &[Record { status: ResidenceStatus::Cancelled, ..record_of(&application) }]).await;
        assert_eq!(rules(&checked(service, &application).await), ["registry.card-cancelled"]);
        let answer = service.submit(&application).await.unwrap().outcome;
        assert!(matches!(answer, Some(pb::submit_response::Outcome::NotAccepted(_))));
    })
    .await;
}

#[tokio::test]
async fn a_holder_whose_card_is_new_is_found_by_the_passport() {
    with_wishes(table(), async |service| {
        let application = service.applicant().await.application;
        let mut record = record_of(&application);
        record.card.number = DocumentNumber::parse("EARLIER1").unwrap();
        import(service, &[record]).await;
        assert_eq!(rules(&checked(service, &application).await), ["registry.card-differs"]);
    })
    .await;
}

#[tokio::test]
async fn a_table_that_was_never_filled_says_nothing_about_anybody() {
    with_wishes(table(), async |service| {
        let application = service.applicant().await.application;
        assert_eq!(rules(&checked(service, &application).await), ["registry.unreachable"]);
    })
    .await;
}

#[tokio::test]
async fn where_no_source_is_set_nothing_is_found_and_the_request_goes_on() {
    with_wishes(Wishes::default(), async |service| {
        let application = service.applicant().await.application;
        assert_eq!(checked(service, &application).await, []);
        service.submitted(&application).await;
    })
    .await;
}

#[tokio::test]
async fn one_service_asks_another_and_every_look_is_recorded_there() {
    with_wishes(table(), async |keeper| {
        let (known, unknown) = (keeper.applicant().await.application, keeper.applicant().await.application);
        import(keeper, &[record_of(&known)]).await;
        let channel = keeper.bare_channel(Some("registry_reader"));
        with_wishes(asking(channel, Clock::stopped(keeper.now())), async |office| {
            assert_eq!(checked(office, &known).await, []);
            assert_eq!(rules(&checked(office, &unknown).await), ["registry.not-found"]);
            let enrolment = office.submitted(&known).await;
            assert!(on_file(office, &enrolment).await.unwrap().face);
        })
        .await;
        let reader =
            keeper.app().caller(&crate::support::service::certificate("registry_reader")).await.unwrap().unwrap();
        let looks = keeper.audit(&reader.id().to_string()).await;
        let looks: Vec<_> = looks.iter().filter(|entry| entry["action"] == "record.viewed").collect();
        assert_eq!(looks.len(), 1, "a look that found nobody has the looker as its subject");
        assert!(!looks[0].to_string().contains(&unknown.passport.unwrap().number));
    })
    .await;
}

#[tokio::test]
async fn the_lookup_finds_by_either_key_and_says_which_field_cannot_be_read() {
    with_wishes(table(), async |service| {
        let application = service.applicant().await.application;
        let record = record_of(&application);
        import(service, std::slice::from_ref(&record)).await;
        let mut client = RegistryServiceClient::new(service.channel(Some("registry_reader")));
        let card = rpb::CardKey {
            kind: match record.card.kind {
                CardKind::Permanent => rpb::CardKind::Permanent.into(),
                CardKind::Temporary(_) => rpb::CardKind::Temporary.into(),
            },
            number: record.card.number.as_str().to_owned(),
        };
        let passport = application.passport.unwrap();
        let document = rpb::DocumentKey { issuing_state: passport.issuing_state, number: passport.number };
        let mut keys = vec![
            rpb::LookupRequest { card: Some(card.clone()), document: None },
            rpb::LookupRequest { card: None, document: Some(document.clone()) },
            rpb::LookupRequest {
                card: Some(rpb::CardKey { number: "UNKNOWN1".into(), ..card.clone() }),
                document: Some(document.clone()),
            },
        ];
        for key in keys.drain(..) {
            let answer = client.lookup(key).await.unwrap().into_inner().outcome;
            assert!(matches!(answer, Some(Outcome::Found(found)) if found.face_on_file && !found.fingerprints_on_file));
        }
        for (wrong, field) in [
            (rpb::LookupRequest::default(), "card"),
            (rpb::LookupRequest { card: Some(rpb::CardKey { kind: 0, ..card }), document: None }, "card.kind"),
            (
                rpb::LookupRequest {
                    card: None,
                    document: Some(rpb::DocumentKey { issuing_state: "ZZZ".into(), ..document }),
                },
                "document.issuing_state",
            ),
        ] {
            let refused = client.lookup(wrong).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "INVALID_FIELDS"));
            assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
        }
    })
    .await;
}

#[tokio::test]
async fn a_service_that_keeps_no_records_says_so_instead_of_not_found() {
    for wishes in [table(), Wishes::default()] {
        with_wishes(wishes, async |service| {
            let mut client = RegistryServiceClient::new(service.channel(Some("registry_reader")));
            let card = rpb::CardKey { kind: rpb::CardKind::Permanent.into(), number: "X1".into() };
            let refused = client.lookup(rpb::LookupRequest { card: Some(card), document: None }).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTRY_NOT_SERVED"));
        })
        .await;
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_refers_and_loses_no_request() {
    let nowhere = tower::service_fn(|_| async {
        Err::<hyper_util::rt::TokioIo<tokio::io::DuplexStream>, _>(std::io::Error::other("no route"))
    });
    let channel = Endpoint::from_static("http://memory.invalid").connect_with_connector_lazy(nowhere);
    with_wishes(asking(channel, Clock::System), async |service| {
        let application = service.applicant().await.application;
        assert_eq!(rules(&checked(service, &application).await), ["registry.unreachable"]);
        let enrolment = service.submitted(&application).await;
        assert_eq!(on_file(service, &enrolment).await, None);
    })
    .await;
}

/// A service with a table, at a real port.
struct Keeper {
    started: Started,
    pki: DevelopmentPki,
    _home: TempDir,
    _database: Option<Database>,
}

impl Keeper {
    async fn start(records: &[Record]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let database = if on_postgres() { Some(Database::bare().await) } else { None };
        let mut config = Config::development(home.path()).unwrap();
        config.server.listen.set_port(0);
        config.registry.source = RegistrySource::Table;
        if let Some(database) = &database {
            config.store.url = Url::Plain(database.url().to_owned());
        }
        let (clock, dice) = (Clock::System, Dice::system());
        let pki = server::prepare(&config, &clock, &dice).unwrap().unwrap().pki;
        let app = server::open(&config, clock, dice).await.unwrap();
        app.store().migrate().await.unwrap();
        server::register_practice_staff(&app, &pki).await.unwrap();
        app.import_records(Actor::Console, app.new_import(), records).await.unwrap();
        let started = server::start(&config, app).await.unwrap();
        Self { started, pki, _home: home, _database: database }
    }

    /// Asks it with that caller's certificate, trusting that authority.
    async fn ask(&self, pki: &DevelopmentPki, stem: &str, ca: PathBuf, key: &RecordKey) -> RegistryAnswer {
        let read = |path: &Path| std::fs::read(path).unwrap();
        let channel = registry::channel(&Target {
            url: &format!("https://localhost:{}", self.started.address().port()),
            ca: &read(&ca),
            certificate: &read(&pki.cert_path(stem)),
            key: &read(&pki.key_path(stem)),
            connect_time: PATIENCE.attempt,
        });
        Remote::new(channel.unwrap(), PATIENCE, Clock::System, Dice::system()).look_up(key).await
    }

    async fn stop(self) {
        self.started.until(std::future::ready(())).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_real_tls_a_known_reader_is_answered_and_any_other_certificate_is_not() {
    let mut people = eid::practice::Generator::new(5, Clock::System.now());
    let record = record_of(&people.applicant().application);
    let keeper = Keeper::start(std::slice::from_ref(&record)).await;
    let key = RecordKey { card: Some((record.card.kind.name(), record.card.number.clone())), document: None };
    let absent =
        RecordKey { card: Some((RecordKey::PERMANENT, DocumentNumber::parse("NONE1").unwrap())), document: None };
    let (ours, ca) = (&keeper.pki, keeper.pki.server_ca_path());
    assert_eq!(
        keeper.ask(ours, "registry-reader", ca.clone(), &key).await,
        RegistryAnswer::Found(Box::new(record.clone()))
    );
    assert_eq!(keeper.ask(ours, "registry-reader", ca.clone(), &absent).await, RegistryAnswer::NotFound);
    assert_eq!(keeper.ask(ours, "officer-79-01", ca.clone(), &key).await, RegistryAnswer::Unreachable, "another role");

    let folder = tempfile::tempdir().unwrap();
    let strange = eid::pki::develop(&folder.path().join("pki"), Clock::System.now()).unwrap();
    assert_eq!(
        keeper.ask(&strange, "registry-reader", ca, &key).await,
        RegistryAnswer::Unreachable,
        "another client CA"
    );
    let deceived = keeper.ask(ours, "registry-reader", strange.server_ca_path(), &key).await;
    assert_eq!(deceived, RegistryAnswer::Unreachable, "another server CA");
    keeper.stop().await;
}

#[tokio::test]
async fn a_connection_that_could_never_be_made_is_refused_at_start_and_no_file_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let pki = eid::pki::develop(&folder.path().join("pki"), Clock::System.now()).unwrap();
    let read = |path: PathBuf| std::fs::read(path).unwrap();
    let (ca, certificate, key) =
        (read(pki.server_ca_path()), read(pki.cert_path("registry-reader")), read(pki.key_path("registry-reader")));
    let other = read(pki.key_path("auditor"));
    let target = Target {
        url: "https://localhost:1",
        ca: &ca,
        certificate: &certificate,
        key: &key,
        connect_time: PATIENCE.attempt,
    };
    assert!(registry::channel(&target).is_ok(), "nothing is dialled");
    for url in ["http://localhost:1", "localhost:1", "https://", ""] {
        assert!(matches!(registry::channel(&Target { url, ..target }), Err(RegistryFault::Url)), "{url}");
    }
    for wrong in [
        Target { ca: b"none", ..target },
        Target { ca: &key, ..target },
        Target { certificate: &key, ..target },
        Target { key: &certificate, ..target },
        Target { key: &other, ..target },
    ] {
        let fault = registry::channel(&wrong).expect_err("it cannot be used");
        assert!(!format!("{fault} {fault:?}").contains("MIG"), "{fault}");
    }
}

const HEADER: &str = "family_name,given_names,date_of_birth,sex,nationality,document_state,document_number,document_issued_on,\
                      document_expires_on,card_kind,card_symbol,card_number,card_issued_on,card_expires_on,status,\
                      face_on_file,fingerprints_on_file,recorded_at";

fn line(card: &str, recorded_at: &str) -> String {
    format!(
        "Eriksson,Anna Maria,1974-08-12,F,UTO,UTO,L898902C3,2020-04-16,2030-04-15,temporary,LĐ2,{card},2025-01-01,\
         2026-12-31,issued,yes,no,{recorded_at}"
    )
}

/// A place with keys and a schema, to import into.
struct Desk {
    site: Site,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::new().await;
        let keys = site.home().join("keys.json");
        site.run(&["keys", "new", keys.to_str().unwrap()]).await.unwrap();
        site.run(&["migrate"]).await.unwrap();
        Self { site }
    }

    fn file(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.site.home().join("records.csv");
        std::fs::write(&path, text).unwrap();
        path
    }

    async fn import(&self, path: &Path) -> Result<String, String> {
        self.site.run(&["registry", "import", path.to_str().unwrap()]).await
    }

    fn rejected(&self) -> PathBuf {
        self.site.home().join("records.rejected.csv")
    }
}

#[tokio::test]
async fn a_file_from_a_spreadsheet_is_imported_and_a_second_time_changes_nothing() {
    let desk = Desk::new().await;
    let quoted = line("NC1", "2026-01-01T00:00:00Z").replace("Anna Maria", "\"Anna, Maria\"");
    let text = format!("\u{feff}{HEADER}\r\n{quoted}\r\n{}\r\n,,,\r\n", line("NC2", "2026-01-01T00:00:00Z"));
    let path = desk.file(text);
    let said = desk.import(&path).await.unwrap();
    assert!(said.contains("2 records new or later, 0 unchanged") && said.contains("registry.source"), "{said}");
    assert!(desk.import(&path).await.unwrap().contains("0 records new or later, 2 unchanged"));
    assert!(!desk.rejected().exists());
}

#[tokio::test]
async fn of_one_card_twice_the_later_record_counts_wherever_it_stands() {
    let desk = Desk::new().await;
    let (early, late) = (line("NC1", "2026-01-01T00:00:00Z"), line("NC1", "2026-02-01T00:00:00+07:00"));
    let path = desk.file(format!("{HEADER}\n{late}\n{early}\n"));
    assert!(desk.import(&path).await.unwrap().contains("1 records new or later, 1 unchanged"));
    let path = desk.file(format!("{HEADER}\n{early}\n"));
    assert!(desk.import(&path).await.unwrap().contains("0 records new or later, 1 unchanged"));
    let path = desk.file(format!("{HEADER}\n{}\n", line("NC1", "2026-03-01T00:00:00Z")));
    assert!(desk.import(&path).await.unwrap().contains("1 records new or later, 0 unchanged"));
}

#[tokio::test]
async fn a_bad_line_is_told_with_its_number_and_kept_for_its_owner_alone() {
    let desk = Desk::new().await;
    let good = line("NC1", "2026-01-01T00:00:00Z");
    let bad = [
        line("NC2", "2026-01-01T00:00:00Z").replace("1974-08-12", "1974-02-30"),
        line("NC3", "2026-01-01T00:00:00Z").replace("Eriksson", "\"Eriksson"),
        format!("Eriksson{}", "x".repeat(1 << 20)),
    ];
    let path = desk.file(format!("{HEADER}\n{}\n{good}\n{}\n{}\n", bad[0], bad[1], bad[2]));
    let said = desk.import(&path).await.unwrap_err();
    assert!(said.contains("1 records new or later"), "one bad line costs only itself: {said}");
    for told in ["line 2: date_of_birth: Not a day", "line 4: A quote is not closed", "line 5: The line is longer"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.contains("Eriksson") && !said.contains("L898902C3"), "{said}");
    let kept = std::fs::read_to_string(desk.rejected()).unwrap();
    assert_eq!(kept, format!("{HEADER}\n{}\n{}\n{}\n", bad[0], bad[1], bad[2]));
    assert_eq!(std::fs::metadata(desk.rejected()).unwrap().permissions().mode() & 0o777, 0o600);

    let mended = kept.lines().take(2).collect::<Vec<_>>().join("\n").replace("1974-02-30", "1974-03-02");
    std::fs::write(desk.rejected(), mended).unwrap();
    assert!(desk.import(&desk.rejected()).await.unwrap().contains("1 records new or later"));
}

#[tokio::test]
async fn lines_that_an_earlier_import_did_not_take_are_kept_under_a_number() {
    let desk = Desk::new().await;
    let bad = |day: &str| line("NC1", "2026-01-01T00:00:00Z").replace("1974-08-12", day);
    let former = desk.site.home().join("records.rejected.1.csv");
    let kept = |path: &Path| std::fs::read_to_string(path).unwrap();
    desk.import(&desk.file(format!("{HEADER}\n{}\n", bad("1974-02-30")))).await.unwrap_err();
    let path = desk.file(format!("{HEADER}\n{}\n", bad("1974-02-31")));
    let away = desk.site.home().join("none.toml");
    let import = ["registry", "import", path.to_str().unwrap(), "--config", away.to_str().unwrap()];
    assert!(desk.site.run(&import).await.is_err(), "no settings");
    assert!(kept(&desk.rejected()).contains("1974-02-30"), "an import that did not begin moves nothing");
    assert!(desk.import(&path).await.unwrap_err().contains("records.rejected.1.csv"));
    assert!(kept(&former).contains("1974-02-30") && kept(&desk.rejected()).contains("1974-02-31"));
    desk.import(&desk.file(format!("{HEADER}\n"))).await.unwrap();
    assert!(!desk.rejected().exists() && former.exists(), "what a clean import leaves is no list of lines to correct");
}

#[tokio::test]
async fn a_file_that_is_empty_or_does_not_name_its_columns_is_refused_whole() {
    let desk = Desk::new().await;
    let without = HEADER.replace(",card_number", "");
    for (text, told) in [
        (String::new(), "is empty"),
        (format!("{without}\n{}", line("NC1", "2026-01-01T00:00:00Z")), "these columns are missing: card_number"),
        (format!("{HEADER},status\n"), "the column status stands there twice"),
        (line("NC1", "2026-01-01T00:00:00Z"), "these columns are missing: family_name"),
    ] {
        let said = desk.import(&desk.file(text)).await.unwrap_err();
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(desk.import(&desk.site.home().join("none.csv")).await.unwrap_err().contains("cannot read"));
    assert!(desk.import(&desk.file(format!("{HEADER}\n"))).await.unwrap().contains("0 records"));
}
