//! Workstations of an office: how their captures are numbered, which numbers arrived, how far their clock is off.
//!
//! Owns what a capture says of where and when it was taken, and what follows from it. Refuses to mend anything: a wrong
//! clock is told and not subtracted, and a number means one content for ever. The legal period runs from receipt (Decree
//! 69/2024 art. 13.3), whatever a capture says of itself.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::finding::{CAPTURED_IN_FUTURE, CLOCK_OFF, Field, Finding, SEQUENCE_DOUBLED, Source};
use super::text::Malformed;
use super::time::Timestamp;

/// How far ahead of ours a capture's time may be, and how far off a clock may be before it is flagged. Clocks that ask a
/// time server differ by seconds.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_mins(5);

/// Letters of a workstation's name.
const ID_LENGTH_MAX: usize = 64;

const WRONG_ID: Malformed = Malformed::new(
    "Not a workstation's name. Write 1 to 64 letters a-z, digits, hyphens, dots or underscores, a letter or digit first.",
    "Không phải tên máy trạm. Hãy viết 1 đến 64 chữ cái a-z, chữ số, gạch nối, dấu chấm hoặc gạch dưới, bắt đầu bằng chữ \
     cái hoặc chữ số.",
);
const WRONG_NUMBER: Malformed = Malformed::new(
    "Not a sequence number. Count the captures of a workstation from 1.",
    "Không phải số thứ tự. Hãy đánh số các lần thu nhận của máy trạm từ 1.",
);
const WRONG_OFFSET: Malformed = Malformed::new(
    "Not a clock's offset. Write days, hours, minutes and seconds as in \"+3d 00:00:12\".",
    "Không phải độ lệch đồng hồ. Hãy ghi ngày, giờ, phút, giây như \"+3d 00:00:12\".",
);

/// Whether a capture's time is in the future at `now`, by more than clocks may differ.
pub fn is_in_future(captured_at: Timestamp, now: Timestamp) -> bool {
    captured_at > now.plus(CLOCK_SKEW_MAX)
}

/// A workstation's name, unique in the country: lower case, at most 64 letters, digits, `-`, `.` and `_`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorkstationId(String);

impl WorkstationId {
    /// Reads a name; capitals and small letters are one.
    ///
    /// # Errors
    /// If it is empty, too long, or holds anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim().to_ascii_lowercase();
        let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        (begins && text.len() <= ID_LENGTH_MAX && text.chars().all(right)).then_some(Self(text)).ok_or(WRONG_ID)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which what came under this one is kept when it is given free: as much of it as fits, and twelve
    /// digits of `mark`, so that the same name can be given free again.
    pub fn retired(&self, mark: Uuid) -> Self {
        let end = format!(".released-{:012x}", mark.as_u128() & 0xffff_ffff_ffff);
        Self(self.0.chars().take(ID_LENGTH_MAX - end.len()).chain(end.chars()).collect())
    }
}

impl fmt::Display for WorkstationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a capture within its workstation: from 1, without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CaptureNumber(i64);

impl CaptureNumber {
    /// The first one.
    pub const FIRST: Self = Self(1);

    /// A number.
    ///
    /// # Errors
    /// If it is zero, or more than a signed number of 64 bits holds.
    pub fn new(number: u64) -> Result<Self, Malformed> {
        i64::try_from(number).ok().and_then(Self::from_stored).ok_or(WRONG_NUMBER)
    }

    /// A number as the store keeps it; `None` if it is none.
    pub const fn from_stored(number: i64) -> Option<Self> {
        if number >= 1 { Some(Self(number)) } else { None }
    }

    /// As the store keeps it.
    pub const fn stored(self) -> i64 {
        self.0
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.unsigned_abs()
    }

    /// The one after it; the last there is stays itself.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for CaptureNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Numbers in one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NumberRange {
    /// The lowest.
    pub first: CaptureNumber,
    /// The highest, not below the lowest.
    pub last: CaptureNumber,
}

impl NumberRange {
    /// How many numbers it holds.
    pub const fn count(self) -> u64 {
        self.last.get().saturating_sub(self.first.get()).saturating_add(1)
    }
}

/// A set of numbers as runs: in order, none touching the next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Numbers(Vec<NumberRange>);

impl Numbers {
    /// The set that these runs make up; runs that touch are joined.
    pub fn new(mut ranges: Vec<NumberRange>) -> Self {
        ranges.sort_by_key(|range| range.first);
        let mut joined: Vec<NumberRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(before) if range.first <= before.last.next() => before.last = before.last.max(range.last),
                _ => joined.push(range),
            }
        }
        Self(joined)
    }

    /// The runs.
    pub fn ranges(&self) -> &[NumberRange] {
        &self.0
    }

    /// Whether a number is in it.
    pub fn holds(&self, number: CaptureNumber) -> bool {
        let after = self.0.partition_point(|range| range.first <= number);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|range| number <= range.last)
    }

    /// The highest number.
    pub fn highest(&self) -> Option<CaptureNumber> {
        self.0.last().map(|range| range.last)
    }

    /// The highest number up to which none is missing; `None` if the first is.
    pub fn complete_to(&self) -> Option<CaptureNumber> {
        self.0.first().filter(|range| range.first == CaptureNumber::FIRST).map(|range| range.last)
    }

    /// What is missing below the highest, in order.
    pub fn missing(&self) -> impl Iterator<Item = NumberRange> {
        let before = std::iter::once(None).chain(self.0.iter().map(|range| Some(range.last)));
        before.zip(&self.0).filter_map(|(before, range)| {
            let first = before.map_or(CaptureNumber::FIRST, CaptureNumber::next);
            let last = CaptureNumber::from_stored(range.first.stored() - 1)?;
            (first <= last).then_some(NumberRange { first, last })
        })
    }
}

impl FromIterator<CaptureNumber> for Numbers {
    fn from_iter<I: IntoIterator<Item = CaptureNumber>>(numbers: I) -> Self {
        Self::new(numbers.into_iter().map(|number| NumberRange { first: number, last: number }).collect())
    }
}

/// How far a clock is ahead of ours, in microseconds; behind if negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockOffset(i64);

impl ClockOffset {
    /// Of a clock that showed `theirs` at our `now`. The way of the message is part of it.
    pub const fn between(theirs: Timestamp, now: Timestamp) -> Self {
        Self(theirs.micros().saturating_sub(now.micros()))
    }

    /// Of so many microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whether somebody should set the clock: more than [`CLOCK_SKEW_MAX`] either way.
    pub const fn is_flagged(self) -> bool {
        self.0.unsigned_abs() as u128 > CLOCK_SKEW_MAX.as_micros()
    }
}

impl ClockOffset {
    /// Reads what [`fmt::Display`] writes; the sign may be left out if it is ahead.
    ///
    /// # Errors
    /// If it is written in another way.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        read_offset(text.trim()).map(Self).ok_or(WRONG_OFFSET)
    }
}

fn read_offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => (1, text),
    };
    let (days, clock) = rest.split_once('d')?;
    let parts: Vec<&str> = clock.trim_start().split(':').collect();
    let &[hours, minutes, seconds] = parts.as_slice() else { return None };
    let below = |text: &str, limit: i64| text.parse::<u32>().ok().map(i64::from).filter(|number| *number < limit);
    let (days, hours) = (below(days, i64::from(u16::MAX))?, below(hours, 24)?);
    let (minutes, seconds) = (below(minutes, 60)?, below(seconds, 60)?);
    Some(sign * (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000)
}

/// `+3d 00:00:12` or `-0d 00:06:10`: days, hours, minutes, seconds; ahead or behind.
impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let secs = self.0.unsigned_abs() / 1_000_000;
        let (days, hours, minutes) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60);
        write!(f, "{sign}{days}d {hours:02}:{minutes:02}:{:02}", secs % 60)
    }
}

/// What a capture says of where and when it was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provenance {
    /// The workstation.
    pub workstation: WorkstationId,
    /// Its number there.
    pub number: CaptureNumber,
    /// When it was taken, by that workstation's clock.
    pub captured_at: Timestamp,
    /// What that clock showed when the capture was sent.
    pub sent_at: Option<Timestamp>,
}

impl Provenance {
    /// How far the clock is off, if it was told what it shows.
    pub fn offset(&self, now: Timestamp) -> Option<ClockOffset> {
        self.sent_at.map(|theirs| ClockOffset::between(theirs, now))
    }

    /// What the rules find in it at `now`; `doubled` says that its number stands for another content already.
    pub fn examine(&self, doubled: bool, now: Timestamp) -> Vec<Finding> {
        let offset = self.offset(now);
        let shown = |name| Field::new(Source::Capture, name);
        let clock = offset.map(|offset| shown("capture.workstation_time").showing(offset.to_string()));
        let mut found = Vec::new();
        if doubled {
            found.push(Finding::new(&SEQUENCE_DOUBLED, [shown("capture.sequence").showing(self.number.to_string())]));
        }
        if is_in_future(self.captured_at, now) {
            let ahead = ClockOffset::between(self.captured_at, now);
            let captured = shown("capture.captured_at").showing(ahead.to_string());
            found.push(Finding::new(&CAPTURED_IN_FUTURE, [captured].into_iter().chain(clock.clone())));
        }
        if offset.is_some_and(ClockOffset::is_flagged) {
            found.push(Finding::new(&CLOCK_OFF, clock));
        }
        found
    }
}

/// What a capture's number stands for already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Earlier<T> {
    /// Nothing, or a capture that was not taken in and may come again.
    Nothing,
    /// This very capture, which was taken in.
    TakenIn(T),
    /// Another one.
    Another,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn number(number: u64) -> CaptureNumber {
        CaptureNumber::new(number).unwrap()
    }

    fn capture(captured_at: Timestamp, sent_at: Option<Timestamp>) -> Provenance {
        let workstation = WorkstationId::parse("hcm-q1-03").unwrap();
        Provenance { workstation, number: number(7), captured_at, sent_at }
    }

    fn rules(found: &[Finding]) -> Vec<&'static str> {
        found.iter().map(|finding| finding.rule.id).collect()
    }

    #[test]
    fn a_name_that_is_given_free_is_a_name_still_and_a_mark_tells_it_from_the_next() {
        let (one, other) = (Uuid::from_u128(0x1_0000_0000_00ab), Uuid::from_u128(2));
        for name in ["q1-01", &"a".repeat(64)] {
            let name = WorkstationId::parse(name).unwrap();
            let retired = name.retired(one);
            assert_eq!(WorkstationId::parse(retired.as_str()).unwrap(), retired);
            assert!(retired.as_str().ends_with(".released-0000000000ab"), "{retired}");
            assert!(retired != name.retired(other) && retired.retired(other) != retired);
        }
    }

    #[test]
    fn a_workstation_has_one_name_however_it_is_typed() {
        assert_eq!(WorkstationId::parse(" HCM-Q1.03_b ").unwrap().as_str(), "hcm-q1.03_b");
        for wrong in ["", "-a", ".a", "a b", "ơ", "a/b", "a\nb", &"a".repeat(65)] {
            assert!(WorkstationId::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn captures_are_counted_from_one() {
        assert!(CaptureNumber::new(0).is_err() && CaptureNumber::new(u64::MAX).is_err());
        assert_eq!(CaptureNumber::new(1), Ok(CaptureNumber::FIRST));
        assert_eq!(number(41).next(), number(42));
        let last = CaptureNumber::from_stored(i64::MAX).unwrap();
        assert_eq!(last.next(), last);
    }

    proptest! {
        #[test]
        fn runs_say_what_a_list_of_numbers_says(numbers in prop::collection::vec(1_u64..200, 0..150)) {
            let all: BTreeSet<u64> = numbers.iter().copied().collect();
            let set: Numbers = numbers.iter().map(|n| number(*n)).collect();
            let highest = all.last().copied().unwrap_or(0);
            prop_assert_eq!(set.highest().map(CaptureNumber::get), all.last().copied());
            let complete = (1..=highest).take_while(|n| all.contains(n)).last();
            prop_assert_eq!(set.complete_to().map(CaptureNumber::get), complete);
            let missing: Vec<u64> = set.missing().flat_map(|gap| gap.first.get()..=gap.last.get()).collect();
            prop_assert_eq!(missing, (1..=highest).filter(|n| !all.contains(n)).collect::<Vec<_>>());
            for n in 1..=201 {
                prop_assert_eq!(set.holds(number(n)), all.contains(&n));
            }
            let counted: u64 = set.ranges().iter().map(|range| range.count()).sum();
            prop_assert_eq!(counted, all.len() as u64);
            prop_assert_eq!(Numbers::new(set.ranges().to_vec()), set);
        }
    }

    #[test]
    fn a_capture_time_in_the_future_is_refused_with_the_clocks_offset() {
        let fast = Duration::from_hours(72);
        let found = capture(NOW.plus(fast), Some(NOW.plus(fast))).examine(false, NOW);
        assert_eq!(rules(&found), ["workstation.captured-in-future", "workstation.clock-off"]);
        let told: Vec<_> = found[0].fields.iter().map(|field| field.value.as_ref().unwrap().as_str()).collect();
        assert_eq!(told, ["+3d 00:00:00", "+3d 00:00:00"]);
        let silent = capture(NOW.plus(fast), None).examine(false, NOW);
        assert_eq!((rules(&silent), silent[0].fields.len()), (vec!["workstation.captured-in-future"], 1));
    }

    #[test]
    fn a_few_minutes_are_nobodys_fault() {
        let at = NOW.plus(CLOCK_SKEW_MAX);
        assert!(capture(at, Some(at)).examine(false, NOW).is_empty());
        let beyond = at.plus(Duration::from_micros(1));
        let found = capture(beyond, Some(beyond)).examine(false, NOW);
        assert_eq!(rules(&found), ["workstation.captured-in-future", "workstation.clock-off"]);
        let week = NOW.minus(Duration::from_hours(168));
        assert!(capture(week, Some(NOW)).examine(false, NOW).is_empty(), "kept while the line was down");
    }

    #[test]
    fn a_clock_that_is_off_is_noted_either_way() {
        for (sent, told) in [
            (NOW.minus(Duration::from_secs(310)), "-0d 00:05:10"),
            (NOW.plus(Duration::from_secs(97_322)), "+1d 03:02:02"),
        ] {
            let found = capture(NOW, Some(sent)).examine(false, NOW);
            assert_eq!(rules(&found), ["workstation.clock-off"]);
            assert_eq!(found[0].fields[0].value.as_ref().unwrap().as_str(), told);
        }
    }

    #[test]
    fn an_offset_is_read_as_it_is_written() {
        for secs in [0, 12, 370, -370, 97_322, 259_200, 31_622_399] {
            let offset = ClockOffset::from_micros(secs * 1_000_000);
            assert_eq!(ClockOffset::parse(&offset.to_string()), Ok(offset));
        }
        assert_eq!(ClockOffset::parse("3d00:00:12"), ClockOffset::parse(" +3d 00:00:12 "));
        for wrong in
            ["", "3", "3d", "+3d 24:00:00", "+3d 00:60:00", "+3d 00:00", "x3d 00:00:00", "d 00:00:00", "+-3d 0:0:0"]
        {
            assert!(ClockOffset::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_number_that_stands_for_another_content_is_refused() {
        assert_eq!(rules(&capture(NOW, Some(NOW)).examine(true, NOW)), ["workstation.sequence-doubled"]);
    }
}
