//! Sets back the capture times of what waits and says that it was captured in the future, since a clock was fast.
//!
//! Nothing here guesses: the officer says by how much, and only what has not been sent and is in the future of this machine's
//! clock is touched. Number and name stay, so that the service misses nothing.

use std::collections::HashSet;
use std::io::Write;

use super::add::instant;
use super::folder::{Folder, Shelf, Slot};
use super::journal;
use crate::cli::{FAILED, words};
use crate::domain::time::Timestamp;
use crate::domain::workstation::{ClockOffset, is_in_future};

/// Sets the times back by how much the clock was ahead. The exit code. Only for who holds the lock on sending: what is on
/// its way must not change.
pub(super) fn retime(folder: &Folder, by: ClockOffset, now: Timestamp, out: &mut impl Write) -> anyhow::Result<u8> {
    let _alone = folder.lock_adding()?;
    folder.sweep()?;
    let settled: HashSet<Slot> = journal::read(folder)?.into_iter().map(|settled| settled.slot).collect();
    let (mut changed, mut left) = (0_usize, 0_usize);
    for slot in folder.slots(Shelf::Queue)?.into_iter().filter(|slot| !settled.contains(slot)) {
        match one(folder, slot, by, now)? {
            Retimed::Untouched => {}
            Retimed::To(at) => {
                changed += 1;
                writeln!(out, "number {}: captured at {at}", slot.number)?;
            }
            Retimed::StillAhead => {
                left += 1;
                writeln!(out, "number {}: would still be captured in the future; it was left as it is", slot.number)?;
            }
        }
    }
    if changed + left == 0 {
        writeln!(out, "nothing waits that was captured in the future of this machine's clock")?;
        writeln!(out, "  en: If something is held, set the clock first.")?;
        writeln!(out, "  vi: Nếu có hồ sơ đang được giữ lại, hãy chỉnh đồng hồ trước.")?;
    }
    Ok(if left > 0 { FAILED } else { 0 })
}

enum Retimed {
    Untouched,
    To(Timestamp),
    StillAhead,
}

fn one(folder: &Folder, slot: Slot, by: ClockOffset, now: Timestamp) -> anyhow::Result<Retimed> {
    let mut request = folder.read(Shelf::Queue, slot)?;
    let capture = request.capture.as_mut().and_then(|capture| capture.captured_at.as_mut());
    let Some(captured_at) = capture.filter(|at| is_in_future(words::moment(at), now)) else {
        return Ok(Retimed::Untouched);
    };
    let was = Timestamp::from_micros(words::moment(captured_at).micros().saturating_sub(by.micros()));
    if is_in_future(was, now) {
        return Ok(Retimed::StillAhead);
    }
    *captured_at = instant(was);
    // Under the same name: the old text is there until the new one is whole.
    folder.enqueue(vec![folder.write(slot, &request)?])?;
    Ok(Retimed::To(was))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::office::spool::tests::{spool, waiting};
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const FAST: ClockOffset = ClockOffset::from_micros(259_200_000_000);

    fn retimed(folder: &Folder) -> (u8, String) {
        let mut out = Vec::new();
        let code = retime(folder, FAST, NOW, &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    fn captured_at(folder: &Folder, slot: Slot) -> Timestamp {
        let capture = folder.read(Shelf::Queue, slot).unwrap().capture.unwrap();
        words::moment(&capture.captured_at.unwrap())
    }

    #[test]
    fn what_a_fast_clock_dated_gets_its_true_time_once_and_nothing_else_is_touched() {
        let (_dir, folder) = spool();
        let hour = Duration::from_hours(1);
        let ahead = NOW.plus(Duration::from_hours(72)).minus(hour);
        let (fast, right) = (waiting(&folder, 1, ahead), waiting(&folder, 2, NOW.minus(hour)));
        assert_eq!(retimed(&folder), (0, format!("number 1: captured at {}\n", NOW.minus(hour))));
        for slot in [fast, right] {
            assert_eq!(captured_at(&folder, slot), NOW.minus(hour), "{slot:?}");
        }
        let (code, said) = retimed(&folder);
        assert!(code == 0 && said.starts_with("nothing waits"), "{said}");
        assert_eq!(captured_at(&folder, fast), NOW.minus(hour));
    }

    #[test]
    fn a_time_that_would_still_be_in_the_future_is_left_as_it_is() {
        let (_dir, folder) = spool();
        let slot = waiting(&folder, 1, NOW.plus(Duration::from_hours(100)));
        let (code, said) = retimed(&folder);
        assert!(code == FAILED && said.contains("would still be captured in the future"), "{said}");
        assert_eq!(captured_at(&folder, slot), NOW.plus(Duration::from_hours(100)));
    }
}
