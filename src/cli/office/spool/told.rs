//! What a spool says: answers as they come, how it stands, one request with all that is known of it.

use std::collections::HashSet;
use std::io::{self, Write};

use tonic::Code;

use super::clear;
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
    if offset.micros() < 0 {
        writeln!(
            out,
            "  en: It is slow. Set it from a time server, or captures are filed under a time before they were made."
        )?;
        return writeln!(
            out,
            "  vi: Đồng hồ chạy chậm. Hãy đồng bộ với máy chủ thời gian, nếu không thời điểm thu nhận sẽ bị ghi sớm hơn thực tế."
        );
    }
    writeln!(
        out,
        "  en: It is fast. Set it from a time server: what is captured in the future cannot be sent before then."
    )?;
    writeln!(
        out,
        "  vi: Đồng hồ chạy nhanh. Hãy đồng bộ với máy chủ thời gian: lần thu nhận ghi ở tương lai chưa thể gửi trước lúc đó."
    )
}

/// How a spool stands.
pub(super) fn status(folder: &Folder, out: &mut impl Write) -> anyhow::Result<()> {
    let (waiting, refused) = (folder.slots(Shelf::Queue)?, folder.slots(Shelf::Refused)?);
    let settled = journal::read(folder)?;
    let accepted = settled.iter().filter(|settled| settled.taken_in().is_some()).count();
    // What was answered may not have left the queue yet.
    let answered: HashSet<_> = settled.iter().map(|settled| settled.slot).collect();
    let waiting: Vec<_> = waiting.iter().filter(|slot| !answered.contains(slot)).collect();
    let cleared = clear::cleared(folder)?;
    let refused: Vec<_> = refused.into_iter().filter(|slot| !cleared.contains_key(slot)).collect();
    let cured = cleared.values().flatten().count();
    let numbers = waiting.iter().copied().chain(&refused).chain(settled.iter().map(|settled| &settled.slot));
    let last = numbers.map(|slot| slot.number).max();
    words::line(out, "workstation", folder.workstation().as_str())?;
    words::line(out, "last number", &last.map_or_else(|| "none".to_owned(), |last| last.to_string()))?;
    words::line(out, "waiting", &listed(&waiting))?;
    words::line(out, "accepted", &accepted.to_string())?;
    words::line(out, "refused", &listed(&refused.iter().collect::<Vec<_>>()))?;
    words::line(out, "cured", &cured.to_string())?;
    words::line(out, "given up", &(cleared.len() - cured).to_string())?;
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

/// What became of a refused request afterwards.
fn cleared_is_told(folder: &Folder, slot: Slot, out: &mut impl Write) -> anyhow::Result<()> {
    match clear::cleared(folder)?.get(&slot) {
        Some(Some(cure)) => writeln!(out, "  cured by number {cure}")?,
        Some(None) => writeln!(out, "  given up")?,
        None => {}
    }
    Ok(())
}

/// One request: where it is, what it says, what it was answered. The exit code.
pub(super) fn show(folder: &Folder, number: CaptureNumber, out: &mut impl Write) -> anyhow::Result<u8> {
    let of_number = |slots: Vec<Slot>| slots.into_iter().find(|slot| slot.number == number);
    let settled: Option<Settled> = journal::read(folder)?.into_iter().rfind(|settled| settled.slot.number == number);
    let here =
        [Shelf::Refused, Shelf::Queue].into_iter().map(|shelf| anyhow::Ok((shelf, of_number(folder.slots(shelf)?))));
    let here = here.collect::<Result<Vec<_>, _>>()?.into_iter().find_map(|(shelf, slot)| Some((shelf, slot?)));
    match (&settled, here) {
        (Some(settled), _) => {
            answered(out, settled.slot, &settled.answer)?;
            cleared_is_told(folder, settled.slot, out)?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_by_how_much_and_which_way_in_both_languages() {
        for (micros, words) in [
            (259_212_000_000, ["off by +3d 00:00:12", "  en: It is fast.", "  vi: Đồng hồ chạy nhanh."]),
            (-370_000_000, ["off by -0d 00:06:10", "  en: It is slow.", "  vi: Đồng hồ chạy chậm."]),
        ] {
            let mut out = Vec::new();
            clock(&mut out, ClockOffset::from_micros(micros)).unwrap();
            let said = String::from_utf8(out).unwrap();
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
    }
}
