//! What a spool says: answers as they come, how it stands, one request with all that is known of it.

use std::io::{self, Write};

use tonic::Code;

use super::folder::{Folder, Shelf, Slot};
use super::journal::{self, Settled};
use crate::cli::office::delivery::Verdict;
use crate::cli::office::request::Reader;
use crate::cli::{FAILED, words};
use crate::domain::workstation::{CaptureNumber, ClockOffset};
use crate::proto::item_answer::Outcome;
use crate::proto::{ItemAnswer, ItemError, submit_response};

/// What an answer comes to. An error that another try may cure settles nothing.
pub(super) fn verdict(answer: &ItemAnswer) -> Verdict {
    match &answer.outcome {
        Some(Outcome::Response(response)) => match &response.outcome {
            Some(submit_response::Outcome::Accepted(_)) => Verdict::Accepted,
            Some(submit_response::Outcome::NotAccepted(_)) => Verdict::NotAccepted,
            None => Verdict::NotSent,
        },
        Some(Outcome::Error(error)) => {
            let code = Code::from_i32(error.code);
            let refused = matches!(code, Code::InvalidArgument | Code::AlreadyExists | Code::OutOfRange);
            if refused { Verdict::NotAccepted } else { Verdict::NotSent }
        }
        None => Verdict::NotSent,
    }
}

/// What became of one request.
pub(super) fn answered(out: &mut impl Write, slot: Slot, answer: &ItemAnswer) -> io::Result<()> {
    let number = slot.number;
    match &answer.outcome {
        Some(Outcome::Response(response)) => match &response.outcome {
            Some(submit_response::Outcome::Accepted(receipt)) => {
                writeln!(out, "number {number}: accepted {}", receipt.enrolment_id)?;
                words::findings(out, &receipt.notes)
            }
            Some(submit_response::Outcome::NotAccepted(refused)) => {
                writeln!(out, "number {number}: not accepted")?;
                words::findings(out, &refused.findings)
            }
            None => unknown(out, number),
        },
        Some(Outcome::Error(error)) => {
            let word = if verdict(answer) == Verdict::NotAccepted { "not accepted" } else { "not sent" };
            writeln!(out, "number {number}: {word}")?;
            self::error(out, error)
        }
        None => unknown(out, number),
    }
}

fn unknown(out: &mut impl Write, number: CaptureNumber) -> io::Result<()> {
    writeln!(out, "number {number}: the service gave an answer that this program does not know")
}

fn error(out: &mut impl Write, error: &ItemError) -> io::Result<()> {
    let message = error.message.clone().unwrap_or_default();
    writeln!(out, "  {}", error.reason)?;
    writeln!(out, "    en: {}", message.en)?;
    writeln!(out, "    vi: {}", message.vi)?;
    error.faults.iter().try_for_each(|fault| writeln!(out, "    {}: {}", fault.field, fault.description))
}

/// A clock that somebody should set.
pub(super) fn clock(out: &mut impl Write, offset: ClockOffset) -> io::Result<()> {
    writeln!(out, "this machine's clock is off by {offset} (days, hours:minutes:seconds; + is fast)")?;
    writeln!(out, "  en: Set it from a time server: captures in the future are not accepted.")?;
    writeln!(out, "  vi: Hãy đồng bộ đồng hồ với máy chủ thời gian: lần thu nhận ghi ở tương lai không được chấp nhận.")
}

/// How a spool stands.
pub(super) fn status(folder: &Folder, out: &mut impl Write) -> anyhow::Result<()> {
    let (waiting, refused) = (folder.slots(Shelf::Queue)?, folder.slots(Shelf::Refused)?);
    let settled = journal::read(folder)?;
    let accepted = settled.iter().filter(|settled| settled.taken_in().is_some()).count();
    // What was answered may not have left the queue yet.
    let waiting: Vec<_> = waiting.iter().filter(|slot| !settled.iter().any(|s| s.slot == **slot)).collect();
    let numbers = waiting.iter().copied().chain(&refused).chain(settled.iter().map(|settled| &settled.slot));
    let last = numbers.map(|slot| slot.number).max();
    words::line(out, "workstation", folder.workstation().as_str())?;
    words::line(out, "last number", &last.map_or_else(|| "none".to_owned(), |last| last.to_string()))?;
    words::line(out, "waiting", &listed(&waiting))?;
    words::line(out, "accepted", &accepted.to_string())?;
    words::line(out, "refused", &listed(&refused.iter().collect::<Vec<_>>()))?;
    Ok(())
}

/// How many, and between which numbers.
fn listed(slots: &[&Slot]) -> String {
    match slots {
        [] => "0".to_owned(),
        [one] => format!("1 (number {})", one.number),
        [first, .., last] => format!("{} (numbers {} to {})", slots.len(), first.number, last.number),
    }
}

/// One request: where it is, what it says, what it was answered. The exit code.
pub(super) fn show(folder: &Folder, number: CaptureNumber, out: &mut impl Write) -> anyhow::Result<u8> {
    let of_number = |slots: Vec<Slot>| slots.into_iter().find(|slot| slot.number == number);
    let settled: Option<Settled> = journal::read(folder)?.into_iter().rfind(|settled| settled.slot.number == number);
    let here =
        [Shelf::Refused, Shelf::Queue].into_iter().map(|shelf| anyhow::Ok((shelf, of_number(folder.slots(shelf)?))));
    let here = here.collect::<Result<Vec<_>, _>>()?.into_iter().find_map(|(shelf, slot)| Some((shelf, slot?)));
    match (&settled, here) {
        (Some(settled), _) => answered(out, settled.slot, &settled.answer)?,
        (None, Some(_)) => writeln!(out, "number {number}: waits")?,
        (None, None) => {
            writeln!(out, "number {number}: is not here")?;
            return Ok(FAILED);
        }
    }
    if let Some((shelf, slot)) = here {
        let mut request = folder.read(shelf, slot)?;
        // As it is put in again once it is cured: number and name are given anew.
        request.request_id.clear();
        if let Some(capture) = &mut request.capture {
            capture.workstation_id.clear();
            capture.sequence = 0;
        }
        writeln!(out, "{}", Reader::new()?.write(&request)?)?;
    }
    Ok(0)
}
