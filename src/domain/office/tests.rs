//! The dated map: the shipped data, and what an import may change.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use time::macros::date;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::*;
use crate::domain::staff::OfficeCode;

const BEFORE: Date = date!(2025 - 06 - 30);
const AFTER: Date = date!(2025 - 07 - 01);
const TODAY: Date = date!(2026 - 11 - 21);

fn shipped() -> OfficeMap {
    OfficeMap::new(&read(SHIPPED).unwrap()).unwrap()
}

fn site(code: &str) -> OfficeCode {
    OfficeCode::parse(code).unwrap()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

/// The records of these lines, below the header and unit 79.
fn records(lines: &[&str]) -> Result<Vec<Record>, Vec<Fault>> {
    let head = [&COLUMNS.join(","), "unit,79,,,Hồ Chí Minh,Ho Chi Minh,city,,,,"];
    read(head.iter().chain(lines).copied().collect::<Vec<_>>().join("\n").as_bytes())
}

fn kept(lines: &[&str]) -> Vec<Record> {
    records(lines).unwrap().into_iter().map(|record| Record { kept: true, ..record }).collect()
}

/// Line and field of each fault.
fn places(faults: &[Fault]) -> Vec<(u32, &str)> {
    faults.iter().map(|fault| (fault.line, fault.field)).collect()
}

fn span(code: &str, from: Option<Date>, until: Option<Date>) -> OfficeSpan {
    OfficeSpan { code: site(code), from, until }
}

#[test]
fn the_63_units_before_july_2025_are_exactly_those_that_the_34_since_were_formed_from() {
    let map = shipped();
    let old: Vec<_> = map.units_on(BEFORE).collect();
    let new: Vec<_> = map.units_on(AFTER).collect();
    assert_eq!((old.len(), new.len()), (63, 34));
    let mut formed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for unit in old {
        let next = map.unit_successor(&unit.code, BEFORE, AFTER).unwrap();
        formed.entry(next.code.as_str()).or_default().push(unit.code.as_str());
    }
    assert_eq!(formed.keys().copied().collect::<Vec<_>>(), new.iter().map(|u| u.code.as_str()).collect::<Vec<_>>());
    let merged: Vec<String> = formed
        .iter()
        .filter(|(_, from)| from.len() > 1)
        .map(|(code, from)| format!("{code}:{}", from.join("+")))
        .collect();
    // Decision 19/2025/QĐ-TTg, as DOMAIN 5.1 tells it.
    let told = "08:02+08 15:10+15 19:06+19 24:24+27 25:17+25+26 31:30+31 33:33+34 37:35+36+37 44:44+45 48:48+49 51:51+62 \
                52:52+64 56:56+58 66:54+66 68:60+67+68 75:70+75 79:74+77+79 80:72+80 82:82+87 86:83+84+86 91:89+91 \
                92:92+93+94 96:95+96";
    assert_eq!(merged, told.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn seven_codes_meant_another_unit_before_july_2025() {
    let map = shipped();
    let names = [
        ("15", "Yên Bái", "Lào Cai"),
        ("24", "Bắc Giang", "Bắc Ninh"),
        ("44", "Quảng Bình", "Quảng Trị"),
        ("52", "Bình Định", "Gia Lai"),
        ("80", "Long An", "Tây Ninh"),
        ("82", "Tiền Giang", "Đồng Tháp"),
        ("91", "Kiên Giang", "An Giang"),
    ];
    for (code, old, new) in names {
        let name = |day| map.unit(&unit(code), day).unwrap().names.vi.as_str();
        assert_eq!((name(BEFORE), name(AFTER)), (old, new), "{code}");
    }
    let moved = [("10", "15"), ("27", "24"), ("45", "44"), ("64", "52"), ("72", "80"), ("87", "82"), ("89", "91")];
    for (old, new) in moved {
        let before = map.unit(&unit(old), BEFORE).unwrap();
        let after = map.unit_successor(&unit(old), BEFORE, AFTER).unwrap();
        assert_eq!((after.code.as_str(), &after.names), (new, &before.names), "the name moved to another number");
    }
}

#[test]
fn a_code_that_changed_meaning_is_refused_without_a_day_and_every_other_is_not() {
    let map = shipped();
    let numbers = (0..100).map(|n| format!("{n:02}"));
    let refused: Vec<_> = numbers.filter(|code| map.unit_undated(&unit(code), TODAY).is_err()).collect();
    assert_eq!(refused, ["15", "24", "44", "52", "80", "82", "91"]);
    let sites = (0..100).map(|n| format!("{n:02}-01"));
    let refused: Vec<_> = sites.filter(|code| map.undated(&site(code), TODAY).is_err()).collect();
    assert_eq!(refused, ["15-01", "24-01", "44-01", "52-01", "80-01", "82-01", "91-01"]);
    // On the day before, nobody could mean anything else.
    assert_eq!(map.undated(&site("15-01"), BEFORE).unwrap().unwrap().names.ascii, "Yen Bai");
    // A new name is no new meaning.
    assert_eq!(map.unit_undated(&unit("46"), TODAY).unwrap().unwrap().names.vi, "Huế");
    assert_eq!(map.undated(&site("74-01"), TODAY).unwrap().unwrap().names.vi, "Bình Dương");
    assert_eq!(map.undated(&site("74-02"), TODAY), Ok(None));
}

#[test]
fn names_and_kinds_are_those_of_the_day() {
    let map = shipped();
    for unit in map.units_on(AFTER).chain(map.units_on(BEFORE)) {
        let plain: String = unit.names.vi.nfd().filter(|c| !is_combining_mark(*c)).collect();
        assert_eq!(plain.replace('đ', "d").replace('Đ', "D"), unit.names.ascii, "{}", unit.code);
    }
    let cities = |day: Date| {
        let city = |unit: &&Unit| unit.kind_on(day) == Some(UnitKind::City);
        map.units_on(day).filter(city).map(|unit| unit.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(cities(date!(2024 - 12 - 31)), ["01", "31", "48", "79", "92"]);
    assert_eq!(cities(AFTER), ["01", "31", "46", "48", "79", "92"]);
    assert_eq!(cities(date!(2027 - 01 - 01)), ["01", "31", "46", "48", "75", "79", "92"]);
    let hue = |day| map.unit(&unit("46"), day).unwrap().names.vi.as_str();
    assert_eq!((hue(date!(2024 - 12 - 31)), hue(date!(2025 - 01 - 01))), ("Thừa Thiên Huế", "Huế"));
}

#[test]
fn whether_dong_nai_was_a_city_on_a_day_of_2026_is_not_guessed() {
    let map = shipped();
    let dong_nai = map.unit(&unit("75"), TODAY).unwrap();
    assert_eq!(dong_nai.city_since, Some(CitySince::Year(2026)));
    assert_eq!(dong_nai.kind_on(TODAY), None);
    assert_eq!(dong_nai.kind_on(date!(2025 - 12 - 31)), Some(UnitKind::Province));
    assert_eq!(dong_nai.kind_on(date!(2027 - 01 - 01)), Some(UnitKind::City));
}

#[test]
fn ho_chi_minh_city_and_lam_dong_receive_at_three_sites_and_every_other_unit_at_one() {
    let map = shipped();
    let mut sites: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for office in map.offices_on(AFTER) {
        let code = map.unit_of(&office.code, AFTER).unwrap().code.to_string();
        sites.entry(code).or_default().push(office.seat.as_deref().unwrap_or(""));
    }
    assert_eq!(sites.remove("79").unwrap(), ["Xuân Hòa", "Thủ Dầu Một", "Bà Rịa"]);
    assert_eq!(sites.remove("68").unwrap(), ["Đà Lạt", "Phan Thiết", "Gia Nghĩa"]);
    assert_eq!(sites.len(), 32);
    assert!(sites.values().all(|seats| *seats == [""]), "an address that is not known is absent");
    assert_eq!(map.offices_on(BEFORE).count(), 63);
}

#[test]
fn an_old_seat_lives_on_as_the_site_that_took_its_place() {
    let map = shipped();
    let next = |code: &str| map.successor(&site(code), BEFORE, TODAY).unwrap().code.to_string();
    let vectors = [
        ("79-01", "79-01"),
        ("74-01", "79-02"),
        ("77-01", "79-03"),
        ("68-01", "68-01"),
        ("60-01", "68-02"),
        ("67-01", "68-03"),
        ("01-01", "01-01"),
        ("10-01", "15-01"),
        ("15-01", "15-01"),
        ("24-01", "24-01"),
        ("27-01", "24-01"),
    ];
    for (old, new) in vectors {
        assert_eq!(next(old), new, "{old}");
    }
    for old in map.offices_on(BEFORE) {
        let new = map.successor(&old.code, BEFORE, AFTER).unwrap();
        let unit = map.unit_successor(&UnitCode::of(&old.code), BEFORE, AFTER).unwrap();
        assert_eq!(UnitCode::of(&new.code), unit.code, "{}: a site of the unit's successor", old.code);
    }
}

#[test]
fn what_belongs_to_an_office_is_a_span_of_days_for_each_code() {
    let map = shipped();
    let whole = |code| span(code, None, None);
    assert_eq!(map.spans(&site("01-01"), TODAY), [whole("01-01")]);
    assert_eq!(map.spans(&site("79-01"), TODAY), [whole("79-01")]);
    let (until, from) = (Some(BEFORE), Some(AFTER));
    assert_eq!(map.spans(&site("79-02"), TODAY), [span("74-01", None, until), span("79-02", from, None)]);
    assert_eq!(map.spans(&site("15-01"), TODAY), [span("10-01", None, until), whole("15-01")]);
    // By the map of the day before, Yên Bái has nothing but its own, and Lào Cai is another office.
    assert_eq!(map.spans(&site("15-01"), BEFORE), [span("15-01", None, until)]);
    assert_eq!(map.spans(&site("10-01"), BEFORE), [span("10-01", None, until)]);
    // An office that ended, or is not there yet, has nothing.
    assert_eq!(map.spans(&site("10-01"), TODAY), []);
    assert_eq!(map.spans(&site("79-02"), BEFORE), []);
    let (begin, end) = map.spans(&site("79-02"), TODAY)[0].instants();
    assert_eq!(begin, crate::domain::time::Timestamp::from_micros(i64::MIN));
    assert_eq!(end, crate::domain::time::Timestamp::start_of(AFTER), "the day ends at midnight in Viet Nam");
}

#[test]
fn every_request_is_one_offices_on_each_day_whatever_code_it_carries() {
    let map = shipped();
    let days = [date!(2024 - 12 - 31), date!(2025 - 01 - 01), BEFORE, AFTER];
    for received in days {
        for office in map.offices_on(received) {
            for day in days.into_iter().filter(|day| *day >= received) {
                let holder = map.successor(&office.code, received, day).unwrap();
                let holders: Vec<_> = map
                    .offices_on(day)
                    .filter(|one| map.spans(&one.code, day).iter().any(|s| s.contains(&office.code, received)))
                    .map(|one| &one.code)
                    .collect();
                assert_eq!(holders, [&holder.code], "{} of {received} on {day}", office.code);
            }
        }
    }
}

#[test]
fn rights_never_pass_backwards_in_time() {
    let map = shipped();
    assert_eq!(map.successor(&site("79-02"), AFTER, BEFORE), None);
    assert_eq!(map.successor(&site("79-02"), BEFORE, TODAY), None, "it did not exist yet");
    assert_eq!(map.successor(&site("79-09"), TODAY, TODAY), None);
}

#[test]
fn a_chain_of_successors_is_followed_to_the_day_asked_for() {
    let lines = [
        "site,79-01,,2030-06-30,A,A,,,,79-02,",
        "site,79-02,2030-07-01,2031-06-30,B,B,,,,79-01,",
        "site,79-01,2031-07-01,,C,C,,,,,",
    ];
    let map = OfficeMap::new(&records(&lines).unwrap()).unwrap();
    let next = |day| map.successor(&site("79-01"), TODAY, day).unwrap().names.vi.as_str();
    assert_eq!(next(date!(2030 - 06 - 30)), "A");
    assert_eq!(next(date!(2030 - 07 - 01)), "B");
    assert_eq!(next(date!(2032 - 01 - 01)), "C");
    // Back at its old number, it is one span with a gap that was another code's.
    let day = date!(2032 - 01 - 01);
    let (first, second, third) =
        (Some(date!(2030 - 06 - 30)), Some(date!(2030 - 07 - 01)), Some(date!(2031 - 06 - 30)));
    let spans =
        [span("79-01", None, first), span("79-01", Some(date!(2031 - 07 - 01)), None), span("79-02", second, third)];
    assert_eq!(map.spans(&site("79-01"), day), spans);
}

#[test]
fn records_that_do_not_go_together_are_told_with_their_lines() {
    let faults = |lines: &[&str]| OfficeMap::new(&records(lines).unwrap()).unwrap_err();
    let meets = faults(&["site,79-01,,,A,A,,,,,", "site,79-01,2026-01-01,,B,B,,,,,"]);
    assert_eq!(places(&meets), [(4, "from")]);
    assert_eq!(meets[0].other.as_ref().unwrap().line, 3);
    let gap = faults(&["site,79-01,,2026-01-01,A,A,,,,79-02,", "site,79-02,2026-01-03,,B,B,,,,,"]);
    assert_eq!(places(&gap), [(3, "successor")]);
    let nobody = faults(&["site,79-01,,2026-01-01,A,A,,,,79-02,"]);
    assert_eq!(places(&nobody), [(3, "successor")]);
    let itself = faults(&["site,79-01,,2026-01-01,A,A,,,,79-01,"]);
    assert_eq!(places(&itself), [(3, "successor")], "nothing succeeds itself");
    let nowhere = faults(&["unit,80,2026-01-01,,X,X,province,,,,", "site,80-01,,,A,A,,,,,", "site,81-01,,,B,B,,,,,"]);
    assert_eq!(places(&nowhere), [(4, "code"), (5, "code")]);
}

#[test]
fn each_field_that_cannot_be_read_is_told_and_every_line_is_looked_at() {
    let lines = [
        "province,79,,,A,A,city,,,,",
        "site,7901,2026-02-30,,A,Á,city,2026,,,",
        "site,79-01,2026-02-02,2026-02-01,,A,,,,79-02,",
        "unit,80,,2026-01-01,A,A,town,,Here,,",
        "unit,80,,,A,A,city,2026,,81,",
        "site,79-02,,,A,A",
        "\"site\",79-03,,,\"Tân, Bình\",\"Tan, Binh\",,,,,\"a, b\"",
    ];
    let faults = records(&lines).unwrap_err();
    let expected = [
        (3, "record"),
        (4, "from"),
        (4, "name_ascii"),
        (4, "kind"),
        (4, "city_since"),
        (4, "code"),
        (5, "until"),
        (5, "name_vi"),
        (6, "seat"),
        (6, "kind"),
        (6, "successor"),
        (7, "successor"),
        (7, "city_since"),
        (8, ""),
    ];
    assert_eq!(places(&faults), expected);
    assert_eq!(faults[13].what.en(), "The line has 6 fields, not 11. Put a field with a comma in quotes.");
    for fault in &faults {
        assert_ne!(fault.what.en(), fault.what.vi());
    }
}

#[test]
fn a_file_that_is_none_is_refused_at_once() {
    assert_eq!(places(&read(b"").unwrap_err()), [(1, "")]);
    assert_eq!(places(&read(b"code,from\n79,\n").unwrap_err()), [(1, "")]);
    assert_eq!(places(&read(&vec![b'x'; BYTES_MAX + 1]).unwrap_err()), [(1, "")]);
    let header = COLUMNS.join(",");
    let latin = [header.as_bytes(), b"\nsite,79-01,,,H\xe0,Ha,,,,,\n"].concat();
    assert_eq!(places(&read(&latin).unwrap_err()), [(2, "")]);
    let marked = format!("\u{feff}# a word before\n{header}\r\nsite,79-01,,,A,A,,,,,\r\n");
    assert_eq!(read(marked.as_bytes()).unwrap().len(), 1);
}

#[test]
fn what_is_read_is_written_the_same() {
    for record in read(SHIPPED).unwrap() {
        let again = Record::read(record.line, &record.fields()).unwrap();
        assert_eq!((again.subject, again.basis), (record.subject, record.basis));
    }
}

#[test]
fn importing_the_same_file_again_changes_nothing() {
    let first = plan(&[], &read(SHIPPED).unwrap(), TODAY).unwrap();
    let count = read(SHIPPED).unwrap().len();
    assert_eq!((first.changes.len(), first.unchanged), (count, 0));
    let kept: Vec<_> = first.changes.into_iter().map(|(_, record)| Record { kept: true, ..record }).collect();
    let again = plan(&kept, &read(SHIPPED).unwrap(), TODAY).unwrap();
    assert_eq!((again.changes.len(), again.unchanged), (0, count));
}

#[test]
fn a_merger_to_come_closes_a_period_and_adds_a_record() {
    let kept = kept(&["site,79-01,,,A,A,,,,,", "site,79-02,,,B,B,,,,,"]);
    let new = records(&["site,79-02,,2026-12-31,B,B,,,,79-01,Decision 1/2026"]).unwrap();
    let planned = plan(&kept, &new, TODAY).unwrap();
    let told: Vec<_> = planned.changes.iter().map(|(change, record)| (*change, record.code())).collect();
    assert_eq!(told, [(Change::Closed, "79-02")]);
    let next = |day| planned.map.successor(&site("79-02"), TODAY, day).unwrap().code.to_string();
    assert_eq!((next(date!(2026 - 12 - 31)), next(date!(2027 - 01 - 01))), ("79-02".into(), "79-01".into()));
}

#[test]
fn what_a_record_in_force_said_of_the_past_cannot_be_changed() {
    let lines = ["site,79-01,,,A,A,,,Here,,", "site,79-02,2020-01-01,2026-01-01,B,B,,,,79-01,"];
    let kept = kept(&lines);
    let refused = |line: &str| {
        let faults = plan(&kept, &records(&[line]).unwrap(), TODAY).unwrap_err();
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        let other = fault.other.clone().unwrap();
        assert!(other.kept && !other.text.is_empty(), "both lines are told");
        (fault.field, other.line)
    };
    assert_eq!(refused("site,79-01,,,Other,A,,,Here,,"), ("name_vi", 3));
    assert_eq!(refused("site,79-01,,,A,A,,,There,,"), ("seat", 3));
    assert_eq!(refused("site,79-01,,2026-11-19,A,A,,,Here,79-02,"), ("until", 3), "closed in days gone by");
    assert_eq!(refused("site,79-02,2020-01-01,,B,B,,,,,"), ("until", 4), "opened again");
    assert_eq!(refused("site,79-02,2020-01-01,2026-01-01,B,B,,,,79-03,"), ("successor", 4));
    assert_eq!(refused("site,79-01,2026-01-01,,C,C,,,,,"), ("from", 3), "no second meaning in the same days");
}

#[test]
fn a_file_that_says_something_twice_is_refused_with_both_lines() {
    let kept = kept(&["site,79-01,,,A,A,,,,,", "site,79-02,,,B,B,,,,,"]);
    let twice = ["site,79-02,,2026-12-30,B,B,,,,79-01,", "site,79-02,,2026-12-31,B,B,,,,79-01,"];
    let faults = plan(&kept, &records(&twice).unwrap(), TODAY).unwrap_err();
    assert_eq!(places(&faults), [(4, "from")]);
    let other = faults[0].other.clone().unwrap();
    assert_eq!((other.kept, other.line), (false, 3));
}

#[test]
fn what_was_not_known_may_be_told_later() {
    let kept = kept(&["unit,75,2025-07-01,,Đồng Nai,Dong Nai,province,2026,,,", "site,75-01,2025-07-01,,A,A,,,,,"]);
    let planned = |lines: &[&str]| plan(&kept, &records(lines).unwrap(), TODAY);
    let told = [
        "unit,75,2025-07-01,,Đồng Nai,Dong Nai,province,2026-05-01,,,Resolution",
        "site,75-01,2025-07-01,,A,A,,,1 Main Street,,",
    ];
    let changes = planned(&told).unwrap();
    assert!(changes.changes.iter().all(|(change, _)| *change == Change::Amended) && changes.changes.len() == 2);
    let day = date!(2026 - 05 - 01);
    assert_eq!(changes.map.unit(&unit("75"), day).unwrap().kind_on(day), Some(UnitKind::City));
    let elsewhere = planned(&["unit,75,2025-07-01,,Đồng Nai,Dong Nai,province,2025-12-01,,,"]).unwrap_err();
    assert_eq!(places(&elsewhere), [(3, "city_since")]);
}

#[test]
fn what_is_not_in_force_yet_may_be_replaced() {
    let kept = kept(&["site,79-01,,2026-12-31,A,A,,,,79-02,", "site,79-02,2027-01-01,,B,B,,,,,"]);
    let new = records(&["site,79-02,2027-01-01,,Other,Other,,,Here,,"]).unwrap();
    let planned = plan(&kept, &new, TODAY).unwrap();
    assert_eq!(planned.changes[0].0, Change::Amended);
    assert_eq!(planned.map.office(&site("79-02"), date!(2027 - 01 - 01)).unwrap().names.vi, "Other");
}

#[test]
fn an_office_is_closed_with_today_at_the_earliest_so_that_what_it_received_today_has_a_holder() {
    let kept = kept(&["site,79-01,,,A,A,,,,,", "site,79-02,,,B,B,,,,,"]);
    let closing = |day: &str| plan(&kept, &records(&[&format!("site,79-01,,{day},A,A,,,,79-02,")]).unwrap(), TODAY);
    assert_eq!(places(&closing("2026-11-20").unwrap_err()), [(3, "until")]);
    let map = closing("2026-11-21").unwrap().map;
    let holder = |day| map.successor(&site("79-01"), TODAY, day).unwrap().code.to_string();
    assert_eq!((holder(TODAY), holder(date!(2026 - 11 - 22))), ("79-01".into(), "79-02".into()));
}

#[test]
fn the_codes_of_a_day_are_each_there_once() {
    let map = shipped();
    for day in [BEFORE, AFTER, TODAY] {
        let codes: Vec<_> = map.offices_on(day).map(|office| office.code.as_str()).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }
}
