//! Takes requests from files into the queue: gives each its number, its name and its capture time, for good.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use prost::Message as _;
use uuid::Uuid;

use super::clear;
use super::folder::{Folder, Shelf, Slot, Unfinished};
use super::journal;
use crate::cli::office::delivery::{Item, Tally, Verdict};
use crate::cli::office::request::Reader;
use crate::domain::ids::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workstation::CaptureNumber;
use crate::proto::{CaptureProvenance, SubmitRequest};

/// Requests that get their places at once.
const BATCH: usize = 64;

/// What the spool knows of the requests that were ever put into it.
struct Known {
    next: CaptureNumber,
    /// Those that wait or were taken in, by name. One that was refused may come again.
    by_name: HashMap<Uuid, CaptureNumber>,
}

impl Known {
    /// The shelves are looked at before the journal: what leaves the queue meanwhile is in the journal by then.
    fn read(folder: &Folder) -> anyhow::Result<Self> {
        let waiting = folder.slots(Shelf::Queue)?;
        let refused = folder.slots(Shelf::Refused)?;
        let settled = journal::read(folder)?;
        let numbers = waiting.iter().chain(&refused).chain(settled.iter().map(|settled| &settled.slot));
        let highest = numbers.map(|slot| slot.number).max();
        let taken_in = settled.iter().filter(|settled| settled.taken_in().is_some()).map(|settled| &settled.slot);
        // What is refused and still in the queue is on its way out of it.
        let refused_here: HashSet<_> =
            settled.iter().filter(|settled| settled.taken_in().is_none()).map(|settled| settled.slot).collect();
        let waiting = waiting.iter().filter(|slot| !refused_here.contains(slot));
        let by_name = waiting.chain(taken_in).map(|slot| (slot.request, slot.number)).collect();
        Ok(Self { next: highest.map_or(CaptureNumber::FIRST, CaptureNumber::next), by_name })
    }
}

/// Puts every item into the queue that can be read and is not there yet, and says so of each. What the one item cures is
/// taken out of `refused/` once the cure is on the disk.
pub(super) fn add(
    folder: &Folder,
    items: &[Item<'_>],
    (now, cures): (Timestamp, Option<CaptureNumber>),
    out: &mut impl Write,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let _alone = folder.lock_adding()?;
    folder.sweep()?;
    clear::finish(folder)?;
    anyhow::ensure!(
        cures.is_none() || items.len() == 1,
        "--cures takes a file with one request; there are {}",
        items.len()
    );
    // Asked before anything is put in, so that a wrong number changes nothing.
    let cured = cures.map(|number| clear::refused(folder, number)).transpose()?.flatten();
    let mut known = Known::read(folder)?;
    let reader = Reader::new()?;
    for items in items.chunks(BATCH) {
        let (mut written, mut said, mut here) = (Vec::new(), Vec::new(), None);
        for item in items {
            said.push(match one(folder, &reader, item, now, &mut known) {
                Ok(Added::New(unfinished, number)) => {
                    written.push(unfinished);
                    here = Some(number);
                    format!("{item}: waits as number {number}")
                }
                Ok(Added::There(number)) => {
                    here = Some(number);
                    format!("{item}: is here already, as number {number}")
                }
                Err(Refusal::Unreadable(why)) => {
                    tally.count(Verdict::Unreadable);
                    format!("{item}: cannot be read: {why}")
                }
                Err(Refusal::Fault(fault)) => return Err(fault),
            });
        }
        folder.enqueue(written)?;
        // Only now it is true.
        said.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        if let (Some(slot), Some(cure)) = (cured, here) {
            clear::clear(folder, slot, Some(cure))?;
            writeln!(out, "number {}: is cured by number {cure}, and not in refused/ any more", slot.number)?;
        }
    }
    Ok(())
}

enum Added {
    New(Unfinished, CaptureNumber),
    There(CaptureNumber),
}

enum Refusal {
    /// It concerns the item.
    Unreadable(String),
    /// It concerns the folder.
    Fault(anyhow::Error),
}

fn one(folder: &Folder, reader: &Reader, item: &Item<'_>, now: Timestamp, known: &mut Known) -> Result<Added, Refusal> {
    let request = reader.message(item.text).map_err(|fault| Refusal::Unreadable(fault.to_string()))?;
    place(folder, request, now, known)
}

/// Gives a request its name and its number, unless it is here already.
fn place(folder: &Folder, mut request: SubmitRequest, now: Timestamp, known: &mut Known) -> Result<Added, Refusal> {
    let told = request.capture.take().unwrap_or_default();
    let name = if request.request_id.is_empty() {
        folder.key().name(&request.encode_to_vec())
    } else {
        let parsed = RequestId::parse(&request.request_id);
        parsed.map_err(|fault| Refusal::Unreadable(format!("request_id: {fault}")))?.uuid()
    };
    if let Some(number) = known.by_name.get(&name) {
        return Ok(Added::There(*number));
    }
    let number = known.next;
    request.request_id = name.to_string();
    request.capture = Some(CaptureProvenance {
        workstation_id: folder.workstation().to_string(),
        sequence: number.get(),
        captured_at: Some(told.captured_at.unwrap_or_else(|| instant(now))),
        workstation_time: None,
    });
    let unfinished = folder.write(Slot { number, request: name }, &request).map_err(Refusal::Fault)?;
    known.next = number.next();
    known.by_name.insert(name, number);
    Ok(Added::New(unfinished, number))
}

/// Puts requests into the queue that no file holds.
pub(super) fn put(folder: &Folder, requests: Vec<SubmitRequest>, now: Timestamp) -> anyhow::Result<()> {
    let _alone = folder.lock_adding()?;
    folder.sweep()?;
    clear::finish(folder)?;
    let mut known = Known::read(folder)?;
    let mut left = requests.into_iter().peekable();
    while left.peek().is_some() {
        let mut written = Vec::new();
        for request in left.by_ref().take(BATCH) {
            match place(folder, request, now, &mut known) {
                Ok(Added::New(unfinished, _)) => written.push(unfinished),
                Ok(Added::There(_)) => {}
                Err(Refusal::Unreadable(why)) => anyhow::bail!("a request cannot be put into the queue: {why}"),
                Err(Refusal::Fault(fault)) => return Err(fault),
            }
        }
        folder.enqueue(written)?;
    }
    Ok(())
}

/// An instant as the protocol writes it.
pub(super) fn instant(at: Timestamp) -> prost_types::Timestamp {
    let (seconds, micros) = (at.micros().div_euclid(1_000_000), at.micros().rem_euclid(1_000_000));
    prost_types::Timestamp { seconds, nanos: i32::try_from(micros * 1_000).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::office::spool::journal::{Book, Journal, Settled};
    use crate::domain::workstation::WorkstationId;
    use crate::proto::item_answer::Outcome;
    use crate::proto::{ItemAnswer, ItemError, Receipt, SubmitResponse, submit_response};
    use crate::sys::Dice;

    const EXAMPLE: &str = include_str!("../../../../docs/examples/submit.json");
    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn spool() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        Folder::make(dir.path(), &WorkstationId::parse("q1-01").unwrap(), None, &Dice::system()).unwrap();
        let folder = Folder::open(dir.path(), None).unwrap();
        (dir, folder)
    }

    fn added(folder: &Folder, texts: &[&str]) -> (String, u8) {
        let item = |(at, text)| Item { file: "day.jsonl", line: Some(at + 1), text };
        let items: Vec<_> = texts.iter().copied().enumerate().map(item).collect();
        let (mut out, mut tally) = (Vec::new(), Tally::default());
        add(folder, &items, (NOW, None), &mut out, &mut tally).unwrap();
        (String::from_utf8(out).unwrap(), tally.exit_code())
    }

    fn settle(folder: &Folder, outcome: Outcome) {
        let (mut journal, _) = Journal::open(folder, Book::Answers).unwrap();
        let slot = folder.slots(Shelf::Queue).unwrap()[0];
        let answer = ItemAnswer { outcome: Some(outcome), ..ItemAnswer::default() };
        journal.append(folder, &[Settled { slot, answer }]).unwrap();
    }

    #[test]
    fn requests_are_numbered_in_order_and_the_same_one_is_put_in_once() {
        let (_dir, folder) = spool();
        let other = EXAMPLE.replace("1974-08-12", "1974-08-13");
        let (said, code) = added(&folder, &[EXAMPLE, "{", &other, EXAMPLE]);
        assert_eq!(code, 3);
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines[0], "day.jsonl:1: waits as number 1");
        assert!(lines[1].starts_with("day.jsonl:2: cannot be read: "), "{said}");
        assert_eq!(lines[2..], ["day.jsonl:3: waits as number 2", "day.jsonl:4: is here already, as number 1"]);
        let slots = folder.slots(Shelf::Queue).unwrap();
        let request = folder.read(Shelf::Queue, slots[1]).unwrap();
        assert_eq!(request.request_id, slots[1].request.to_string());
        let capture = request.capture.unwrap();
        assert_eq!((capture.workstation_id.as_str(), capture.sequence), ("q1-01", 2));
        assert_eq!((capture.captured_at, capture.workstation_time), (Some(instant(NOW)), None));
    }

    #[test]
    fn a_name_or_a_capture_time_that_is_given_is_kept() {
        let (_dir, folder) = spool();
        let id = "01937E3A-3f4a-7c3b-8000-000000000001";
        let told = format!(
            r#"{{"request_id": "{id}", "capture": {{"workstation_id": "other", "sequence": "9", "captured_at": "2026-11-20T00:00:00Z"}}}}"#
        );
        added(&folder, &[&told]);
        let slot = folder.slots(Shelf::Queue).unwrap()[0];
        assert_eq!(slot.request.to_string(), id.to_lowercase());
        let capture = folder.read(Shelf::Queue, slot).unwrap().capture.unwrap();
        assert_eq!((capture.workstation_id.as_str(), capture.sequence), ("q1-01", 1), "the spool counts");
        assert_eq!(capture.captured_at.unwrap().seconds, 1_795_132_800);
        assert!(added(&folder, &[r#"{"request_id": "x"}"#]).0.contains("cannot be read: request_id: Not a UUID"));
    }

    #[test]
    fn a_number_is_never_given_twice_whatever_was_settled() {
        let (_dir, folder) = spool();
        added(&folder, &[EXAMPLE]);
        let receipt = submit_response::Outcome::Accepted(Receipt::default());
        settle(&folder, Outcome::Response(SubmitResponse { outcome: Some(receipt), ..SubmitResponse::default() }));
        assert!(added(&folder, &[EXAMPLE]).0.contains("already, as number 1"), "not removed yet");
        folder.remove(Shelf::Queue, folder.slots(Shelf::Queue).unwrap()[0]).unwrap();
        assert!(added(&folder, &[EXAMPLE]).0.contains("already, as number 1"), "taken in");
        let other = EXAMPLE.replace("1974-08-12", "1974-08-13");
        assert!(added(&folder, &[&other]).0.contains("waits as number 2"));
    }

    #[test]
    fn what_was_refused_may_be_put_in_again_and_gets_the_next_number() {
        let (_dir, folder) = spool();
        added(&folder, &[EXAMPLE]);
        settle(&folder, Outcome::Error(ItemError::default()));
        assert!(added(&folder, &[EXAMPLE]).0.contains("waits as number 2"));
    }
}
