//! The shipped calendar against the fact sheet, counting against a slow twin, and every fault of a file.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use time::macros::date;

use super::*;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::read(SHIPPED).unwrap());

fn shipped() -> Calendar {
    CALENDAR.clone()
}

/// The shipped text with one piece in the place of another.
fn with(old: &str, new: &str) -> Result<Calendar, Vec<CalendarFault>> {
    assert!(SHIPPED.contains(old), "{old} is not there");
    Calendar::read(&SHIPPED.replacen(old, new, 1))
}

fn problems(old: &str, new: &str) -> Vec<Problem> {
    with(old, new).unwrap_err().into_iter().map(|fault| fault.problem).collect()
}

#[test]
fn the_test_vectors_of_the_fact_sheet_hold() {
    let vectors = [
        (date!(2025 - 08 - 28), [date!(2025 - 08 - 29), date!(2025 - 09 - 04), date!(2025 - 09 - 10)]),
        (date!(2026 - 02 - 13), [date!(2026 - 02 - 23), date!(2026 - 02 - 25), date!(2026 - 03 - 03)]),
        (date!(2026 - 04 - 24), [date!(2026 - 04 - 28), date!(2026 - 05 - 04), date!(2026 - 05 - 08)]),
        (date!(2026 - 08 - 21), [date!(2026 - 08 - 22), date!(2026 - 08 - 25), date!(2026 - 09 - 03)]),
        (date!(2026 - 08 - 28), [date!(2026 - 09 - 03), date!(2026 - 09 - 07), date!(2026 - 09 - 11)]),
        (date!(2026 - 11 - 20), [date!(2026 - 11 - 23), date!(2026 - 11 - 26), date!(2026 - 12 - 02)]),
        (date!(2026 - 11 - 21), [date!(2026 - 11 - 23), date!(2026 - 11 - 26), date!(2026 - 12 - 02)]),
    ];
    let calendar = shipped();
    for (received, expected) in vectors {
        let counted = [1, 3, 7].map(|days| calendar.after(received, days).unwrap());
        assert_eq!(counted.map(|counted| counted.day), expected, "{received}");
        assert!(counted.iter().all(|counted| !counted.provisional), "{received}");
    }
}

#[test]
fn the_years_have_as_many_working_days_as_the_fact_sheet_says() {
    assert_eq!([2025, 2026].map(|year| shipped().working_days(year)), [Ok(250), Ok(249)]);
}

#[test]
fn a_day_ends_at_midnight_in_viet_nam() {
    let counted = shipped().after(date!(2026 - 11 - 20), 1).unwrap();
    assert_eq!(counted.end(), Timestamp::start_of(date!(2026 - 11 - 24)));
    assert_eq!(counted.end().minus(Duration::from_micros(1)).local_date(), date!(2026 - 11 - 23));
}

#[test]
fn a_year_that_is_not_held_is_named_and_never_guessed() {
    let calendar = shipped();
    assert_eq!(calendar.after(date!(2028 - 12 - 29), 1), Err(CalendarLacks { year: 2029 }));
    assert_eq!(calendar.after(date!(2024 - 12 - 31), 0), Err(CalendarLacks { year: 2024 }));
    assert_eq!(calendar.between(date!(2028 - 12 - 29), date!(2029 - 01 - 02)), Err(CalendarLacks { year: 2029 }));
    assert_eq!(calendar.working_days(2029), Err(CalendarLacks { year: 2029 }));
    assert_eq!(calendar.after(Date::MAX, 1), Err(CalendarLacks { year: Date::MAX.year() }));
}

#[test]
fn what_is_counted_in_a_year_with_open_questions_is_marked_provisional() {
    let calendar = shipped();
    assert!(!calendar.after(date!(2026 - 12 - 30), 1).unwrap().provisional);
    let over = calendar.after(date!(2026 - 12 - 31), 1).unwrap();
    assert_eq!(over, Counted { day: date!(2027 - 01 - 04), provisional: true });
}

#[test]
fn a_term_of_plain_days_that_ends_on_a_rest_day_ends_on_the_next_working_day() {
    let rolled = |day| shipped().rolled_on(day).unwrap().day;
    assert_eq!(rolled(date!(2026 - 11 - 21)), date!(2026 - 11 - 23));
    assert_eq!(rolled(date!(2026 - 11 - 24)), date!(2026 - 11 - 25));
    assert_eq!(rolled(date!(2026 - 08 - 22)), date!(2026 - 08 - 22));
}

#[test]
fn a_day_off_cannot_be_a_rest_day() {
    let faults = with("on = 2025-01-01", "on = 2025-01-04").unwrap_err();
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!((fault.line, fault.field.as_str()), (13, "year[1].off[1].on"));
    assert_eq!(fault.problem, Problem::Weekend(date!(2025 - 01 - 04)));
    assert!(fault.to_string().starts_with("line 13: year[1].off[1].on: 2025-01-04 is a Saturday, a rest day already."));
}

#[test]
fn a_working_saturday_is_a_saturday_for_a_day_that_was_swapped() {
    assert_eq!(
        problems("on = 2025-04-26, instead", "on = 2025-04-27, instead"),
        [Problem::NoSaturday(date!(2025 - 04 - 27))]
    );
    let other = problems("instead_of = 2025-05-02", "instead_of = 2025-05-01");
    assert!(other.contains(&Problem::NothingSwapped(date!(2025 - 05 - 01))), "{other:?}");
    assert!(other.contains(&Problem::NoWorkingSaturday(date!(2025 - 05 - 02))), "{other:?}");
}

#[test]
fn a_holiday_is_off_or_made_up_for_as_often_as_the_law_gives_it() {
    let missing = problems("{ on = 2026-11-24, holiday = \"culture\"", "{ on = 2026-11-25, holiday = \"culture\"");
    assert_eq!(missing, [Problem::NotOff(Holiday::Culture, date!(2026 - 11 - 24))]);
    let lunar = problems("on = 2025-04-07", "on = 2025-04-08");
    assert_eq!(lunar, [Problem::NotOff(Holiday::HungKings, date!(2025 - 04 - 07))]);
    let late = problems("on = 2026-04-27", "on = 2026-04-28");
    assert_eq!(late, [Problem::NotMadeUp(Holiday::HungKings, date!(2026 - 04 - 26))]);
    let more = problems("2026-09-01, holiday = \"national-day\"", "2026-09-01, holiday = \"labour\"");
    assert_eq!(more, [Problem::DaysOff(Holiday::Labour, 2, 1), Problem::DaysOff(Holiday::NationalDay, 1, 2)]);
}

#[test]
fn a_provisional_year_may_lack_days_and_never_has_more_than_the_law_gives() {
    assert!(with("{ on = 2027-09-02", "# { on = 2027-09-02").is_ok());
    let more = problems("on = 2027-09-02, holiday = \"national-day\"", "on = 2027-09-02, holiday = \"new-year\"");
    assert_eq!(more, [Problem::DaysOff(Holiday::NewYear, 2, 1)]);
}

#[test]
fn every_other_fault_is_named_with_its_line() {
    let cases = [
        ("edition = \"2026-11-21\"", "edition = \"Tháng 11\"", 6, Problem::Edition),
        ("published = 2026-11-21", "published = 2026-11-21T00:00:00Z", 7, Problem::NotADay),
        ("year = 2025", "year = 2020", 10, Problem::YearOutOfBounds),
        ("year = 2026", "year = 2030", 31, Problem::YearOutOfOrder(2026)),
        ("2025-01-27, holiday = \"tet\"", "2025-01-27, holiday = \"tết\"", 14, Problem::Holiday),
        ("\"new-year\", tag = \"M\"", "\"new-year\", tag = \"?\"", 13, Problem::Tag),
        ("basis = \"Labour Code 2019 art. 112\"", "basis = \" \"", 13, Problem::Empty),
        ("on = 2025-01-28", "on = 2025-01-27", 15, Problem::Twice(date!(2025 - 01 - 27))),
        ("on = 2025-01-28", "on = 2026-01-28", 15, Problem::AnotherYear(date!(2026 - 01 - 28))),
        ("provisional = false", "provisional = true", 11, Problem::NothingUndecided),
    ];
    for (old, new, line, problem) in cases {
        let faults = with(old, new).unwrap_err();
        assert!(faults.iter().any(|fault| fault.line == line && fault.problem == problem), "{problem:?}: {faults:?}");
    }
    let toml = with("provisional = false", "provisional = \"no\"").unwrap_err();
    assert!(matches!(toml.as_slice(), [CalendarFault { line: 11, problem: Problem::Toml(_), .. }]), "{toml:?}");
    let unknown = with("provisional = false", "provisional = false\nfinal = true").unwrap_err();
    assert!(matches!(unknown.as_slice(), [CalendarFault { problem: Problem::Toml(_), .. }]), "{unknown:?}");
    let empty = Calendar::read("edition = \"a\"\npublished = 2026-01-01\n").unwrap_err();
    assert_eq!(empty.iter().map(|fault| &fault.problem).collect::<Vec<_>>(), [&Problem::NoYear]);
    let long = Calendar::read(&" ".repeat(300 << 10)).unwrap_err();
    assert!(matches!(long.as_slice(), [CalendarFault { problem: Problem::TooLong(_), .. }]));
}

#[test]
fn every_fault_is_told_in_two_languages_with_its_cure() {
    let day = date!(2026 - 11 - 24);
    let all = [
        Problem::TooLong(1),
        Problem::Toml("x".to_owned()),
        Problem::Edition,
        Problem::NotADay,
        Problem::YearOutOfBounds,
        Problem::YearOutOfOrder(2026),
        Problem::NoYear,
        Problem::AnotherYear(day),
        Problem::Holiday,
        Problem::Tag,
        Problem::Empty,
        Problem::Weekend(day),
        Problem::Twice(day),
        Problem::NoSaturday(day),
        Problem::NothingSwapped(day),
        Problem::NoWorkingSaturday(day),
        Problem::NothingUndecided,
        Problem::Undecided,
        Problem::NotOff(Holiday::Culture, day),
        Problem::NotMadeUp(Holiday::Culture, day),
        Problem::DaysOff(Holiday::Culture, 0, 1),
    ];
    for problem in all {
        let (en, vi) = (problem.en(), problem.vi());
        assert!(en.len() > 15 && vi.len() > 15 && en != vi, "{problem:?}");
    }
}

#[test]
fn the_example_in_the_document_is_a_calendar() {
    let page = include_str!("../../../docs/calendar.md");
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    assert_eq!(Calendar::read(example).map(|calendar| calendar.years.len()), Ok(1));
}

#[test]
fn a_new_edition_is_later_and_holds_every_year_that_is_held() {
    let (old, text) = (shipped(), SHIPPED.replacen("edition = \"2026-11-21\"", "edition = \"2026-11-21.2\"", 1));
    let same_day = Calendar::read(&text).unwrap();
    assert_eq!(same_day.may_succeed(&old), Ok(()));
    assert!(matches!(old.may_succeed(&same_day), Err(CannotSucceed::NotLater { .. })));
    let changed = with("{ on = 2027-09-02", "# { on = 2027-09-02").unwrap();
    assert_eq!(changed.may_succeed(&old), Err(CannotSucceed::OtherContent(old.edition().clone())));
    let (cut, _) = text.split_once("\n[[year]]\nyear = 2028").unwrap();
    assert_eq!(Calendar::read(cut).unwrap().may_succeed(&old), Err(CannotSucceed::LacksYear(2028)));
}

#[test]
fn what_an_edition_changes_is_told_day_by_day() {
    let old = shipped();
    let text = SHIPPED.replacen("{ on = 2027-09-02", "# { on = 2027-09-02", 1);
    let (cut, _) = SHIPPED.split_once("\n[[year]]\nyear = 2028").unwrap();
    let new = Calendar::read(&text).unwrap();
    assert_eq!(new.differences(&old), [Difference::NoLongerOff(date!(2027 - 09 - 02), Holiday::NationalDay)]);
    assert_eq!(old.differences(&new), [Difference::Off(date!(2027 - 09 - 02), Holiday::NationalDay)]);
    assert_eq!(old.differences(&old), []);
    assert_eq!(old.differences(&Calendar::read(cut).unwrap()), [Difference::YearAdded(2028)]);
}

fn days() -> impl Strategy<Value = Date> {
    let first = date!(2025 - 01 - 01).to_julian_day();
    (0..1_400_i32).prop_map(move |offset| Date::from_julian_day(first + offset).unwrap())
}

proptest! {
    #[test]
    fn counting_on_and_counting_between_agree(event in days(), count in 0_u32..20) {
        let calendar = shipped();
        let counted = calendar.after(event, count).unwrap().day;
        prop_assert!(calendar.is_working(counted).unwrap());
        if count > 0 {
            prop_assert_eq!(calendar.between(event, counted).unwrap().days, count);
        }
    }

    #[test]
    fn a_later_event_never_ends_earlier(event in days(), later in 0_i64..30, count in 0_u32..10) {
        let calendar = shipped();
        let end = |day| calendar.after(day, count).map(|counted| counted.day);
        prop_assert!(end(event)? <= end(event + time::Duration::days(later))?);
    }
}
