//! Messages by carriers of others: a message centre and a mail server that the tests start and order about.

use std::collections::HashSet;
use std::time::Duration;

use eid::app::{App, Parts, Registry};
use eid::archive::Archive;
use eid::config::{self, CarrierName, Config, Place as ConfigPlace};
use eid::domain::application::Language;
use eid::domain::code::Code;
use eid::domain::contact::{Contact, ContactKind, Email, Phone};
use eid::domain::ids::{AccountId, MessageId};
use eid::domain::message::{CodeText, MessageContent, NoticeText};
use eid::domain::time::Timestamp;
use eid::limits::Limits;
use eid::notify::{self, Carriers, FileCarrier, Provider, Smpp, SmppSettings, Smtp, SmtpSettings, SmtpTls};
use eid::server;
use eid::store::{Change, SealedMessage, Unit};
use eid::sys::{Clock, Dice};
use eid::vault::{KeyRing, Place, Vault};
use futures::future::join_all;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::support::carriers::{Carrier, Certificate};
use crate::support::database::Database;
use crate::support::process::Site;
use crate::support::records::{NOW, Records, received};

/// The use cases over carriers, with one account and the work of the lines under way.
struct Scene {
    app: App,
    vault: Vault,
    clock: Clock,
    make: Records,
    account: AccountId,
    stop: CancellationToken,
    lines: JoinHandle<()>,
    reports: JoinHandle<()>,
    _database: Database,
    _folder: TempDir,
}

impl Scene {
    async fn new(carriers: Carriers) -> Self {
        let (database, folder, make) = (Database::fresh().await, tempfile::tempdir().unwrap(), Records::new());
        let (clock, dice) = (Clock::stopped(NOW), Dice::seeded(9));
        let ring = KeyRing::generate(&dice);
        let [vault, own] = [(); 2].map(|()| Vault::new(&ring, dice.clone()).unwrap());
        let app = App::new(Parts {
            store: database.store(),
            archive: Archive::local(&folder.path().join("captures"), &own.namespace()).unwrap(),
            vault: own,
            carriers,
            limits: Limits::memory(clock.clone()),
            bells: eid::bells::Bells::Alone,
            registry: Registry::None,
            clock: clock.clone(),
            dice,
            settings: server::settings(&Config::development(folder.path()).unwrap()),
        });
        let account = account(&app, &make).await;
        let stop = CancellationToken::new();
        let lines = tokio::spawn({
            let (app, stop) = (app.clone(), stop.clone());
            async move { app.keep_lines(&stop).await }
        });
        let reports = tokio::spawn({
            let app = app.clone();
            async move {
                loop {
                    let report = app.next_report().await;
                    app.keep_report(report).await.unwrap();
                }
            }
        });
        Self { app, vault, clock, make, account, stop, lines, reports, _database: database, _folder: folder }
    }

    async fn send(&self, to: Contact, language: Language, notice: NoticeText, until: Option<Timestamp>) -> MessageId {
        let content = MessageContent { to, language, notice };
        let message = sealed(&self.vault, MessageId::new(self.make.id()), self.account, &content, until);
        let id = message.id;
        self.commit([Change::Send(message)]).await;
        id
    }

    async fn notice(&self, notice: NoticeText) -> MessageId {
        self.send(phone(), Language::En, notice, None).await
    }

    async fn commit(&self, changes: impl IntoIterator<Item = Change>) {
        let unit = Unit::new(self.make.entry(self.clock.now(), Uuid::nil())).with_all(changes);
        self.app.store().commit(unit).await.unwrap();
    }

    /// Sends what is due, once.
    async fn deliver(&self) -> usize {
        self.app.deliver_due().await.unwrap()
    }

    /// Sends what is due after the longest wait.
    async fn deliver_later(&self) {
        self.clock.advance(Duration::from_mins(6));
        self.deliver().await;
    }

    /// What became of the attempts so far: by whom, and what.
    async fn attempts(&self, id: MessageId) -> Vec<(String, String)> {
        let attempts = self.app.attempts(id).await.unwrap();
        attempts.into_iter().map(|attempt| (attempt.carrier.unwrap_or_default(), attempt.outcome)).collect()
    }

    async fn failed(&self) -> Vec<(MessageId, String)> {
        let listed = self.app.list_outbox(true, None).await.unwrap();
        listed.into_iter().map(|message| (message.id, message.reason)).collect()
    }

    /// How often this was done: about the account, or about nothing known yet.
    async fn actions(&self, action: &str) -> usize {
        let mut count = 0;
        for subject in [self.account.uuid(), Uuid::nil()] {
            let entries = self.app.store().reader().await.unwrap().audit_of(subject).await.unwrap();
            let entries = entries.iter().map(|(canonical, _)| serde_json::from_slice::<Value>(canonical).unwrap());
            count += entries.filter(|entry| entry["action"] == action).count();
        }
        count
    }

    async fn notice_delivered_at(&self) -> Option<Timestamp> {
        let stored = self.app.store().reader().await.unwrap().account(self.account).await.unwrap().unwrap();
        stored.account.notice.delivered_at
    }

    async fn end(self) {
        self.stop.cancel();
        self.lines.await.unwrap();
        self.reports.abort();
        self.app.store().clone().close().await;
    }
}

async fn account(app: &App, make: &Records) -> AccountId {
    let officer = make.staff(eid::domain::staff::Role::Officer);
    let enrolment = make.enrolment(officer.id);
    let stored = make.account(enrolment.enrolment.id);
    let account = stored.account.id;
    let unit = Unit::new(make.entry(NOW, Uuid::nil()))
        .with(Change::NewStaff(Box::new(officer)))
        .with(Change::NewEnrolment(Box::new(enrolment.clone()), received(&enrolment)))
        .with(Change::NewAccount(Box::new(stored)));
    app.store().commit(unit).await.unwrap();
    account
}

fn sealed(
    vault: &Vault,
    id: MessageId,
    account: AccountId,
    content: &MessageContent,
    useful_until: Option<Timestamp>,
) -> SealedMessage {
    let place = Place { table: "outbox", column: "content", row: id.uuid() };
    let kind = content.notice.kind();
    let content = vault.seal(place, &serde_json::to_vec(content).unwrap()).unwrap();
    SealedMessage { id, account, kind, content, useful_until }
}

fn phone() -> Contact {
    Contact::Phone(Phone::parse("0912345678").unwrap())
}

fn email(local: &str) -> Contact {
    Contact::Email(Email::parse(&format!("{local}@example.net")).unwrap())
}

fn smpp(name: &'static str, centre: &Carrier, authorities: Option<Vec<u8>>) -> Provider {
    let settings = SmppSettings {
        name,
        host: "localhost".to_owned(),
        port: centre.port,
        tls: authorities.is_some(),
        authorities,
        system_id: "eid".to_owned(),
        password: Zeroizing::new("secret12".to_owned()),
        from: "VNeID".to_owned(),
        window: 10,
        enquire: Duration::from_secs(30),
    };
    let smpp = Smpp::new(&settings, Dice::seeded(3)).unwrap();
    Provider { name, carrier: notify::Carrier::Smpp(Box::new(smpp)) }
}

fn smtp(server: &Carrier, certificate: &Certificate) -> Carriers {
    let settings = SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port,
        tls: SmtpTls::StartTls,
        authorities: Some(certificate.authorities.clone()),
        login: None,
        from: "VNeID <eid@example.org>".to_owned(),
    };
    let smtp = Smtp::new(&settings).unwrap();
    Carriers::new(Vec::new(), vec![Provider { name: "smtp", carrier: notify::Carrier::Smtp(Box::new(smtp)) }], false)
}

/// A message centre and the use cases over it; `None` if the pass has no such program.
async fn over_one() -> Option<(Carrier, Scene)> {
    let centre = Carrier::message_centre(None).await?;
    let carriers = Carriers::new(vec![smpp("smpp", &centre, None)], Vec::new(), false);
    Some((centre, Scene::new(carriers).await))
}

fn hex(id: MessageId) -> String {
    hex::encode(id.bytes())
}

fn code() -> CodeText {
    CodeText(Code::numbered(123_456))
}

#[tokio::test]
async fn texts_reach_the_phone_as_they_were_written_in_every_language() {
    let Some((mut centre, scene)) = over_one().await else { return };
    for (language, begins, coding) in [
        (Language::Vi, "Ho so dang ky tai khoan dinh danh", 0),
        (Language::En, "Your request for a level-2 electronic", 0),
        (Language::Zh, "您的二级电子身份账户申请已获批准", 8),
        (Language::Ko, "2단계 전자신분 계정 신청이 승인되었습니다", 8),
        (Language::Ja, "レベル2電子身分アカウントの申請が承認", 8),
    ] {
        let id = scene.send(phone(), language, NoticeText::AccountIssued, None).await;
        assert_eq!(scene.deliver().await, 1);
        let got = centre.next("submitted").await;
        assert_eq!(
            (&got["submitted"], &got["to"], &got["from"]),
            (&hex(id).into(), &"84912345678".into(), &"VNeID".into())
        );
        assert!(got["text"].as_str().unwrap().starts_with(begins), "{got}");
        assert_eq!((&got["coding"], &got["part"]), (&coding.into(), &Value::Null));
        assert_eq!(scene.attempts(id).await, [("smpp".to_owned(), "accepted".to_owned())]);
    }
    scene.end().await;
}

#[tokio::test]
async fn a_long_text_arrives_in_parts_that_the_phone_can_join_and_arrived_when_all_of_them_have() {
    let Some(mut centre) = Carrier::message_centre(None).await else { return };
    let scene = Scene::new(Carriers::new(vec![smpp("smpp", &centre, None)], Vec::new(), true)).await;
    centre.order("receipts 1 DELIVRD").await;
    let id = scene.send(phone(), Language::Vi, NoticeText::AccountIssued, None).await;
    scene.deliver().await;
    let parts: Vec<_> =
        [centre.next("submitted").await, centre.next("submitted").await, centre.next("submitted").await].into();
    let text: String = parts.iter().map(|part| part["text"].as_str().unwrap()).collect();
    assert!(text.starts_with("Hồ sơ đăng ký") && text.ends_with("19000368."), "{text}");
    let number = |part: &Value| (part["part"][1].as_u64().unwrap(), part["part"][2].as_u64().unwrap());
    assert_eq!(parts.iter().map(number).collect::<Vec<_>>(), [(3, 1), (3, 2), (3, 3)]);
    assert!(parts.iter().all(|part| part["submitted"] == hex(id) && part["part"][0] == parts[0]["part"][0]));
    for _ in &parts {
        assert_eq!(centre.next("reported").await["status"], 0);
    }
    assert_eq!(scene.notice_delivered_at().await, Some(scene.clock.now()));
    assert_eq!(scene.actions("message.arrived").await, 3);
    scene.end().await;
}

#[tokio::test]
async fn a_code_is_of_use_to_the_carrier_no_longer_than_to_its_holder() {
    let Some((mut centre, scene)) = over_one().await else { return };
    let until = scene.clock.now().plus(Duration::from_mins(3));
    scene.send(phone(), Language::En, NoticeText::ActivationCode(code()), Some(until)).await;
    scene.deliver().await;
    let got = centre.next("submitted").await;
    assert!(got["text"].as_str().unwrap().starts_with("123456 is the code"), "{got}");
    assert!(!got["validity"].is_null());
    scene.end().await;
}

#[tokio::test]
async fn a_report_that_is_repeated_changes_nothing() {
    let Some((mut centre, scene)) = over_one().await else { return };
    centre.order("receipts 3 DELIVRD").await;
    scene.notice(NoticeText::AccountIssued).await;
    scene.deliver().await;
    let mut reported = Vec::new();
    for _ in 0..3 {
        reported.push(centre.next("reported").await["status"].clone());
        scene.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(reported, [0, 0, 0], "the carrier is told that they are kept");
    assert!(scene.notice_delivered_at().await.is_some());
    assert_eq!(scene.actions("message.arrived").await, 1);
    scene.end().await;
}

#[tokio::test]
async fn what_never_arrives_waits_for_a_person_who_has_it_tried_again_or_lets_it_be() {
    let Some((mut centre, scene)) = over_one().await else { return };
    centre.order("receipts 1 UNDELIV").await;
    let (first, second) =
        (scene.notice(NoticeText::AccountIssued).await, scene.notice(NoticeText::AccountActivated).await);
    scene.deliver().await;
    for _ in 0..2 {
        centre.next("reported").await;
    }
    assert_eq!(scene.failed().await, [(first, "undelivered".to_owned()), (second, "undelivered".to_owned())]);
    assert_eq!(scene.notice_delivered_at().await, None);
    assert!(scene.app.give_up_message(second).await.unwrap());
    assert!(!scene.app.give_up_message(second).await.unwrap() && !scene.app.retry_message(second).await.unwrap());

    centre.order("receipts 1 DELIVRD").await;
    assert!(scene.app.retry_message(first).await.unwrap());
    scene.deliver().await;
    assert_eq!(centre.next("reported").await["status"], 0);
    assert!(scene.failed().await.is_empty());
    assert!(scene.notice_delivered_at().await.is_some());
    assert_eq!((scene.actions("message.retried").await, scene.actions("message.given-up").await), (1, 1));
    scene.end().await;
}

#[tokio::test]
async fn a_centre_that_takes_a_message_and_drops_the_line_gets_it_again_under_the_same_id() {
    let Some((mut centre, scene)) = over_one().await else { return };
    centre.order("drop 1").await;
    let id = scene.notice(NoticeText::AccountIssued).await;
    scene.deliver().await;
    assert_eq!(scene.attempts(id).await, [("smpp".to_owned(), "carrier".to_owned())]);
    // The line comes back by itself: the first bind was told before, this is the second.
    while centre.heard("bound").len() < 2 {
        centre.next("bound").await;
    }
    scene.deliver_later().await;
    let taken = |carrier: &Carrier| carrier.heard("submitted").iter().filter(|got| got["submitted"] == hex(id)).count();
    while taken(&centre) < 2 {
        centre.next("submitted").await;
    }
    assert_eq!(scene.attempts(id).await.last().unwrap().1, "accepted");
    scene.end().await;
}

#[tokio::test]
async fn a_throttled_message_waits_to_be_tried_again() {
    let Some((mut centre, scene)) = over_one().await else { return };
    centre.order("throttle 1").await;
    let id = scene.notice(NoticeText::AccountIssued).await;
    scene.deliver().await;
    assert_eq!(scene.attempts(id).await, [("smpp".to_owned(), "throttled".to_owned())]);
    let waiting = scene.app.list_outbox(false, None).await.unwrap();
    assert_eq!((waiting[0].id, waiting[0].attempts, waiting[0].reason.as_str()), (id, 1, "throttled"));
    scene.end().await;
}

#[tokio::test]
async fn a_message_rejected_for_its_number_waits_for_a_person() {
    let Some((mut centre, scene)) = over_one().await else { return };
    centre.order("reject 1").await;
    let id = scene.notice(NoticeText::AccountActivated).await;
    scene.deliver().await;
    assert_eq!(scene.failed().await, [(id, "rejected".to_owned())]);
    assert_eq!(scene.actions("message.failed").await, 1);
    scene.end().await;
}

#[tokio::test]
async fn a_message_that_the_first_provider_does_not_take_goes_to_the_second() {
    let Some(mut first) = Carrier::message_centre(None).await else { return };
    let mut second = Carrier::message_centre(None).await.unwrap();
    let providers = vec![smpp("smpp", &first, None), smpp("smpp_backup", &second, None)];
    let scene = Scene::new(Carriers::new(providers, Vec::new(), false)).await;
    first.order("throttle 1").await;
    let id = scene.notice(NoticeText::AccountIssued).await;
    scene.deliver().await;
    scene.deliver_later().await;
    let expected = [("smpp", "throttled"), ("smpp_backup", "accepted")];
    assert_eq!(scene.attempts(id).await, expected.map(|(by, what)| (by.to_owned(), what.to_owned())));
    assert_eq!(second.next("submitted").await["submitted"], hex(id));
    scene.end().await;
}

#[tokio::test]
async fn a_line_on_tls_trusts_its_own_authority_alone() {
    let (certificate, foreign) = (Certificate::new(), Certificate::new());
    let Some(mut centre) = Carrier::message_centre(Some(&certificate)).await else { return };
    let trusted = smpp("smpp", &centre, Some(certificate.authorities.clone()));
    let scene = Scene::new(Carriers::new(vec![trusted], Vec::new(), false)).await;
    let id = scene.notice(NoticeText::AccountIssued).await;
    scene.deliver().await;
    assert_eq!(centre.next("submitted").await["submitted"], hex(id));
    scene.end().await;

    let distrusted = smpp("smpp", &centre, Some(foreign.authorities.clone()));
    let scene = Scene::new(Carriers::new(vec![distrusted], Vec::new(), false)).await;
    let id = scene.notice(NoticeText::AccountIssued).await;
    scene.deliver().await;
    assert_eq!(scene.attempts(id).await, [("smpp".to_owned(), "carrier".to_owned())]);
    scene.end().await;
}

#[tokio::test]
async fn mail_goes_over_tls_named_by_its_message_and_with_all_marks() {
    let certificate = Certificate::new();
    let Some(mut server) = Carrier::mail_server(Some(&certificate)).await else { return };
    let scene = Scene::new(smtp(&server, &certificate)).await;
    let notice = NoticeText::ContactChanged(ContactKind::Phone);
    let id = scene.send(email("holder"), Language::Vi, notice, None).await;
    scene.deliver().await;
    let mail = server.next("mail").await;
    assert_eq!(mail["mail"], format!("<{id}@example.org>"));
    assert_eq!((&mail["tls"], &mail["language"]), (&true.into(), &"vi".into()));
    assert_eq!((&mail["to"][0], &mail["from"]), (&"holder@example.net".into(), &"eid@example.org".into()));
    assert_eq!(mail["subject"], "Thông tin liên hệ đã được đổi");
    assert!(mail["text"].as_str().unwrap().starts_with("Đã đổi số điện thoại của tài khoản"), "{mail}");
    assert_eq!(scene.attempts(id).await, [("smtp".to_owned(), "accepted".to_owned())]);
    scene.end().await;
}

#[tokio::test]
async fn a_mail_refused_for_now_is_tried_again_and_one_refused_for_good_is_not() {
    let certificate = Certificate::new();
    let Some(mut server) = Carrier::mail_server(Some(&certificate)).await else { return };
    let scene = Scene::new(smtp(&server, &certificate)).await;
    let later = scene.send(email("later"), Language::En, NoticeText::AccountActivated, None).await;
    let never = scene.send(email("never"), Language::En, NoticeText::AccountActivated, None).await;
    scene.deliver().await;
    scene.deliver_later().await;
    assert_eq!(scene.attempts(later).await, [(); 2].map(|()| ("smtp".to_owned(), "refused".to_owned())));
    assert_eq!(scene.failed().await, [(never, "rejected".to_owned())]);
    for _ in 0..3 {
        server.next("refused").await;
    }
    scene.end().await;
}

#[tokio::test]
async fn a_mail_server_without_tls_gets_nothing() {
    let certificate = Certificate::new();
    let Some(server) = Carrier::mail_server(None).await else { return };
    let scene = Scene::new(smtp(&server, &certificate)).await;
    let id = scene.send(email("holder"), Language::En, NoticeText::AccountActivated, None).await;
    scene.deliver().await;
    assert_eq!(scene.attempts(id).await, [("smtp".to_owned(), "carrier".to_owned())]);
    scene.end().await;
}

#[tokio::test]
async fn a_code_that_activates_never_leaves_by_mail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.jsonl");
    let file = std::sync::Arc::new(FileCarrier::new(path.clone()));
    let provider = Provider { name: "file", carrier: notify::Carrier::File(file) };
    let scene = Scene::new(Carriers::new(Vec::new(), vec![provider], false)).await;
    let code = scene.send(email("holder"), Language::En, NoticeText::ActivationCode(code()), None).await;
    scene.deliver().await;
    assert_eq!(scene.failed().await, [(code, "rejected".to_owned())]);
    assert_eq!(scene.attempts(code).await, [(String::new(), "rejected".to_owned())]);
    assert!(!path.exists());
    scene.end().await;
}

#[tokio::test]
async fn the_operator_sees_what_failed_without_its_text_and_settles_it() {
    let site = Site::new().await.quiet();
    site.start().await.kill().await;
    let app = site.app().await;
    let make = Records::new();
    let vault = Vault::new(&KeyRing::read(&site.home().join("keys.json")).unwrap(), Dice::system()).unwrap();
    let account = account(&app, &make).await;
    // The one thing that no carrier takes.
    let content =
        MessageContent { to: email("holder"), language: Language::En, notice: NoticeText::ActivationCode(code()) };
    let id = MessageId::new(make.id());
    let message = sealed(&vault, id, account, &content, None);
    app.store().commit(Unit::new(make.entry(NOW, Uuid::nil())).with(Change::Send(message))).await.unwrap();
    assert_eq!(app.deliver_due().await.unwrap(), 1);

    let (id, list) = (id.to_string(), ["outbox", "list", "--failed", "--attempts"]);
    let listed = site.run(&list).await.unwrap();
    assert!(listed.contains(&format!("activation_code of account {account}: 1 attempts, rejected")), "{listed}");
    assert!(listed.contains("nobody: rejected") && listed.ends_with("1 failed\n"), "{listed}");
    assert!(!listed.contains("123456") && !listed.contains("example.net"), "{listed}");
    assert_eq!(site.run(&["outbox", "retry", &id]).await.unwrap(), format!("{id} is tried again.\n"));
    assert!(site.run(&["outbox", "list"]).await.unwrap().ends_with("1 waiting\n"));
    assert!(site.run(&["outbox", "give-up", &id]).await.unwrap_err().contains("nothing was changed"));
    assert_eq!(app.deliver_due().await.unwrap(), 1);
    assert_eq!(site.run(&["outbox", "give-up", &id]).await.unwrap(), format!("{id} is let be.\n"));
    assert!(site.run(&list).await.unwrap().ends_with("0 failed\n"));
}

const MESSAGES: usize = 2_000;
const KILLS: usize = 20;
/// Submissions that are answered before each kill; the next one is taken and never is.
const ANSWERED: usize = 50;

/// Puts messages to one account into the outbox; their names.
async fn queue(app: &App, home: &std::path::Path) -> HashSet<String> {
    let (make, dice) = (Records::new(), Dice::system());
    let vault = Vault::new(&KeyRing::read(&home.join("keys.json")).unwrap(), dice.clone()).unwrap();
    let account = account(app, &make).await;
    let content = MessageContent { to: phone(), language: Language::En, notice: NoticeText::AccountActivated };
    let ids: Vec<_> = (0..MESSAGES).map(|_| MessageId::new(dice.id(NOW))).collect();
    for ids in ids.chunks(100) {
        let changes = ids.iter().map(|id| Change::Send(sealed(&vault, *id, account, &content, None)));
        let unit = Unit::new(make.entry(NOW, Uuid::nil())).with_all(changes);
        app.store().commit(unit).await.unwrap();
    }
    ids.into_iter().map(hex).collect()
}

/// Sends what is left, by two senders at once whose clock is past every lease.
async fn drain(site: &Site, centre: &Carrier) {
    let mut config = Config::development(site.home()).unwrap();
    config.carriers.sms = vec![CarrierName::Smpp(ConfigPlace::First)];
    config.carriers.smpp[0] = config::Smpp {
        address: ("localhost".to_owned(), centre.port),
        tls: false,
        system_id: "eid".to_owned(),
        password: site.home().join("smpp.password"),
        sender: "VNeID".to_owned(),
        ..config.carriers.smpp[0].clone()
    };
    let clock = Clock::stopped(Clock::System.now().plus(Duration::from_hours(1)));
    let (first, second) = (site.app_with(&config, clock.clone()).await, site.app_with(&config, clock).await);
    let stop = CancellationToken::new();
    let lines = join_all([&first, &second].map(|app| app.keep_lines(&stop)));
    let sending = async {
        join_all([&first, &second].map(async |app| while app.deliver_due().await.unwrap() > 0 {})).await;
        stop.cancel();
    };
    tokio::join!(lines, sending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_killed_twenty_times_under_two_thousand_messages_loses_none() {
    let Some(mut centre) = Carrier::message_centre(None).await else { return };
    let site = Site::new().await.quiet();
    write_secret(&site.home().join("smpp.password"), "secret12");
    let address = format!("localhost:{}", centre.port);
    let site = [
        ("EID__CARRIERS__SMS", "smpp"),
        ("EID__CARRIERS__SMPP__ADDRESS", &address),
        ("EID__CARRIERS__SMPP__TLS", "false"),
        ("EID__CARRIERS__SMPP__SYSTEM_ID", "eid"),
        ("EID__CARRIERS__SMPP__PASSWORD_FILE", "smpp.password"),
        ("EID__CARRIERS__SMPP__SENDER", "VNeID"),
    ]
    .into_iter()
    .fold(site, |site, (name, value)| site.with_setting(name, value));
    // The first start makes the keys and the schema.
    site.start().await.kill().await;
    let app = site.app().await;
    let queued = queue(&app, site.home()).await;

    for _ in 0..KILLS {
        let before = centre.heard("submitted").len();
        centre.order(&format!("answer {ANSWERED}")).await;
        let running = site.start().await;
        while centre.heard("submitted").len() - before <= ANSWERED {
            centre.next("submitted").await;
        }
        running.kill().await;
    }
    centre.order("answer all").await;
    drain(&site, &centre).await;
    // What it told before it heard this is heard now.
    centre.order("receipts 0").await;

    let got: Vec<_> =
        centre.heard("submitted").iter().map(|got| got["submitted"].as_str().unwrap().to_owned()).collect();
    let distinct: HashSet<_> = got.iter().cloned().collect();
    assert!(distinct == queued, "{} of {} messages came", distinct.intersection(&queued).count(), queued.len());
    let twice = got.len() - distinct.len();
    assert!(twice <= KILLS * 32, "{twice} came twice, and each process had two senders with sixteen under way");
    let mut reader = app.store().reader().await.unwrap();
    let counts = [reader.messages_in("waiting").await.unwrap(), reader.messages_in("sent").await.unwrap()];
    assert_eq!(counts, [0, i64::try_from(MESSAGES).unwrap()]);
}

fn write_secret(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
