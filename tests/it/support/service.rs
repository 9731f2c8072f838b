//! The whole service in this process: the real server over memory pipes, the engine of the pass, a clock that stands
//! still and dice that roll the same for everyone who runs the test.
//!
//! [`with`] ends a test with the house's own questions: was every message delivered, does every audit entry's hash hold?

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eid::app::{
    App, BudgetSettings, DeviceSettings, Parts, Registry, Settings, StaffSettings, TrustSettings, WatchSettings,
};
use eid::archive::Archive;
use eid::bells::Bells;
use eid::config::Config;
use eid::domain::staff::{CertificateName, OfficeCode, Post, Role};
use eid::domain::time::Timestamp;
use eid::limits::Limits;
use eid::notify::Carriers;
use eid::practice::{Applicant, Generator, identity_number};
use eid::proto as pb;
use eid::proto::activation_service_client::ActivationServiceClient;
use eid::proto::administration_service_client::AdministrationServiceClient;
use eid::proto::authority_service_client::AuthorityServiceClient;
use eid::proto::contact_service_client::ContactServiceClient;
use eid::proto::device_service_client::DeviceServiceClient;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::proto::review_service_client::ReviewServiceClient;
use eid::proto::staff_service_client::StaffServiceClient;
use eid::receipt::{JwkSet, SigningKey};
use eid::server::{self, Edge, serve_on};
use eid::sys::{Clock, Dice};
use eid::tls::{Connection, Peer};
use eid::vault::{KeyRing, Vault};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use time::Date;
use time::macros::date;
use tokio::io::DuplexStream;
use tokio::sync::{Mutex, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;
use uuid::Uuid;

use super::authenticator::{Authenticators, StepUp, steps_up};
use super::database::{Database, redis};
use super::device::Phone;

/// Size of a message that the service takes.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// What the edge may be asked, unless a test wishes otherwise.
const EDGE: Edge =
    Edge { message_bytes_max: MESSAGE_BYTES_MAX, concurrent_per_connection: 256, calls_max: 1_000, reflection: false };

/// The way by which connections reach a server.
type Connections = mpsc::Sender<std::io::Result<Connection<DuplexStream>>>;

/// A channel on which privileged calls bring a code of their caller's authenticator.
pub type Channel = InterceptedService<tonic::transport::Channel, StepUp>;

/// A service that runs for one test.
pub struct Service {
    app: App,
    clock: Clock,
    dice: Dice,
    people: Mutex<Generator>,
    numbers: AtomicU32,
    connections: Connections,
    authenticators: Authenticators,
    mailbox: PathBuf,
    /// The Redis and the namespace that its processes share, if they do.
    shared: Option<(String, String)>,
    /// Last, so that it goes when nothing uses it any more.
    database: Database,
    folder: TempDir,
}

/// What a test wants different.
#[derive(Default)]
pub struct Wishes {
    /// A Redis to count in, and the namespace there.
    pub redis: Option<(String, String)>,
    /// Where immigration records are asked for; nowhere if absent.
    pub registry: Registry,
    /// The carrier's file is in a folder that does not exist: see [`Service::let_messages_leave`].
    pub carrier_away: bool,
    /// The practice country may be trusted.
    pub practice: bool,
    /// Calls are counted in this process, by the clock that stands still, whatever the pass has.
    pub counts_alone: bool,
    /// How many codes may be asked for and sent; as shipped if absent.
    pub budgets: Option<BudgetSettings>,
    /// Calls that may be under way at once; more than a test makes if absent.
    pub calls_max: Option<usize>,
    /// The day on which the test begins, at noon in Viet Nam; 21 November 2026 if absent.
    pub today: Option<Date>,
}

/// What a test allows the use cases: the settings as they are shipped, but for what trust material may be like.
fn settings(home: &Path, trust: impl FnOnce(TrustSettings) -> TrustSettings) -> Settings {
    let shipped = server::settings(&Config::development(home).unwrap());
    let watch = WatchSettings {
        poll: Duration::from_millis(20),
        heartbeat: Duration::from_millis(50),
        recheck: Duration::from_millis(20),
        ..shipped.watch
    };
    let verifiers = JwkSet::new(vec![SigningKey::from_seed(&FACE_VERIFIER).unwrap().public().clone()]);
    let devices = DeviceSettings { verifiers, ..shipped.devices };
    let staff = StaffSettings { recheck: Duration::from_millis(20), ..shipped.staff };
    Settings { trust: trust(shipped.trust), watch, devices, staff, ..shipped }
}

/// How the processes of a service tell each other to look.
fn bells(shared: Option<&(String, String)>) -> Bells {
    shared.map_or(Bells::Alone, |(url, namespace)| Bells::redis(url, namespace, &Dice::system()).unwrap())
}

/// What the dice of a service are seeded with.
const SEED: u64 = 1;

/// Seed of the key of the one who checks faces.
pub const FACE_VERIFIER: [u8; 32] = [4; 32];

/// A channel over these connections on which `name` calls; nobody if absent.
fn channel_over(connections: &Connections, name: Option<&str>) -> tonic::transport::Channel {
    let peer = name.map(|name| Peer::named(certificate(name))).unwrap_or_default();
    let connections = connections.clone();
    let connector = tower::service_fn(move |_| {
        let (connections, peer) = (connections.clone(), peer.clone());
        async move {
            let (near, far) = tokio::io::duplex(256 * 1024);
            let sent = connections.send(Ok(Connection::new(far, peer))).await;
            sent.map_err(|_| std::io::Error::other("the service has stopped"))?;
            Ok::<_, std::io::Error>(TokioIo::new(near))
        }
    });
    Endpoint::from_static("http://memory.invalid").connect_with_connector_lazy(connector)
}

/// Another process of the service over the same store, with a server of its own.
pub struct Replica {
    connections: Connections,
    authenticators: Authenticators,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Replica {
    /// A channel on which `name` calls.
    pub fn channel(&self, name: &str) -> Channel {
        let all = self.authenticators.clone();
        InterceptedService::new(
            channel_over(&self.connections, Some(name)),
            StepUp { name: Some(name.to_owned()), all },
        )
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.connections);
        self.serving.await.unwrap().unwrap();
    }
}

/// Runs `test` against a fresh service, then asks the house's own questions.
pub async fn with(test: impl AsyncFnOnce(&Service)) {
    with_wishes(Wishes::default(), test).await;
}

/// The same against a service with something different.
pub async fn with_wishes(wishes: Wishes, test: impl AsyncFnOnce(&Service)) {
    let stop = CancellationToken::new();
    let (service, serving) = Service::start(wishes, stop.clone()).await;
    // Boxed: a test may hold many applications.
    Box::pin(test(&service)).await;
    service.deliver().await;
    let mut reader = service.app.store().reader().await.unwrap();
    assert_eq!(reader.messages_in("waiting").await.unwrap(), 0, "messages were left undelivered");
    drop(reader);
    stop.cancel();
    let Service { app, connections, .. } = service;
    drop(connections);
    serving.await.unwrap().unwrap();
    app.store().clone().close().await;
}

impl Service {
    async fn start(wishes: Wishes, stop: CancellationToken) -> (Self, tokio::task::JoinHandle<anyhow::Result<()>>) {
        let today = wishes.today.unwrap_or(date!(2026 - 11 - 21));
        let clock = Clock::stopped(Timestamp::start_of(today).plus(Duration::from_hours(12)));
        let dice = Dice::seeded(SEED);
        let database = Database::fresh().await;
        let folder = tempfile::tempdir().unwrap();
        let mailbox = if wishes.carrier_away {
            folder.path().join("away").join("messages.jsonl")
        } else {
            folder.path().join("messages.jsonl")
        };
        let vault = Vault::new(&KeyRing::generate(&dice), dice.clone()).unwrap();
        // Chance keeps the tests of one Redis apart: their callers have the same names.
        let of_the_pass = || Some((redis()?.to_owned(), hex::encode(Dice::system().bytes::<8>())));
        let shared = wishes.redis.or_else(|| if wishes.counts_alone { None } else { of_the_pass() });
        let limits = match &shared {
            Some((url, namespace)) => Limits::redis(url, namespace, clock.clone()).unwrap(),
            None => Limits::memory(clock.clone()),
        };
        limits.greet().await.unwrap();
        let shipped = settings(folder.path(), |shipped| TrustSettings { practice: wishes.practice, ..shipped });
        let app = App::new(Parts {
            store: database.store(),
            archive: Archive::local(&folder.path().join("captures"), &vault.namespace()).unwrap(),
            vault,
            carriers: Carriers::file(mailbox.clone()),
            limits,
            bells: bells(shared.as_ref()),
            registry: wishes.registry,
            clock: clock.clone(),
            dice: dice.clone(),
            settings: Settings { budgets: wishes.budgets.unwrap_or(shipped.budgets), ..shipped },
        });
        app.adopt_shipped().await.unwrap();
        let (connections, incoming) = mpsc::channel(16);
        let edge = Edge { reflection: true, calls_max: wishes.calls_max.unwrap_or(EDGE.calls_max), ..EDGE };
        let serving = tokio::spawn(serve_on(app.clone(), edge, ReceiverStream::new(incoming), stop));
        let people = Mutex::new(Generator::new(1, clock.now()));
        let numbers = AtomicU32::new(1);
        let authenticators = Authenticators::new(clock.clone());
        let service =
            Self { app, clock, dice, people, numbers, connections, authenticators, mailbox, shared, database, folder };
        for role in Role::ALL {
            service.register(role, role.has_office().then_some("79-01"), role.name()).await;
        }
        (service, serving)
    }

    /// Enters a practice caller in the staff directory.
    pub async fn register(&self, role: Role, office: Option<&str>, name: &str) {
        let office = office.map(|office| OfficeCode::parse(office).unwrap());
        let post = Post::new(role, office).unwrap();
        let id = self.app.register_staff(certificate(name), post).await.unwrap().expect("a new name");
        if steps_up(role) {
            self.authenticators.enrol(&self.app, id, name).await;
        }
    }

    /// The same without an authenticator.
    pub async fn register_without_authenticator(&self, role: Role, name: &str) {
        let post = Post::new(role, None).unwrap();
        self.app.register_staff(certificate(name), post).await.unwrap().expect("a new name");
    }

    /// The same with one whose recovery codes are told.
    pub async fn register_with_recovery(&self, role: Role, name: &str) -> Vec<String> {
        let post = Post::new(role, None).unwrap();
        let id = self.app.register_staff(certificate(name), post).await.unwrap().expect("a new name");
        self.authenticators.enrol(&self.app, id, name).await
    }

    /// The name of a practice caller in the directory.
    pub async fn staff_id(&self, name: &str) -> String {
        let mut reader = self.app.store().reader().await.unwrap();
        reader.staff_by_certificate(&certificate(name)).await.unwrap().expect("in the directory").id.to_string()
    }

    /// The entry of a practice caller, as the auditor sees it.
    pub async fn entry_of(&self, name: &str) -> pb::StaffEntry {
        let staff_id = self.staff_id(name).await;
        let request = pb::GetStaffRequest { staff_id };
        let mut client = StaffServiceClient::new(self.channel(Some("auditor")));
        client.get_staff(request).await.unwrap().into_inner().entry.unwrap()
    }

    /// A channel on which `name` calls; nobody if absent.
    pub fn channel(&self, name: Option<&str>) -> Channel {
        let all = self.authenticators.clone();
        InterceptedService::new(self.bare_channel(name), StepUp { name: name.map(str::to_owned), all })
    }

    /// The same without codes.
    pub fn bare_channel(&self, name: Option<&str>) -> tonic::transport::Channel {
        channel_over(&self.connections, name)
    }

    /// Everyone's authenticators.
    pub fn authenticators(&self) -> &Authenticators {
        &self.authenticators
    }

    pub fn officer(&self) -> EnrolmentServiceClient<Channel> {
        self.officer_named("officer")
    }

    pub fn officer_named(&self, name: &str) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.channel(Some(name))).max_decoding_message_size(usize::MAX)
    }

    pub fn reviewer(&self, name: &str) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.channel(Some(name)))
    }

    pub fn authority(&self) -> AuthorityServiceClient<Channel> {
        AuthorityServiceClient::new(self.channel(Some("authority"))).max_decoding_message_size(usize::MAX)
    }

    pub fn phone_app(&self) -> ActivationServiceClient<Channel> {
        ActivationServiceClient::new(self.channel(Some("app_backend")))
    }

    pub fn contacts(&self) -> ContactServiceClient<Channel> {
        ContactServiceClient::new(self.channel(Some("administrator")))
    }

    pub fn administrator(&self) -> AdministrationServiceClient<Channel> {
        AdministrationServiceClient::new(self.channel(Some("administrator")))
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// The use cases over the same store, as another process of the service would have them.
    pub fn another_process(&self, trust: TrustSettings) -> App {
        // The first that the dice of this seed roll is the ring: processes of one service share it.
        let vault = Vault::new(&KeyRing::generate(&Dice::seeded(SEED)), self.dice.clone()).unwrap();
        App::new(Parts {
            store: self.app.store().clone(),
            archive: Archive::local(&self.archive(), &vault.namespace()).unwrap(),
            vault,
            carriers: Carriers::file(self.mailbox.clone()),
            limits: Limits::memory(self.clock.clone()),
            bells: bells(self.shared.as_ref()),
            registry: Registry::None,
            clock: self.clock.clone(),
            dice: self.dice.clone(),
            settings: settings(self.folder.path(), |_| trust),
        })
    }

    /// Another process of the service, with a server of its own.
    pub fn replica(&self) -> Replica {
        let app = self.another_process(self.shipped_trust());
        let (connections, incoming) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_on(app, EDGE, ReceiverStream::new(incoming), stop.clone()));
        Replica { connections, authenticators: self.authenticators.clone(), stop, serving }
    }

    fn shipped_trust(&self) -> TrustSettings {
        server::settings(&Config::development(self.folder.path()).unwrap()).trust
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Where captures lie.
    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("captures")
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn wait(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets the clock back.
    pub fn set_back(&self, by: Duration) {
        self.clock.set_back(by);
    }

    /// A fresh request id.
    pub fn id(&self) -> String {
        self.dice.id(self.clock.now()).to_string()
    }

    /// Something to do with the generator of practice people.
    pub async fn people<T>(&self, make: impl FnOnce(&mut Generator) -> T) -> T {
        make(&mut *self.people.lock().await)
    }

    /// A good applicant, grown up, who acts alone.
    pub async fn applicant(&self) -> Applicant {
        self.people(|people| std::iter::repeat_with(|| people.applicant()).find(|one| !one.is_represented()).unwrap())
            .await
    }

    /// A number that the practice authority gives.
    pub fn number(&self) -> String {
        identity_number(self.numbers.fetch_add(1, Ordering::SeqCst))
    }

    /// Hands `application` in under a fresh request id.
    pub async fn submit(&self, application: &pb::Application) -> Result<pb::SubmitResponse, Status> {
        let request = pb::SubmitRequest {
            request_id: self.id(),
            application: Some(application.clone()),
            ..pb::SubmitRequest::default()
        };
        self.officer().submit(request).await.map(tonic::Response::into_inner)
    }

    /// Hands a good application in; the request's name.
    pub async fn submitted(&self, application: &pb::Application) -> String {
        match self.submit(application).await.unwrap().outcome {
            Some(pb::submit_response::Outcome::Accepted(receipt)) => receipt.enrolment_id,
            Some(pb::submit_response::Outcome::NotAccepted(refused)) => {
                panic!("not accepted: {:?}", refused.findings.iter().map(|f| &f.rule).collect::<Vec<_>>())
            }
            None => panic!("no outcome"),
        }
    }

    /// Claims what waits; the lease and the requests.
    pub async fn claimed(&self) -> pb::ClaimResponse {
        self.authority().claim(pb::ClaimRequest { limit: 500, lease: None }).await.unwrap().into_inner()
    }

    /// Records an approval with that number.
    pub async fn approve(
        &self,
        (enrolment, lease): (&str, &str),
        number: &str,
    ) -> Result<pb::RecordDecisionResponse, Status> {
        let approval = pb::Approval { identity_number: number.to_owned() };
        let decision = pb::record_decision_request::Decision::Approval(approval);
        self.decide((enrolment, lease), decision).await
    }

    /// Records a decision under a fresh request id.
    pub async fn decide(
        &self,
        (enrolment, lease): (&str, &str),
        decision: pb::record_decision_request::Decision,
    ) -> Result<pb::RecordDecisionResponse, Status> {
        let request = pb::RecordDecisionRequest {
            request_id: self.id(),
            enrolment_id: enrolment.to_owned(),
            lease_id: lease.to_owned(),
            decision: Some(decision),
        };
        self.authority().record_decision(request).await.map(tonic::Response::into_inner)
    }

    /// A holder: handed in, claimed, approved, notice delivered.
    pub async fn holder(&self) -> Holder {
        let applicant = self.applicant().await;
        self.holder_of(&applicant).await
    }

    /// `applicant` as a holder.
    pub async fn holder_of(&self, applicant: &Applicant) -> Holder {
        let enrolment = self.submitted(&applicant.application).await;
        let lease = self.claimed().await.lease_id;
        let number = self.number();
        let account = self.approve((&enrolment, &lease), &number).await.unwrap().account_id;
        self.deliver().await;
        Holder::new(enrolment, account, number, applicant.phone())
    }

    /// An active holder.
    pub async fn active_holder(&self) -> Holder {
        let holder = self.holder().await;
        let code = self.code_for(&holder).await;
        let answer = self.activate(&holder, &code).await;
        assert_eq!(answer.outcome(), pb::ActivateOutcome::Activated);
        holder
    }

    /// An active holder who has given the device up.
    pub async fn active_holder_without_device(&self) -> Holder {
        let holder = self.holder().await;
        let code = self.code_for(&holder).await;
        let device = self.activate(&holder, &code).await.device.expect("it was bound").device_id;
        let given_up = pb::RevokeDeviceRequest {
            request_id: self.id(),
            account_id: holder.account.clone(),
            device_id: device,
            reason: pb::DeviceEndReason::GivenUp.into(),
        };
        DeviceServiceClient::new(self.channel(Some("app_backend"))).revoke_device(given_up).await.unwrap();
        holder
    }

    /// Delivers everything that is due.
    pub async fn deliver(&self) {
        while self.app.deliver_due().await.unwrap() > 0 {}
    }

    /// Ends the absence of a carrier that was away.
    pub fn let_messages_leave(&self) {
        std::fs::create_dir(self.mailbox.parent().unwrap()).unwrap();
    }

    /// Every message that was delivered, oldest first, as the carrier wrote it.
    pub async fn messages(&self) -> Vec<Value> {
        self.deliver().await;
        let text = std::fs::read_to_string(&self.mailbox).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The latest code that reached `destination`.
    pub async fn latest_code(&self, destination: &str) -> String {
        let messages = self.messages().await;
        let latest = messages.iter().rev().find(|message| message["to"] == destination && message["code"].is_string());
        latest.expect("a code was sent there")["code"].as_str().unwrap().to_owned()
    }

    pub async fn status(&self, number: &str, phone: &str) -> pb::GetStatusResponse {
        let request = pb::GetStatusRequest { identity_number: number.to_owned(), phone: phone.to_owned() };
        self.phone_app().get_status(request).await.unwrap().into_inner()
    }

    pub async fn send_code(&self, holder: &Holder) -> pb::SendCodeResponse {
        let sent = self.phone_app().send_code(holder.send_code(self.id())).await.unwrap().into_inner();
        holder.keep(&sent);
        sent
    }

    /// Has a code sent and reads it.
    pub async fn code_for(&self, holder: &Holder) -> String {
        assert_eq!(self.send_code(holder).await.outcome(), pb::SendCodeOutcome::Sent);
        self.latest_code(&holder.phone).await
    }

    pub async fn activate(&self, holder: &Holder, code: &str) -> pb::ActivateResponse {
        self.phone_app().activate(holder.activate(self.id(), code)).await.unwrap().into_inner()
    }

    /// The audit entries about `subject`: canonical bytes whose hashes hold.
    pub async fn audit(&self, subject: &str) -> Vec<Value> {
        let entries = self.app.store().reader().await.unwrap().audit_of(Uuid::parse_str(subject).unwrap()).await;
        let read = |(canonical, holds): (Vec<u8>, bool)| {
            assert!(holds, "the hash of an audit entry does not hold");
            serde_json::from_slice(&canonical).unwrap()
        };
        entries.unwrap().into_iter().map(read).collect()
    }

    /// The actions in the audit entries about `subject`, oldest first.
    pub async fn actions(&self, subject: &str) -> Vec<String> {
        self.audit(subject).await.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    }
}

/// Someone who has an account.
#[derive(Clone)]
pub struct Holder {
    pub enrolment: String,
    pub account: String,
    pub number: String,
    pub phone: String,
    /// The device in hand.
    pub device: Arc<Phone>,
    /// The latest challenge and its text, as the app on the device keeps them.
    challenge: Arc<std::sync::Mutex<(Vec<u8>, String)>>,
}

impl Holder {
    pub fn new(enrolment: String, account: String, number: String, phone: String) -> Self {
        let seed = Sha256::digest(&account).into();
        let (device, challenge) = (Arc::new(Phone::of(seed)), Arc::default());
        Self { enrolment, account, number, phone, device, challenge }
    }

    /// The same with another device in hand.
    pub fn with(&self, device: Phone) -> Self {
        Self { device: Arc::new(device), challenge: Arc::default(), ..self.clone() }
    }

    pub fn send_code(&self, request_id: String) -> pb::SendCodeRequest {
        let (identity_number, phone) = (self.number.clone(), self.phone.clone());
        let (device_key, source_address) = (self.device.spki(), String::new());
        pb::SendCodeRequest { request_id, identity_number, phone, device_key, source_address }
    }

    /// Keeps the challenge of an answer, if there is one.
    pub fn keep(&self, sent: &pb::SendCodeResponse) {
        if !sent.challenge.is_empty() {
            *self.challenge.lock().unwrap() = (sent.challenge.clone(), sent.challenge_text.clone());
        }
    }

    /// The code and the device's answer to the latest challenge; to one that nobody drew, if there is none.
    pub fn activate(&self, request_id: String, code: &str) -> pb::ActivateRequest {
        let (identity_number, phone) = (self.number.clone(), self.phone.clone());
        let (challenge, text) = self.challenge.lock().unwrap().clone();
        pb::ActivateRequest {
            request_id,
            identity_number,
            phone,
            code: code.to_owned(),
            device_key: self.device.spki(),
            signature: self.device.sign(&text),
            challenge: if challenge.is_empty() { vec![0; 32] } else { challenge },
            face_check: String::new(),
        }
    }
}

/// A code that is not `code`.
pub fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// The stable reason in an error.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The fields that an error names.
pub fn fields(status: &Status) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let bad = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    bad.into_iter().map(|violation| violation.field).collect()
}

/// The certificate's name under which a caller is in the directory.
pub fn certificate(name: &str) -> CertificateName {
    CertificateName { issuer: "CN=test".to_owned(), uri: format!("urn:eid:test:{name}") }
}
