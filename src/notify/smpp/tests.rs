//! A line at work, against a peer that speaks the protocol with the same codec and misbehaves at will. Time stands still
//! and passes only where both sides wait for it.

use futures::{SinkExt as _, StreamExt as _};
use rusmpp::pdus::{DeliverSm, Outbind, SubmitSmResp};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::OctetString;
use rusmpp::values::{EsmClass, MessageType};
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio_util::codec::{Framed, FramedRead, FramedWrite};
use uuid::Uuid;

use super::*;

const ENQUIRE: Duration = Duration::from_secs(30);

/// A session and the other end of its line.
struct Scene {
    peer: Framed<DuplexStream, CommandCodec>,
    jobs: mpsc::Sender<Job>,
    slips: mpsc::Receiver<Slip>,
    stop: CancellationToken,
    session: JoinHandle<Ended>,
}

/// A session that may have `window` requests without an answer, and `room` for so many reports.
fn scene(window: usize, room: usize) -> Scene {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (reader, writer) = tokio::io::split(Box::new(ours) as Box<dyn line::Stream>);
    let (writing, outgoing) = session::outgoing(FramedWrite::new(writer, CommandCodec::new()));
    let (kept, slips) = mpsc::channel(room);
    let (jobs, mut waiting) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let token = stop.clone();
    let session = tokio::spawn(async move {
        let mut session = Session::new("smpp", window, ENQUIRE, outgoing, kept);
        tokio::select! {
            ended = writing => ended,
            ended = session.hold(FramedRead::new(reader, CommandCodec::new()), &mut waiting, &token) => ended,
        }
    });
    Scene { peer: Framed::new(theirs, CommandCodec::new()), jobs, slips, stop, session }
}

type Answered = oneshot::Receiver<Result<Vec<String>, CarrierFault>>;

impl Scene {
    /// Hands a text to the session.
    async fn submit(&self, text: &str) -> Answered {
        let (from, to) = (Address::sender("VNeID").unwrap(), Phone::parse("0912345678").unwrap());
        let parts = submit::submits(&from, &to, MessageId::new(Uuid::from_u128(1)), text, None).unwrap();
        let (answer, answered) = oneshot::channel();
        assert!(self.jobs.send(Job { parts, answer }).await.is_ok());
        answered
    }

    /// What the session says next.
    async fn heard(&mut self) -> Command {
        self.peer.next().await.expect("the line is there").unwrap()
    }

    /// The number of the submission that it makes next.
    async fn submission(&mut self) -> u32 {
        let command = self.heard().await;
        assert_eq!(command.id(), CommandId::SubmitSm);
        command.sequence_number()
    }

    async fn say(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        self.peer.send(Command::new(status, sequence, pdu)).await.unwrap();
    }

    async fn take(&mut self, sequence: u32, name: &str) {
        let answer = SubmitSmResp::builder().message_id(COctetString::from_str(name).unwrap()).build();
        self.say(CommandStatus::EsmeRok, sequence, answer).await;
    }

    async fn refuse(&mut self, sequence: u32, status: CommandStatus) {
        self.say(status, sequence, SubmitSmResp::default()).await;
    }

    async fn report(&mut self, sequence: u32, name: &str) {
        let text = format!("id:{name} stat:DELIVRD");
        let class =
            EsmClass { message_type: MessageType::ShortMessageContainsMCDeliveryReceipt, ..EsmClass::default() };
        let text = OctetString::from_slice(text.as_bytes()).unwrap();
        self.say(CommandStatus::EsmeRok, sequence, DeliverSm::builder().esm_class(class).short_message(text).build())
            .await;
    }

    async fn ended(self) -> Ended {
        self.session.await.unwrap()
    }
}

/// The name of the fault that an answer is.
async fn fault(answered: Answered) -> &'static str {
    answered.await.unwrap().unwrap_err().name()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_taken_when_all_its_parts_are_in_whatever_order_they_are_answered() {
    let mut scene = scene(10, 1);
    let long = scene.submit(&"a".repeat(200)).await;
    let short = scene.submit("b").await;
    let (first, second, third) = (scene.submission().await, scene.submission().await, scene.submission().await);
    scene.take(third, "n3").await;
    assert_eq!(short.await.unwrap().unwrap(), ["n3"]);
    scene.take(second, "n2").await;
    scene.take(first, "n1").await;
    assert_eq!(long.await.unwrap().unwrap(), ["n1", "n2"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_without_an_answer_than_the_carrier_allows() {
    let mut scene = scene(5, 1);
    let answers = [scene.submit("a").await, scene.submit("b").await, scene.submit("c").await];
    let (first, second) = (scene.submission().await, scene.submission().await);
    let next = tokio::time::timeout(Duration::from_secs(5), scene.peer.next()).await;
    assert!(next.is_err(), "a message may have four parts, and two requests are under way");
    scene.take(first, "1").await;
    let third = scene.submission().await;
    scene.take(second, "2").await;
    scene.take(third, "3").await;
    for (answer, name) in answers.into_iter().zip(["1", "2", "3"]) {
        assert_eq!(answer.await.unwrap().unwrap(), [name]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_line_makes_no_request_for_a_while_that_grows() {
    let mut scene = scene(10, 1);
    for pause in [1, 2, 4] {
        let refused = scene.submit("a").await;
        let sequence = scene.submission().await;
        scene.refuse(sequence, CommandStatus::EsmeRthrottled).await;
        assert_eq!(fault(refused).await, "throttled");
        tokio::time::advance(Duration::from_millis(pause * 1_000 - 1)).await;
        assert_eq!(fault(scene.submit("b").await).await, "throttled");
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    let taken = scene.submit("c").await;
    let sequence = scene.submission().await;
    scene.take(sequence, "1").await;
    assert!(taken.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_message_with_one_part_refused_is_refused() {
    let mut scene = scene(10, 1);
    let message = scene.submit(&"a".repeat(200)).await;
    let (first, second) = (scene.submission().await, scene.submission().await);
    scene.refuse(first, CommandStatus::EsmeRinvdstadr).await;
    scene.take(second, "2").await;
    assert_eq!(fault(message).await, "rejected");
}

#[tokio::test(start_paused = true)]
async fn a_line_dropped_after_a_submission_leaves_it_without_an_answer() {
    let mut scene = scene(10, 1);
    let message = scene.submit("a").await;
    scene.submission().await;
    drop(scene.peer);
    assert!(matches!(scene.session.await.unwrap(), Ended::Closed | Ended::Broken));
    assert!(message.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_twice_or_to_no_question_changes_nothing() {
    let mut scene = scene(10, 1);
    let message = scene.submit("a").await;
    let sequence = scene.submission().await;
    scene.take(4_711, "0").await;
    scene.take(sequence, "1").await;
    scene.take(sequence, "2").await;
    assert_eq!(message.await.unwrap().unwrap(), ["1"]);
    let next = scene.submit("b").await;
    let sequence = scene.submission().await;
    scene.take(sequence, "3").await;
    assert_eq!(next.await.unwrap().unwrap(), ["3"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_cannot_be_kept_is_none() {
    let mut scene = scene(10, 1);
    let message = scene.submit("a").await;
    let sequence = scene.submission().await;
    scene.take(sequence, "").await;
    assert_eq!(message.await.unwrap().unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn reports_that_nobody_keeps_yet_are_put_off_and_the_line_works_on() {
    let mut scene = scene(10, 1);
    for (sequence, name) in [(1, "1"), (2, "2"), (3, "3")] {
        scene.report(sequence, name).await;
    }
    for sequence in [2, 3] {
        let told = scene.heard().await;
        assert_eq!((told.sequence_number(), told.status()), (sequence, CommandStatus::EsmeRxTAppn));
    }
    let message = scene.submit("a").await;
    let sequence = scene.submission().await;
    scene.take(sequence, "1").await;
    assert!(message.await.unwrap().is_ok());
    let slip = scene.slips.recv().await.unwrap();
    assert_eq!((slip.part.as_str(), slip.arrived), ("1", true));
    slip.kept();
    let told = scene.heard().await;
    assert_eq!(
        (told.id(), told.sequence_number(), told.status()),
        (CommandId::DeliverSmResp, 1, CommandStatus::EsmeRok)
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_line_is_asked_and_one_that_does_not_answer_is_given_up() {
    let mut scene = scene(10, 1);
    for _ in 0..2 {
        let asked = scene.heard().await;
        assert_eq!(asked.id(), CommandId::EnquireLink);
        scene.say(CommandStatus::EsmeRok, asked.sequence_number(), Pdu::EnquireLinkResp).await;
    }
    assert_eq!(scene.heard().await.id(), CommandId::EnquireLink);
    assert!(matches!(scene.ended().await, Ended::Silent));
}

#[tokio::test(start_paused = true)]
async fn a_submission_without_an_answer_ends_the_line() {
    let mut scene = scene(10, 1);
    let message = scene.submit("a").await;
    scene.submission().await;
    assert!(matches!(scene.session.await.unwrap(), Ended::Silent));
    assert!(message.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_and_strange_requests_are_answered_and_a_leave_taken_ends_the_line() {
    let mut scene = scene(10, 1);
    scene.say(CommandStatus::EsmeRok, 7, Pdu::EnquireLink).await;
    let told = scene.heard().await;
    assert_eq!((told.id(), told.sequence_number()), (CommandId::EnquireLinkResp, 7));
    scene.say(CommandStatus::EsmeRok, 8, Pdu::Outbind(Outbind::default())).await;
    let told = scene.heard().await;
    assert_eq!((told.id(), told.status()), (CommandId::GenericNack, CommandStatus::EsmeRinvcmdid));
    scene.say(CommandStatus::EsmeRok, 9, Pdu::Unbind).await;
    assert!(matches!(scene.ended().await, Ended::Unbound));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_to_stop_takes_its_leave() {
    let mut scene = scene(10, 1);
    scene.stop.cancel();
    assert_eq!(scene.heard().await.id(), CommandId::Unbind);
    assert!(matches!(scene.ended().await, Ended::Stopped));
}

#[test]
fn settings_that_cannot_be_used_are_refused_and_never_printed() {
    let settings = |system_id: &str, password: &str, from: &str| SmppSettings {
        name: "smpp",
        host: "smsc.example".to_owned(),
        port: 2775,
        tls: false,
        authorities: None,
        system_id: system_id.to_owned(),
        password: Zeroizing::new(password.to_owned()),
        from: from.to_owned(),
        window: 10,
        enquire: ENQUIRE,
    };
    let new = |settings: &SmppSettings| Smpp::new(settings, Dice::seeded(1));
    let good = settings("eid", "hunter22", "VNeID");
    assert!(!format!("{good:?} {:?}", new(&good).unwrap()).contains("hunter22"));
    assert!(matches!(new(&settings("sixteen letters!", "x", "VNeID")), Err(SmppFault::Login)));
    assert!(matches!(new(&settings("eid", "nine char", "VNeID")), Err(SmppFault::Login)));
    assert!(matches!(new(&settings("eid", "x", "a very long sender")), Err(SmppFault::From)));
    let authorities = Some(b"no certificate".to_vec());
    assert!(matches!(new(&SmppSettings { tls: true, authorities, ..good }), Err(SmppFault::Tls(_))));
}
