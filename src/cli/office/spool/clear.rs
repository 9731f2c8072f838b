//! Takes what was refused out of `refused/`: its cure waits, or it is given up. Never by itself.
//!
//! First it is noted, then the request is removed. Whoever is killed between the two leaves both, and the next one who adds or
//! clears finishes. The number stays given, and the journal keeps what the service answered.

use std::collections::HashMap;
use std::io::Write;

use super::folder::{Folder, Shelf, Slot};
use super::journal::{self, Book, Cleared, Journal};
use crate::cli::FAILED;
use crate::domain::workstation::CaptureNumber;

/// What was taken out of `refused/`, by its place.
pub(super) fn cleared(folder: &Folder) -> anyhow::Result<HashMap<Slot, Option<CaptureNumber>>> {
    Ok(journal::read_cleared(folder)?.into_iter().map(|cleared| (cleared.slot, cleared.cure)).collect())
}

/// Removes what was noted and is still there. Only for who holds the lock on adding.
pub(super) fn finish(folder: &Folder) -> anyhow::Result<()> {
    let cleared = cleared(folder)?;
    let left = folder.slots(Shelf::Refused)?.into_iter().filter(|slot| cleared.contains_key(slot));
    left.into_iter().try_for_each(|slot| folder.remove(Shelf::Refused, slot))
}

/// Where a number lies that can be cleared; an error says why it cannot. `None`: it was cleared already.
pub(super) fn refused(folder: &Folder, number: CaptureNumber) -> anyhow::Result<Option<Slot>> {
    let of_number = |slots: Vec<Slot>| slots.into_iter().find(|slot| slot.number == number);
    if let Some(slot) = of_number(folder.slots(Shelf::Refused)?) {
        return Ok(Some(slot));
    }
    let noted = cleared(folder)?.keys().any(|slot| slot.number == number);
    anyhow::ensure!(
        noted,
        "number {number} does not lie in refused/; eid office spool DIR --show {number} says where it is"
    );
    Ok(None)
}

/// Takes a request out of `refused/`. Only for who holds the lock on adding, and once the cure is in the queue.
pub(super) fn clear(folder: &Folder, slot: Slot, cure: Option<CaptureNumber>) -> anyhow::Result<()> {
    let (mut notes, _) = Journal::open(folder, Book::Cleared)?;
    notes.append_cleared(folder, Cleared { slot, cure })?;
    folder.remove(Shelf::Refused, slot)
}

/// Gives up a request that was refused. The exit code.
pub(super) fn give_up(folder: &Folder, number: CaptureNumber, out: &mut impl Write) -> anyhow::Result<u8> {
    let _alone = folder.lock_adding()?;
    finish(folder)?;
    match refused(folder, number) {
        Ok(Some(slot)) => {
            clear(folder, slot, None)?;
            writeln!(out, "number {number}: given up; the journal keeps what it was answered")?;
            Ok(0)
        }
        Ok(None) => {
            writeln!(out, "number {number}: is not in refused/ any more")?;
            Ok(0)
        }
        Err(why) => {
            writeln!(out, "{why}")?;
            Ok(FAILED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::office::spool::tests::{refuse, spool};

    #[test]
    fn what_is_given_up_leaves_and_the_journal_keeps_that_it_was() {
        let (_dir, folder) = spool();
        let slot = refuse(&folder, 1);
        for said in ["number 1: given up", "number 1: is not in refused/ any more"] {
            let mut out = Vec::new();
            assert_eq!(give_up(&folder, slot.number, &mut out).unwrap(), 0);
            assert!(String::from_utf8(out).unwrap().starts_with(said), "{said}");
            assert_eq!(folder.slots(Shelf::Refused).unwrap(), []);
        }
        assert_eq!(journal::read_cleared(&folder).unwrap(), [Cleared { slot, cure: None }]);
        assert_eq!(journal::read(&folder).unwrap().len(), 1, "and what it was answered");
    }

    #[test]
    fn who_is_killed_between_the_note_and_the_removal_is_finished_by_the_next() {
        let (_dir, folder) = spool();
        let (slot, other) = (refuse(&folder, 1), refuse(&folder, 2));
        let (mut notes, _) = Journal::open(&folder, Book::Cleared).unwrap();
        notes.append_cleared(&folder, Cleared { slot, cure: Some(other.number) }).unwrap();
        assert_eq!(folder.slots(Shelf::Refused).unwrap(), [slot, other]);
        finish(&folder).unwrap();
        assert_eq!(folder.slots(Shelf::Refused).unwrap(), [other]);
        assert_eq!(refused(&folder, slot.number).unwrap(), None);
    }

    #[test]
    fn only_what_was_refused_is_given_up() {
        let (_dir, folder) = spool();
        let mut out = Vec::new();
        assert_eq!(give_up(&folder, CaptureNumber::FIRST, &mut out).unwrap(), FAILED);
        assert!(String::from_utf8(out).unwrap().contains("number 1 does not lie in refused/"));
    }
}
