//! One step: a call, its answer in a word or two, what it should have been, and how long it took.

use std::time::{Duration, Instant};

use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::cli::demo::cast::Who;

/// How long one call may take, waits included, before the play goes on without its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest wait that a caller is ready to be sent away for.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// An answer: the word that is compared, and a remark that is only printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    pub(super) gist: String,
    pub(super) remark: String,
}

impl Answer {
    pub(super) fn of(gist: impl Into<String>) -> Self {
        Self { gist: gist.into(), remark: String::new() }
    }

    pub(super) fn and(mut self, remark: impl Into<String>) -> Self {
        self.remark = remark.into();
        self
    }

    /// The name of a protobuf enum value without the part that all its values share.
    pub(super) fn outcome(name: &str, prefix: &str) -> Self {
        Self::of(name.strip_prefix(prefix).unwrap_or(name))
    }

    /// A refused call: its code and, if there is one, the stable reason.
    fn refused(status: &Status) -> Self {
        let code = shouted(&format!("{:?}", status.code()));
        match status.get_details_error_info() {
            Some(info) if !info.reason.is_empty() => Self::of(format!("{code} ({})", info.reason)),
            _ => Self::of(code),
        }
    }
}

/// What was done, what came of it and what should have come of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) who: Who,
    /// The verb, alike in all steps of a kind: "submits the request of".
    pub(super) does: &'static str,
    /// Whom it is about.
    pub(super) whom: String,
    pub(super) expected: String,
    pub(super) answer: Answer,
    pub(super) took: Duration,
}

impl Step {
    /// Whether the answer was the expected one. Where only a code is expected, any reason will do.
    pub(super) fn went_well(&self) -> bool {
        let rest = self.answer.gist.strip_prefix(&self.expected);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
    }
}

/// What came back from a call.
pub(super) struct Reply<A> {
    pub(super) outcome: Result<A, Status>,
    pub(super) took: Duration,
}

impl<A> Reply<A> {
    /// Makes the step of it: who did what, what was expected, and how the answer reads.
    pub(super) fn step(
        &self,
        (who, does, whom): (Who, &'static str, &str),
        expected: &str,
        read: impl FnOnce(&A) -> Answer,
    ) -> Step {
        let answer = self.outcome.as_ref().map_or_else(Answer::refused, read);
        Step { who, does, whom: whom.to_owned(), expected: expected.to_owned(), answer, took: self.took }
    }

    pub(super) fn answer(self) -> Option<A> {
        self.outcome.ok()
    }
}

/// Makes a call and waits for its answer. A server that asks to come back in a moment (RetryInfo) is obeyed.
pub(super) async fn ask<C: Clone, Q: Clone, A>(
    client: &C,
    request: Q,
    call: impl AsyncFn(C, Q) -> Result<Response<A>, Status>,
) -> Reply<A> {
    let begun = Instant::now();
    let asking = async {
        loop {
            let outcome = call(client.clone(), request.clone()).await.map(Response::into_inner);
            match outcome.as_ref().err().and_then(wait_asked_for) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => break outcome,
            }
        }
    };
    let outcome = tokio::time::timeout(PATIENCE, asking).await;
    let outcome = outcome.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time")));
    Reply { outcome, took: begun.elapsed() }
}

fn wait_asked_for(status: &Status) -> Option<Duration> {
    let busy = matches!(status.code(), Code::ResourceExhausted | Code::Unavailable);
    let wait = status.get_details_retry_info()?.retry_delay?;
    (busy && wait <= WAIT_MAX).then_some(wait.max(Duration::from_millis(10)))
}

/// "NotFound" as the protocol writes it: "NOT_FOUND".
fn shouted(name: &str) -> String {
    let mut shouted = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            shouted.push('_');
        }
        shouted.push(letter.to_ascii_uppercase());
    }
    shouted
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tonic_types::ErrorDetails;

    use super::*;

    fn reply(status: Status) -> Reply<()> {
        Reply { outcome: Err(status), took: Duration::ZERO }
    }

    fn step(status: Status, expected: &str) -> Step {
        reply(status).step((Who::Officer, "opens", "a request"), expected, |()| Answer::of("opened"))
    }

    fn not_found() -> Status {
        let details = ErrorDetails::with_error_info("ENROLMENT_NOT_FOUND", "eid", std::collections::HashMap::new());
        Status::with_error_details(Code::NotFound, "gone", details)
    }

    #[test]
    fn a_refused_call_reads_as_code_and_reason() {
        let step = step(not_found(), "NOT_FOUND (ENROLMENT_NOT_FOUND)");
        assert_eq!(step.answer.gist, "NOT_FOUND (ENROLMENT_NOT_FOUND)");
        assert!(step.went_well());
    }

    #[test]
    fn an_expected_code_without_a_reason_is_met_by_any_reason() {
        assert!(step(not_found(), "NOT_FOUND").went_well());
        assert!(step(Status::permission_denied("no"), "PERMISSION_DENIED").went_well());
        assert!(!step(not_found(), "NOT_FOUND (ACCOUNT_NOT_FOUND)").went_well());
        assert!(!step(not_found(), "opened").went_well());
        assert!(!step(not_found(), "NOT").went_well());
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_is_asked_to_wait_comes_back() {
        let calls = AtomicUsize::new(0);
        let reply = ask(&(), (), async |(), ()| {
            if calls.fetch_add(1, Ordering::SeqCst) < 2 {
                let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(1)));
                return Err(Status::with_error_details(Code::ResourceExhausted, "busy", details));
            }
            Ok(Response::new("served"))
        })
        .await;
        assert_eq!((reply.outcome.ok(), calls.into_inner()), (Some("served"), 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_answer_is_given_up() {
        let reply = ask(&(), (), async |(), ()| std::future::pending::<Result<Response<()>, Status>>().await).await;
        assert_eq!(reply.outcome.unwrap_err().code(), Code::DeadlineExceeded);
    }

    #[tokio::test(start_paused = true)]
    async fn a_plain_refusal_is_not_asked_again() {
        let calls = AtomicUsize::new(0);
        let reply: Reply<()> = ask(&(), (), async |(), ()| {
            calls.fetch_add(1, Ordering::SeqCst);
            Err(Status::resource_exhausted("for good"))
        })
        .await;
        assert!(reply.outcome.is_err() && calls.into_inner() == 1);
    }
}
