//! Calls that failed, told to people: the code, the reason, every wrong field, and what to do.

use std::error::Error as _;
use std::io::{self, Write};
use std::iter;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Prints why a call failed.
pub(super) fn explain(out: &mut impl Write, status: &Status) -> io::Result<()> {
    match severed(status) {
        Some(Severed::Refused) => {
            writeln!(out, "  the service ended the connection: it does not accept the client certificate")?;
            return writeln!(out, "  what to do: name a certificate and its key that it knows, with --cert and --key");
        }
        Some(Severed::Silently) => {
            writeln!(out, "  the service ended the connection without an answer")?;
            return writeln!(
                out,
                "  what to do: run it again; if it stays so, it may not accept the client certificate"
            );
        }
        None => {}
    }
    let (name, advice) = told(status.code());
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| format!(" ({})", info.reason)).unwrap_or_default();
    writeln!(out, "  {name}{reason}: {}", status.message())?;
    for wrong in details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default() {
        writeln!(out, "    {}: {}", wrong.field, wrong.description)?;
    }
    match retry_after(status) {
        Some(wait) => writeln!(out, "  what to do: {advice}, in {} s at the earliest", wait.as_secs_f64().ceil()),
        None => writeln!(out, "  what to do: {advice}"),
    }
}

/// The service's stable reason, if it gave one.
pub(super) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// How long the service asks to wait before the next try.
pub(super) fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// How a connection ended before the answer came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Severed {
    /// The service would not have the certificate. In TLS 1.3 a client learns of that at its first call only.
    Refused,
    /// Without a word: the service went down, or its word was lost on the way.
    Silently,
}

/// How the connection ended, if that is why the call failed.
pub(super) fn severed(status: &Status) -> Option<Severed> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let causes = || iter::successors(status.source(), |cause| (*cause).source());
    // The layers between turn the alert into text, so there is no type left to look for.
    if causes().any(|cause| cause.to_string().starts_with("received fatal alert")) {
        return Some(Severed::Refused);
    }
    let broken =
        |error: &io::Error| matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
    causes().filter_map(|cause| cause.downcast_ref()).any(broken).then_some(Severed::Silently)
}

/// Whether every other call would fail in the same way, so that going on is pointless.
pub(super) fn concerns_every_call(status: &Status) -> bool {
    severed(status).is_some()
        || matches!(
            status.code(),
            Code::Unavailable | Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented
        )
}

/// A code as the protocol writes it, and what a person can do about it.
const fn told(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::Ok => ("OK", "nothing"),
        Code::Cancelled => ("CANCELLED", "run it again; the service took too long to answer"),
        Code::Unknown => ("UNKNOWN", "run it again; if it stays so, ask the operators of the service"),
        Code::InvalidArgument => ("INVALID_ARGUMENT", "correct the fields named and run it again"),
        Code::DeadlineExceeded => ("DEADLINE_EXCEEDED", "run it again; the service took too long to answer"),
        Code::NotFound => ("NOT_FOUND", "check what you asked for; there is nothing by that name for you"),
        Code::AlreadyExists => ("ALREADY_EXISTS", "use another request_id, or send what was sent with it before"),
        Code::PermissionDenied => ("PERMISSION_DENIED", "use a certificate whose role may do this"),
        Code::ResourceExhausted => ("RESOURCE_EXHAUSTED", "ask less often, or with less at a time"),
        Code::FailedPrecondition => ("FAILED_PRECONDITION", "look at the present state first; it does not allow this"),
        Code::Aborted => ("ABORTED", "run it again; somebody else was faster"),
        Code::OutOfRange => ("OUT_OF_RANGE", "correct the value and run it again"),
        Code::Unimplemented => ("UNIMPLEMENTED", "use a program of the version that the service has"),
        Code::Internal => ("INTERNAL", "ask the operators of the service; its log says more"),
        Code::Unavailable => ("UNAVAILABLE", "check that the service runs and can be reached, then run it again"),
        Code::DataLoss => ("DATA_LOSS", "ask the operators of the service; its log says more"),
        Code::Unauthenticated => ("UNAUTHENTICATED", "use a certificate that the staff directory knows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    fn explained(status: &Status) -> String {
        let mut out = Vec::new();
        explain(&mut out, status).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_wrong_field_is_told_with_reason_and_cure() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info("MALFORMED", "eid", std::collections::HashMap::new())
            .add_bad_request_violation("application.phone", "is no mobile number of Viet Nam")
            .add_bad_request_violation("request_id", "is no UUID");
        let status = Status::with_error_details(Code::InvalidArgument, "2 fields cannot be read", details);
        assert_eq!(
            explained(&status),
            "  INVALID_ARGUMENT (MALFORMED): 2 fields cannot be read\n    application.phone: is no mobile number of Viet \
             Nam\n    request_id: is no UUID\n  what to do: correct the fields named and run it again\n"
        );
    }

    #[test]
    fn a_wait_that_was_asked_for_is_told() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(1_500)));
        let status = Status::with_error_details(Code::ResourceExhausted, "busy", details);
        assert!(explained(&status).contains("in 2 s at the earliest"), "{}", explained(&status));
    }

    #[test]
    fn a_severed_connection_is_told_from_an_answer() {
        let status = |error: io::Error| Status::from_error(Box::new(error));
        let refused = status(io::Error::new(io::ErrorKind::InvalidData, "received fatal alert: UnknownCA"));
        assert_eq!(severed(&refused), Some(Severed::Refused));
        assert!(explained(&refused).contains("does not accept the client certificate"));
        let silent = status(io::ErrorKind::ConnectionReset.into());
        assert_eq!(severed(&silent), Some(Severed::Silently));
        assert!(explained(&silent).contains("without an answer") && concerns_every_call(&silent));
        assert_eq!(severed(&Status::internal("received fatal alert")), None);
    }

    #[test]
    fn details_that_cannot_be_read_do_no_harm() {
        let status = Status::with_details(Code::Internal, "x", vec![0xff; 9].into());
        assert!(explained(&status).starts_with("  INTERNAL: x\n"));
    }
}
