//! Sends requests one after another and says of each what became of it.
//!
//! Owns the order, the patience and the words. Refuses to give up for one bad item, and to go on when every other one
//! would fail alike.

use std::fmt;
use std::io::{self, Write};

use indicatif::ProgressBar;
use tonic::{Code, Status};

use super::request::{Reader, Unreadable};
use crate::cli::patience::persist;
use crate::cli::refusal;
use crate::cli::{FAILED, UNREACHED, USAGE, words};
use crate::proto::submit_response::Outcome;
use crate::proto::{SubmitRequest, SubmitResponse};

/// The text of one request, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) file: &'a str,
    /// Set if the file holds one request on each line.
    pub(super) line: Option<usize>,
    pub(super) text: &'a str,
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// What became of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Accepted,
    NotAccepted,
    NotSent,
    Unreadable,
}

/// How many items came to what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    accepted: usize,
    not_accepted: usize,
    not_sent: usize,
    unreadable: usize,
}

impl Tally {
    pub(super) fn count(&mut self, verdict: Verdict) {
        let number = match verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::NotAccepted => &mut self.not_accepted,
            Verdict::NotSent => &mut self.not_sent,
            Verdict::Unreadable => &mut self.unreadable,
        };
        *number += 1;
    }

    /// The highest code that applies.
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self { unreadable: 1.., .. } => USAGE,
            Self { not_sent: 1.., .. } => UNREACHED,
            Self { not_accepted: 1.., .. } => FAILED,
            Self { .. } => 0,
        }
    }

    const fn sum(self) -> usize {
        self.accepted + self.not_accepted + self.not_sent + self.unreadable
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, not_accepted, not_sent, unreadable } = self;
        write!(f, "{accepted} accepted, {not_accepted} not accepted, {not_sent} not sent, {unreadable} not readable")
    }
}

/// A delivery under way.
pub(super) struct Delivery<'a, W> {
    pub(super) reader: Reader,
    pub(super) bar: ProgressBar,
    pub(super) out: &'a mut W,
    pub(super) tally: Tally,
}

impl<W: Write> Delivery<'_, W> {
    /// Sends every item, unless it becomes clear that none gets through.
    pub(super) async fn all(
        &mut self,
        items: &[Item<'_>],
        send: impl AsyncFn(SubmitRequest) -> Result<SubmitResponse, Status>,
    ) -> io::Result<()> {
        let mut left = items.iter();
        while let Some(item) = left.next() {
            let pointless = self.one(item, &send).await?;
            self.bar.inc(1);
            if pointless && left.len() > 0 {
                self.say(|out| writeln!(out, "{} more not sent: they would fail alike", left.len()))?;
                left.by_ref().for_each(|_| self.tally.count(Verdict::NotSent));
            }
        }
        self.bar.finish_and_clear();
        if self.tally.sum() == 1 { Ok(()) } else { writeln!(self.out, "{}", self.tally) }
    }

    /// Sends one item. Whether there is no point in sending others.
    async fn one(
        &mut self,
        item: &Item<'_>,
        send: &impl AsyncFn(SubmitRequest) -> Result<SubmitResponse, Status>,
    ) -> io::Result<bool> {
        let request = match self.reader.read(item.text) {
            Ok(request) => request,
            Err(fault) => return self.unreadable(item, &fault).map(|()| false),
        };
        match persist(async || send(request.clone()).await).await {
            Ok(answer) => self.answered(item, answer).map(|()| false),
            Err(status) => self.failed(item, &status).map(|()| refusal::concerns_every_call(&status)),
        }
    }

    fn unreadable(&mut self, item: &Item<'_>, fault: &Unreadable) -> io::Result<()> {
        self.tally.count(Verdict::Unreadable);
        let line = item.line.unwrap_or(fault.line);
        self.say(|out| writeln!(out, "{}:{line}: cannot be read: {fault}", item.file))
    }

    fn answered(&mut self, item: &Item<'_>, answer: SubmitResponse) -> io::Result<()> {
        let (verdict, word, found) = match answer.outcome {
            Some(Outcome::Accepted(receipt)) => {
                (Verdict::Accepted, format!("accepted {}", receipt.enrolment_id), receipt.notes)
            }
            Some(Outcome::NotAccepted(refused)) => (Verdict::NotAccepted, "not accepted".to_owned(), refused.findings),
            None => (Verdict::NotSent, "the service gave an answer that this program does not know".to_owned(), vec![]),
        };
        self.tally.count(verdict);
        self.say(|out| {
            writeln!(out, "{item}: {word}")?;
            words::findings(out, &found)
        })
    }

    fn failed(&mut self, item: &Item<'_>, status: &Status) -> io::Result<()> {
        // The service has read the request and will not have it: sending it again as it is changes nothing.
        let refused = matches!(status.code(), Code::InvalidArgument | Code::AlreadyExists | Code::FailedPrecondition);
        let (verdict, word) =
            if refused { (Verdict::NotAccepted, "not accepted") } else { (Verdict::NotSent, "not sent") };
        self.tally.count(verdict);
        self.say(|out| {
            writeln!(out, "{item}: {word}")?;
            refusal::explain(out, status)
        })
    }

    /// Writes without the bar in between.
    fn say(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) -> io::Result<()> {
        self.bar.suspend(|| write(self.out))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use super::*;
    use crate::cli::patience::{REPEATS_MAX, WAIT_MAX};
    use crate::proto::{Finding, NotAccepted, Receipt};
    use tonic_types::{ErrorDetails, StatusExt as _};

    async fn deliver(
        texts: &[&str],
        send: impl AsyncFn(SubmitRequest) -> Result<SubmitResponse, Status>,
    ) -> (String, Tally) {
        let line = |(at, text)| Item { file: "day.jsonl", line: Some(at + 1), text };
        let items: Vec<_> = texts.iter().copied().enumerate().map(line).collect();
        let mut out = Vec::new();
        let (reader, bar) = (Reader::new().unwrap(), ProgressBar::hidden());
        let mut delivery = Delivery { reader, bar, out: &mut out, tally: Tally::default() };
        delivery.all(&items, send).await.unwrap();
        let tally = delivery.tally;
        (String::from_utf8(out).unwrap(), tally)
    }

    fn accepted() -> SubmitResponse {
        let receipt = Receipt { enrolment_id: "0192".to_owned(), ..Receipt::default() };
        SubmitResponse { outcome: Some(Outcome::Accepted(receipt)), ..SubmitResponse::default() }
    }

    fn not_accepted() -> SubmitResponse {
        let finding = Finding { rule: "consent.missing".to_owned(), ..Finding::default() };
        let refused = NotAccepted { findings: vec![finding] };
        SubmitResponse { outcome: Some(Outcome::NotAccepted(refused)), ..SubmitResponse::default() }
    }

    fn busy(wait: Duration) -> Status {
        Status::with_error_details(Code::ResourceExhausted, "busy", ErrorDetails::with_retry_info(Some(wait)))
    }

    #[tokio::test]
    async fn one_bad_item_costs_only_itself() {
        let (said, tally) = deliver(&[r#"{"request_id": "1"}"#, r#"{"id": "2"}"#, "{", r#"{"request_id": "4"}"#], {
            async |request| Ok(if request.request_id == "1" { not_accepted() } else { accepted() })
        })
        .await;
        for line in [
            "day.jsonl:1: not accepted\n  refused: consent.missing",
            "day.jsonl:2: cannot be read: id is no field of the protocol; there are: request_id, application, chip,",
            "day.jsonl:3: cannot be read: the request is cut short",
            "day.jsonl:4: accepted 0192\n",
            "1 accepted, 1 not accepted, 0 not sent, 2 not readable\n",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
        assert_eq!(tally.exit_code(), 3);
    }

    #[tokio::test]
    async fn the_exit_code_tells_the_worst_that_happened() {
        let send = async |request: SubmitRequest| match request.request_id.as_str() {
            "ok" => Ok(accepted()),
            "no" => Ok(not_accepted()),
            "wrong" => Err(Status::invalid_argument("wrong")),
            _ => Err(Status::internal("broken")),
        };
        let named = |name: &str| format!("{{\"request_id\": \"{name}\"}}");
        for (names, code) in [(vec!["ok"], 0), (vec!["ok", "no"], 1), (vec!["wrong"], 1), (vec!["no", "away", "ok"], 2)]
        {
            let texts: Vec<_> = names.iter().map(|name| named(name)).collect();
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let (said, tally) = deliver(&texts, send).await;
            assert_eq!((tally.exit_code(), tally.sum()), (code, names.len()), "{said}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_service_is_asked_again_when_it_says_and_with_the_same_name() {
        let (calls, names) = (Cell::new(0), RefCell::new(Vec::new()));
        let begun = tokio::time::Instant::now();
        let (said, tally) = deliver(&["{}"], async |request| {
            names.borrow_mut().push(request.request_id);
            calls.set(calls.get() + 1);
            if calls.get() <= REPEATS_MAX { Err(busy(Duration::from_secs(3))) } else { Ok(accepted()) }
        })
        .await;
        assert_eq!((calls.get(), tally.accepted), (6, 1), "{said}");
        assert_eq!(begun.elapsed().as_secs(), 15);
        assert!(names.borrow().windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_service_stays_away_the_rest_is_not_tried() {
        let calls = Cell::new(0);
        let (said, tally) = deliver(&["{}"; 50], async |_| {
            calls.set(calls.get() + 1);
            Err(Status::unavailable("away"))
        })
        .await;
        assert_eq!((calls.get(), tally.not_sent, tally.exit_code()), (6, 50, 2));
        assert!(said.contains("49 more not sent"), "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_and_long_waits_are_not_repeated() {
        for status in [Status::invalid_argument("no"), busy(WAIT_MAX * 2), Status::permission_denied("no")] {
            let calls = Cell::new(0);
            let code = status.code();
            deliver(&["{}"], async |_| {
                calls.set(calls.get() + 1);
                Err(status.clone())
            })
            .await;
            assert_eq!(calls.get(), 1, "{code:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_outcome_is_no_success() {
        let (said, tally) = deliver(&["{}"], async |_| Ok(SubmitResponse::default())).await;
        assert_eq!(tally.exit_code(), 2, "{said}");
    }
}
