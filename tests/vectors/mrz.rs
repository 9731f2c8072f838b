//! Machine readable zones of published specimens.

use std::fs;

use eid::domain::passport::{Digit, Zone};
use eid::domain::person::{FullName, NamePart, Sex, StateCode};
use serde::Deserialize;
use time::{Date, Duration, Month};

/// Cases that the folder holds for passports, if it is whole.
const CASES_MIN: usize = 24;

#[derive(Deserialize)]
struct Case {
    id: String,
    format: String,
    lines: Vec<String>,
    failed: Vec<String>,
    fields: Fields,
    policy: Option<String>,
}

#[derive(Deserialize)]
struct Fields {
    issuer: String,
    num: String,
    nat: String,
    dob: String,
    sex: String,
    exp: String,
    primary: String,
    secondary: String,
}

/// The day `YYMMDD`, in a century in which it exists.
fn day(six: &str, century: i32) -> Date {
    let two = |at: usize| six[at..at + 2].parse::<u8>().unwrap();
    Date::from_calendar_date(century + i32::from(two(0)), Month::try_from(two(2)).unwrap(), two(4)).unwrap()
}

fn digit(name: &str) -> Digit {
    match name {
        "num" => Digit::Number,
        "dob" => Digit::Birth,
        "exp" => Digit::Expiry,
        "per" => Digit::Optional,
        "comp" => Digit::Composite,
        other => panic!("no check digit is called {other}"),
    }
}

fn check(case: &Case) {
    let (id, fields) = (&case.id, &case.fields);
    let zone = Zone::parse(&case.lines.join("\n")).unwrap_or_else(|fault| panic!("{id}: {fault}"));

    assert_eq!(zone.wrong_digits(), case.failed.iter().map(|name| digit(name)).collect::<Vec<_>>(), "{id}");
    assert_eq!(zone.number(), fields.num, "{id}");

    let sex = match fields.sex.as_str() {
        "F" => Sex::Female,
        "M" => Sex::Male,
        _ => Sex::X,
    };
    assert_eq!(zone.sex(), Some(sex), "{id}");

    // The zone does not tell the century: the day fits in any, and its neighbour in none.
    for (born, expires) in [(1900, 2000), (2000, 2100)] {
        let (born, expires) = (day(&fields.dob, born), day(&fields.exp, expires));
        assert!(zone.born_on(born) && !zone.born_on(born + Duration::DAY), "{id}");
        assert!(zone.expires_on(expires) && !zone.expires_on(expires + Duration::DAY), "{id}");
    }

    let name = |family: &str| FullName::new(NamePart::parse(family).ok(), NamePart::parse(&fields.secondary).ok());
    assert!(zone.names(&name(&fields.primary).unwrap()), "{id}");
    assert!(!zone.names(&name("SOMEONE ELSE").unwrap()), "{id}");

    match case.policy.as_deref() {
        None => {
            assert_eq!(zone.issuing_state(), Some(StateCode::parse(&fields.issuer).unwrap()), "{id}");
            assert_eq!(zone.nationality(), Some(StateCode::parse(&fields.nat).unwrap()), "{id}");
        }
        // What the rule `mrz.state-unknown` refuses.
        Some("reject unknown issuing state") => assert_eq!(zone.issuing_state(), None, "{id}"),
        Some(other) => panic!("{id}: the policy {other:?} is not one that this test knows"),
    }
}

#[test]
fn published_passport_zones_give_their_expected_outcome() {
    let Some(folder) = super::folder() else { return };
    let file = folder.join("mrz/mrz_vectors.jsonl");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let cases: Vec<Case> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let passports: Vec<_> = cases.iter().filter(|case| case.format == "TD3").collect();
    for case in &passports {
        check(case);
    }
    println!(
        "Ran {} passport zones (TD3) of {}; {} others are for later.",
        passports.len(),
        file.display(),
        cases.len() - passports.len()
    );
    assert!(passports.len() >= CASES_MIN, "{} has {} passport zones, not {CASES_MIN}", file.display(), passports.len());
}
