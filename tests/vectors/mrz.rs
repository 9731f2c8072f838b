//! Machine readable zones of published specimens, names in their zones, and the tables of transliteration.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use eid::domain::check::zone::{Place, by_itself};
use eid::domain::mrz::{Digit, Format, NameMatch, Verdict, Zone, misplaced, spellings, suggest};
use eid::domain::person::{FullName, NamePart, Sex, StateCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::macros::date;
use time::{Date, Month};

/// Cases that the folder holds, if it is whole.
const ZONES_MIN: usize = 51;
const NAMES_MIN: usize = 26;
const LETTERS_MIN: usize = 210;

/// Most specimens were issued in living memory: the day on which they are looked at.
const TODAY: Date = date!(2026 - 11 - 21);

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
    code: String,
    issuer: String,
    num: String,
    nat: String,
    dob: String,
    sex: String,
    exp: String,
    opt: String,
    opt2: Option<String>,
    primary: String,
    secondary: String,
    maybe_truncated: bool,
}

/// The day `YYMMDD` in that century, if it is one.
fn day(six: &str, century: i32) -> Option<Date> {
    let two = |at: usize| six[at..at + 2].parse::<u8>().ok();
    Date::from_calendar_date(century + i32::from(two(0)?), Month::try_from(two(2)?).ok()?, two(4)?).ok()
}

fn digit(name: &str) -> Digit {
    match name {
        "num" | "doc" => Digit::Number,
        "dob" => Digit::Birth,
        "exp" => Digit::Expiry,
        "per" => Digit::Optional,
        "comp" => Digit::Composite,
        other => panic!("no check digit is called {other}"),
    }
}

fn name(family: &str, given: &str) -> Option<FullName> {
    FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok())
}

fn check(case: &Case) {
    let (id, fields) = (&case.id, &case.fields);
    let zone = Zone::parse(&case.lines.join("\n")).unwrap_or_else(|fault| panic!("{id}: {fault}"));
    assert!(Zone::parse(&case.lines.concat().to_lowercase()).unwrap() == zone, "{id}: in one run");

    assert_eq!(zone.format().name(), case.format, "{id}");
    assert_eq!(zone.code(), fields.code, "{id}");
    assert_eq!(zone.wrong_digits(), case.failed.iter().map(|name| digit(name)).collect::<Vec<_>>(), "{id}");
    assert_eq!(zone.number(), fields.num, "{id}");
    assert_eq!((zone.issuer_cells(), zone.nationality_cells()), (fields.issuer.as_str(), fields.nat.as_str()), "{id}");
    let optional = zone.optional().map(|part| part.replace('<', " "));
    assert_eq!(optional, [fields.opt.clone(), fields.opt2.clone().unwrap_or_default()], "{id}");
    let identifiers = [zone.identifiers().0, zone.identifiers().1].map(|part| part.replace('<', " "));
    assert_eq!(identifiers, [fields.primary.clone(), fields.secondary.clone()], "{id}");

    let births: Vec<_> = zone.births(TODAY, None).map(|date| date.date().unwrap()).collect();
    let days: Vec<_> = [2000, 1900].into_iter().filter_map(|century| day(&fields.dob, century)).collect();
    assert!(births.iter().all(|birth| days.contains(birth)), "{id}");
    assert_eq!(births.is_empty(), days.is_empty(), "{id}: {births:?}");
    let expiry = zone.expiry(TODAY).map(|date| date.date().unwrap());
    let days: Vec<_> = [2000, 1900].into_iter().filter_map(|century| day(&fields.exp, century)).collect();
    assert!(expiry.is_none_or(|day| days.contains(&day)) && expiry.is_none() == days.is_empty(), "{id}");

    if misplaced(&zone).is_none() {
        let sex = match fields.sex.as_str() {
            "F" => Sex::Female,
            "M" => Sex::Male,
            _ => Sex::X,
        };
        assert_eq!(zone.sex(), Some(sex), "{id}");
        let typed = name(&fields.primary, &fields.secondary).unwrap();
        assert!(zone.name_match(&typed).agrees(), "{id}: {:?}", zone.name_match(&typed));
        assert_eq!(zone.name_match(&name("SOMEONE", "ELSE").unwrap()), NameMatch::Different, "{id}");
    }
    if fields.maybe_truncated {
        let longer = name(&fields.primary, &format!("{}ES ROBERTO", fields.secondary)).unwrap();
        assert_eq!(zone.name_match(&longer), NameMatch::Truncated, "{id}");
    }
    policy(case, &zone);
}

/// What must be refused or told though the digits hold.
fn policy(case: &Case, zone: &Zone) {
    let (id, known) = (&case.id, |code: &str| StateCode::parse(code).ok());
    assert_eq!(zone.issuing_state(), known(&case.fields.issuer), "{id}");
    assert_eq!(zone.nationality(), known(&case.fields.nat), "{id}");
    let policy = case.policy.as_deref().unwrap_or_default();
    assert_eq!(zone.issuing_state().is_none(), policy == "reject unknown issuing state", "{id}");
    assert_eq!(zone.nationality().is_none(), policy.starts_with("reject unknown"), "{id}");
    assert_eq!(zone.deviation().is_some(), policy.starts_with("accept only as a documented deviation"), "{id}");
    assert_eq!(zone.identifiers().0.is_empty(), policy.ends_with("parse, flag"), "{id}");

    let found = by_itself(zone, Place::Page, TODAY);
    let has = |rule: &str| found.iter().any(|finding| finding.rule.id == rule);
    assert_eq!(has("mrz.check-digit"), !case.failed.is_empty(), "{id}");
    assert_eq!(has("mrz.state-unknown"), policy.starts_with("reject unknown"), "{id}");
    assert_eq!(has("mrz.deviation"), policy.starts_with("accept only as a documented deviation"), "{id}");
    assert_eq!(has("mrz.name-no-primary"), policy.ends_with("parse, flag"), "{id}");
    assert_eq!(
        (has("mrz.visa"), has("mrz.card")),
        (case.format.starts_with("MRV"), case.format.len() == 3 && case.format != "TD3"),
        "{id}"
    );
}

fn read<T: DeserializeOwned>(file: &Path) -> Vec<T> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn published_zones_of_every_format_give_their_expected_outcome() {
    let Some(folder) = super::folder() else { return };
    let file = folder.join("mrz/mrz_vectors.jsonl");
    let cases: Vec<Case> = read(&file);
    let mut formats = HashMap::<&str, usize>::new();
    for case in &cases {
        check(case);
        *formats.entry(&case.format).or_default() += 1;
    }
    println!("Ran {} zones of {}: {formats:?}.", cases.len(), file.display());
    assert!(cases.len() >= ZONES_MIN && formats.len() == Format::ALL.len(), "{} is not whole", file.display());
}

#[test]
fn a_misread_zone_gets_the_one_repair_that_every_digit_confirms() {
    let Some(folder) = super::folder() else { return };
    let cases: Vec<Case> = read(&folder.join("mrz/mrz_vectors.jsonl"));
    let repaired: Vec<_> = cases
        .iter()
        .filter_map(|case| {
            let zone = Zone::parse(&case.lines.join("\n")).unwrap();
            let meant = suggest(&zone)?;
            assert!(
                meant.digits().all(|(_, verdict)| verdict != Verdict::Wrong) && !case.failed.is_empty(),
                "{}",
                case.id
            );
            Some((case.id.as_str(), meant))
        })
        .collect();
    let (_, meant) = repaired.iter().find(|(id, _)| *id == "mrz-050").expect("the zone with six look-alikes");
    let lines: Vec<_> = meant.as_str().lines().collect();
    assert_eq!(lines[1..], ["7510256M2009018CHE<<<<<<<<<<<8", "SMITH<<JOHN<ALBERT<<<<<<<<<<<<"]);
    println!("Ran {} zones, {} of them have a repair.", cases.len(), repaired.len());
}

#[derive(Deserialize)]
struct NameCase {
    primary: String,
    secondary: String,
    mrz_name_field: String,
    field_len: usize,
}

/// A zone of the format whose name field is that long.
fn zone_of(field: &str) -> Zone {
    Zone::parse(&match field.len() {
        39 => format!("P<UTO{field}L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
        _ => format!("I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6{field}"),
    })
    .unwrap()
}

#[test]
fn published_names_match_their_own_zones_and_no_others() {
    let Some(folder) = super::folder() else { return };
    let file = folder.join("mrz/names_doc9303.jsonl");
    let cases: Vec<NameCase> = read(&file);
    for (case, other) in cases.iter().flat_map(|case| cases.iter().map(move |other| (case, other))) {
        assert_eq!(case.mrz_name_field.len(), case.field_len);
        let own = (&case.primary, &case.secondary) == (&other.primary, &other.secondary);
        let found = zone_of(&case.mrz_name_field).name_match(&name(&other.primary, &other.secondary).unwrap());
        assert_eq!(found.agrees(), own, "{} and {}: {found:?}", case.mrz_name_field, other.primary);
    }
    println!("Ran {} names of {}, each against all of them.", cases.len(), file.display());
    assert!(cases.len() >= NAMES_MIN, "{} is not whole", file.display());
}

/// The spellings in a cell of the table: `AE or A`, `XTA/XAH²`, `G (except Belorussian, Serbian = H)`, `(Not encoded)`.
fn spellings_in(cell: &str) -> Option<Vec<String>> {
    match cell {
        "(Not encoded)" => return Some(vec![String::new()]),
        // Doubles the letter before, and so has none of its own.
        cell if cell.starts_with("[DOUBLE]") => return None,
        _ => {}
    }
    let (first, exception) = cell.split_once(" (").unwrap_or((cell, ""));
    let main = first.split([' ', '/']).filter(|word| *word != "or");
    let excepted = exception.split('=').nth(1).map(|word| word.trim().trim_end_matches(')'));
    let letters = |word: &str| word.chars().filter(char::is_ascii_uppercase).collect::<String>();
    Some(main.chain(excepted).map(letters).collect())
}

#[test]
fn every_letter_of_the_tables_has_the_spellings_that_doc_9303_gives_it() {
    let Some(folder) = super::folder() else { return };
    let file = folder.join("mrz/transliteration_doc9303.tsv");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut letters = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<_> = line.split('\t').collect();
        let c = u32::from_str_radix(cells[1], 16).ok().and_then(char::from_u32).unwrap();
        letters += 1;
        let Some(expected) = spellings_in(cells[4]) else { continue };
        assert_eq!(spellings(c).unwrap_or_else(|| panic!("{line}")), expected, "{line}");
    }
    println!("Ran {letters} letters of {}.", file.display());
    assert!(letters >= LETTERS_MIN, "{} is not whole", file.display());
}
