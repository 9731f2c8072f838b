//! What is not sent yet because it says that it was captured in the future: until when it waits, and what is said of it.
//!
//! The service refuses such a capture, and what is refused must be cured by hand. So it stays in the queue under its number
//! until its time has come by the service's clock, which is told in the answer to the question of each stream; this machine's
//! clock, the one in doubt, decides nothing. What was captured later with a clock that was set meanwhile is not held up.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use tokio::time::Instant;

use super::folder::Slot;
use crate::cli::words;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{self, CLOCK_SKEW_MAX, ClockOffset};
use crate::proto::SubmitRequest;

/// The longest that is waited for: somewhat more than a year, the most by which a clock is off whose year was mistyped. What
/// lies further ahead is no clock's fault; the service refuses it, and it is cured like any other fault.
const HELD_MAX: Duration = Duration::from_hours(400 * 24);
/// How long the service's clock is taken to go on as it was told: a machine that slept did not count.
const TRUSTED: Duration = Duration::from_mins(5);

/// What the service's clock shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServiceClock {
    showed: Timestamp,
    at: Instant,
}

impl ServiceClock {
    /// From how far our clock is ahead of it, as it answered when ours had shown `asked`. What the answer took makes it slow
    /// by moments: then something is sent moments later, and never too early.
    pub(super) fn new(asked: Timestamp, offset: ClockOffset) -> Self {
        Self { showed: Timestamp::from_micros(asked.micros().saturating_sub(offset.micros())), at: Instant::now() }
    }

    fn now(self) -> Timestamp {
        self.showed.plus(self.at.elapsed())
    }

    /// Until when a request has to be held; `None` if it can go, or if waiting would not help.
    pub(super) fn holds(self, request: &SubmitRequest) -> Option<Timestamp> {
        let captured_at = words::moment(request.capture.as_ref()?.captured_at.as_ref()?);
        let now = self.now();
        let held = workstation::is_in_future(captured_at, now) && captured_at <= now.plus(HELD_MAX);
        held.then(|| captured_at.minus(CLOCK_SKEW_MAX))
    }
}

/// The requests that are held.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// When each is looked at again.
    again: BTreeMap<Slot, Instant>,
}

impl Held {
    /// Whether a request is not to be tried now.
    pub(super) fn holds(&self, slot: Slot) -> bool {
        self.again.get(&slot).is_some_and(|again| Instant::now() < *again)
    }

    /// Holds requests; those that were not held before, each with its time.
    pub(super) fn hold(&mut self, all: Vec<(Slot, Timestamp)>, clock: ServiceClock) -> Vec<(Slot, Timestamp)> {
        let (now, shown) = (Instant::now(), clock.now());
        let again = |until: Timestamp| now + until.since(shown).min(TRUSTED);
        all.into_iter().filter(|(slot, until)| self.again.insert(*slot, again(*until)).is_none()).collect()
    }

    /// Forgets what is settled or was told afresh.
    pub(super) fn release(&mut self, slot: Slot) {
        self.again.remove(&slot);
    }
}

/// Says of requests that they are held, why, and what to do.
pub(super) fn told(out: &mut impl Write, held: &[(Slot, Timestamp)], clock: Option<ClockOffset>) -> io::Result<()> {
    for (slot, until) in held {
        writeln!(out, "number {}: held until {until}", slot.number)?;
    }
    if held.is_empty() {
        return Ok(());
    }
    let ahead = clock.filter(|offset| offset.is_flagged() && offset.micros() > 0);
    let ahead = ahead.map_or_else(|| "\"+3d 00:00:12\"".to_owned(), |offset| format!("\"{offset}\""));
    writeln!(
        out,
        "  en: What is held says that it was captured in the future: the clock was fast. It goes by itself then."
    )?;
    writeln!(
        out,
        "      The legal period begins when it arrives. So that it need not wait: stop what sends, set the clock,"
    )?;
    writeln!(out, "      and set the capture times back by as much as the clock was fast: --retime {ahead}")?;
    writeln!(
        out,
        "  vi: Hồ sơ được giữ lại vì ghi thời điểm thu nhận ở tương lai: đồng hồ đã chạy nhanh. Đến lúc đó hồ sơ sẽ tự"
    )?;
    writeln!(
        out,
        "      được gửi. Thời hạn pháp lý chỉ bắt đầu khi hồ sơ đến nơi. Để không phải chờ: hãy dừng tiến trình gửi,"
    )?;
    writeln!(out, "      chỉnh đồng hồ, rồi lùi thời điểm thu nhận đúng bằng độ lệch của đồng hồ: --retime {ahead}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::office::spool::add::instant;
    use crate::domain::workstation::CaptureNumber;
    use crate::proto::CaptureProvenance;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const FAST: Duration = Duration::from_hours(72);

    fn captured(at: Timestamp) -> SubmitRequest {
        let capture = CaptureProvenance { captured_at: Some(instant(at)), ..CaptureProvenance::default() };
        SubmitRequest { capture: Some(capture), ..SubmitRequest::default() }
    }

    /// The service's clock shows `NOW`; ours is three days ahead.
    fn clock() -> ServiceClock {
        let offset = ClockOffset::from_micros(i64::try_from(FAST.as_micros()).unwrap());
        ServiceClock::new(NOW.plus(FAST), offset)
    }

    fn slot(number: u64) -> Slot {
        Slot { number: CaptureNumber::new(number).unwrap(), request: Uuid::from_u128(number.into()) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_capture_is_held_until_the_services_clock_takes_it_and_no_longer() {
        let (clock, request) = (clock(), captured(NOW.plus(FAST)));
        assert_eq!(clock.holds(&request), Some(NOW.plus(FAST).minus(CLOCK_SKEW_MAX)));
        tokio::time::advance(FAST.checked_sub(CLOCK_SKEW_MAX + Duration::from_millis(1)).unwrap()).await;
        assert!(clock.holds(&request).is_some());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(clock.holds(&request), None);
        assert_eq!(clock.holds(&SubmitRequest::default()), None, "what says nothing is the service's to judge");
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_clock_explains_is_not_waited_for() {
        assert!(clock().holds(&captured(NOW.plus(HELD_MAX))).is_some());
        assert_eq!(clock().holds(&captured(NOW.plus(HELD_MAX + Duration::from_secs(1)))), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_is_told_once_and_looked_at_when_its_time_comes_and_before_long() {
        let (mut held, until) = (Held::default(), NOW.plus(FAST));
        let soon = NOW.plus(Duration::from_secs(30));
        assert_eq!(held.hold(vec![(slot(1), until), (slot(2), soon)], clock()).len(), 2);
        assert!(held.holds(slot(1)) && held.holds(slot(2)) && !held.holds(slot(3)));
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(held.holds(slot(1)) && !held.holds(slot(2)));
        tokio::time::advance(TRUSTED).await;
        assert!(!held.holds(slot(1)), "the service is asked anew");
        assert_eq!(held.hold(vec![(slot(1), until)], clock()), [], "told before");
        assert!(held.holds(slot(1)));
    }

    #[test]
    fn an_officer_is_told_in_both_languages_by_how_much_and_what_to_do() {
        let mut out = Vec::new();
        let offset = ClockOffset::from_micros(259_212_000_000);
        told(&mut out, &[(slot(4), NOW)], Some(offset)).unwrap();
        let said = String::from_utf8(out).unwrap();
        assert!(said.starts_with(&format!("number 4: held until {NOW}\n  en: ")), "{said}");
        assert_eq!(said.matches("--retime \"+3d 00:00:12\"").count(), 2, "{said}");
        assert!(said.contains("  vi: "), "{said}");
    }
}
