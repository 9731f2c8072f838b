//! Pairs of requests and what the comparison must say of them.

use proptest::prelude::*;
use time::Date;
use time::macros::date;

use super::*;
use crate::domain::application::{Language, Relation, Representative};
use crate::domain::mrz::Zone;
use crate::domain::passport::Passport;
use crate::domain::person::{FullName, NamePart};
use crate::domain::residence::{CardKind, ResidenceCard, Stay};

const BORN: Date = date!(1988 - 03 - 07);

fn number(text: &str) -> DocumentNumber {
    DocumentNumber::parse(text).unwrap()
}

fn name(family: &str, given: &str) -> FullName {
    FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok()).unwrap()
}

/// The zone of a passport with that name.
fn zone(family: &str, given: &str, nationality: &str, born: &str) -> Zone {
    let field = mrz::format_td3(&mrz::Td3Fields {
        issuing_country: "UTO".to_owned(),
        document_number: "X1".to_owned(),
        surname: family.to_owned(),
        given_names: given.to_owned(),
        nationality: nationality.to_owned(),
        date_of_birth: mrz::MrzDate::PartiallyUnknown(mrz::RawDateField::try_from(born).unwrap()),
        date_of_expiry: mrz::MrzDate::Calendar(mrz::Date::new(2031, 1, 1)),
        ..mrz::Td3Fields::default()
    });
    Zone::parse(&field).unwrap()
}

/// Somebody's request with a passport of their own, issued so many days after the first of 2021.
fn request((family, given): (&str, &str), passport: &str, issued: i64) -> Application {
    let issued_on = date!(2021 - 01 - 01) + time::Duration::days(issued);
    Application {
        name: name(family, given),
        born_on: BORN,
        sex: Sex::Male,
        nationality: StateCode::parse("UTO").unwrap(),
        passport: Some(Passport {
            number: number(passport),
            issuing_state: StateCode::parse("UTO").unwrap(),
            issued_on,
            expires_on: date!(2031 - 01 - 01),
            zone: zone(family, given, "UTO", "880307"),
        }),
        card: None,
        stay: Stay::default(),
        phone: Phone::parse("0912345678").unwrap(),
        email: None,
        consents: Vec::new(),
        representative: None,
        language: Language::En,
    }
}

fn compare(one: &Application, two: &Application) -> Comparison {
    let (a, b) = (Profile::of(one), Profile::of(two));
    let found = a.compare(&b);
    assert_eq!(found, b.compare(&a), "it does not matter who came first");
    found
}

fn meet(one: &Application, two: &Application) -> bool {
    let (ours, theirs) = (Profile::of(one).keys(), Profile::of(two).keys());
    ours.iter().any(|key| theirs.contains(key))
}

fn card(passport: Option<&str>) -> ResidenceCard {
    ResidenceCard {
        kind: CardKind::Permanent,
        number: number("C1"),
        issued_on: date!(2021 - 01 - 01),
        expires_on: date!(2031 - 01 - 01),
        passport_number: passport.map(number),
        name: None,
    }
}

#[test]
fn one_person_under_another_spelling_is_found_and_the_spelling_explained() {
    for (first, second, likeness) in [
        (("Kim", "Min Jun"), ("Kim", "Min Jun"), Likeness::Same),
        (("Kim", "Min Jun"), ("Min Jun", "Kim"), Likeness::OrderDiffers),
        (("Kim", "Min Jun"), ("Kim", "Minjun"), Likeness::Divided),
        (("", "Satriya Sudarpa"), ("Satriya", "Sudarpa"), Likeness::Divided),
        (("Müller", "Jörg"), ("Muller", "Joerg"), Likeness::Transliterated),
        (("Nguyễn", "Văn Đức"), ("NGUYEN", "VAN DUC"), Likeness::Same),
        (("Petrov", "Iurii"), ("Petroff", "Yury"), Likeness::Transliterated),
        (("Lee", "Seung Ho"), ("Yi", "Seung Ho"), Likeness::Transliterated),
        (("Alexandrova", "Ekaterina"), ("Aleksandrova", "Yekaterina"), Likeness::Transliterated),
        (("Nakamura", "Naoki"), ("Nakanura", "Naoki"), Likeness::Similar),
        (("Eriksson", "Anna Maria"), ("Eriksson", "Anna"), Likeness::PartMissing),
        (("Eriksson", "Anna Maria"), ("Eriksson", "A M"), Likeness::Initials),
    ] {
        let (one, two) = (request(first, "P1", 0), request(second, "P2", 900));
        let found = compare(&one, &two);
        assert_eq!(found.of(Aspect::Name), likeness, "{first:?} {second:?}");
        assert!(found.is_likely() && meet(&one, &two), "{first:?} {second:?}: {}", found.score);
    }
}

#[test]
fn a_name_that_the_zone_cut_is_the_whole_name() {
    let one = request(("Warnakulasuriya Patabendige Ushantha Joseph", "Kumudini Nadeesha"), "P1", 0);
    let mut two = request(("Warnakulasuriya Patabendige Ushantha J", "K"), "P2", 900);
    two.passport.as_mut().unwrap().zone = one.passport.as_ref().unwrap().zone.clone();
    assert!(compare(&one, &two).is_likely() && meet(&one, &two));
}

#[test]
fn a_second_nationality_does_not_hide_a_person() {
    let one = request(("Tran", "Thi Lan"), "P1", 0);
    let mut two = request(("Tran", "Thi Lan"), "P2", 10);
    two.nationality = StateCode::parse("USA").unwrap();
    let found = compare(&one, &two);
    assert_eq!((found.of(Aspect::Nationality), found.is_likely()), (Likeness::Differs, true));
}

#[test]
fn a_birth_date_written_the_other_way_round_or_known_in_part_is_explained() {
    let one = request(("Kuznetsov", "Dmitrii"), "P1", 0);
    let mut swapped = request(("Kuznetsov", "Dmitrii"), "P2", 900);
    swapped.born_on = date!(1988 - 07 - 03);
    let found = compare(&one, &swapped);
    assert_eq!((found.of(Aspect::Birth), found.is_likely()), (Likeness::Swapped, true));
    let mut partial = request(("Kuznetsov", "Dmitrii"), "P2", 900);
    partial.born_on = date!(1988 - 01 - 01);
    partial.passport.as_mut().unwrap().zone = zone("Kuznetsov", "Dmitrii", "UTO", "88<<<<");
    let found = compare(&one, &partial);
    assert_eq!((found.of(Aspect::Birth), found.is_likely()), (Likeness::Partial, true));
    assert!(meet(&one, &swapped) && meet(&one, &partial));
}

#[test]
fn twins_and_siblings_are_two_persons() {
    let child = |given: &str, passport: &str| {
        let mut child = request(("Kim", given), passport, 0);
        child.representative = Some(Representative {
            name: name("Kim", "Parent"),
            relation: Relation::Parent,
            document: number("R1"),
            issuing_state: StateCode::parse("UTO").unwrap(),
        });
        child
    };
    let one = child("Min Jun", "P1");
    for given in ["Min Seo", "Seo Yeon", "Min Jin", "Ha Eun"] {
        let twin = child(given, "P2");
        let found = compare(&one, &twin);
        assert!(!found.is_likely(), "{given}: {}", found.score);
        assert_eq!(found.of(Aspect::Passport), Likeness::IssuedTogether);
        let mut sister = child(given, "P2");
        sister.sex = Sex::Female;
        assert!(!compare(&one, &sister).is_likely());
        let mut younger = child("Min Jun", "P2");
        younger.born_on = date!(1990 - 05 - 20);
        assert!(!compare(&one, &younger).is_likely(), "the same name on another day");
    }
}

#[test]
fn namesakes_born_on_other_days_are_two_persons() {
    let one = request(("Wang", "Wei"), "P1", 0);
    for born in [date!(1988 - 04 - 09), date!(1971 - 03 - 07), date!(1988 - 03 - 17)] {
        let mut other = request(("Wang", "Wei"), "P2", 900);
        other.born_on = born;
        assert!(!compare(&one, &other).is_likely(), "{born}");
    }
}

#[test]
fn the_passport_that_a_card_prints_joins_a_married_name_to_the_one_before() {
    let one = request(("Ivanova", "Olga"), "P1", 0);
    let mut two = request(("Smirnova", "Olga"), "P2", 900);
    two.card = Some(card(Some("P1")));
    let found = compare(&one, &two);
    assert_eq!((found.of(Aspect::Passport), found.of(Aspect::Name)), (Likeness::Renewed, Likeness::PartDiffers));
    assert!(found.is_likely() && meet(&one, &two));
}

#[test]
fn what_one_does_not_say_counts_for_nothing() {
    let mut one = request(("Wang", "Wei"), "P1", 0);
    let mut two = request(("Wang", "Wei"), "P2", 900);
    (one.passport, two.sex) = (None, Sex::X);
    let found = compare(&one, &two);
    for aspect in [Aspect::Passport, Aspect::Sex, Aspect::Card, Aspect::Representative] {
        assert_eq!(found.of(aspect), Likeness::Unknown);
    }
    assert!(found.aspects.iter().all(|compared| compared.likeness != Likeness::Unknown || compared.weight == 0));
}

#[test]
fn no_key_is_a_birth_date_alone_and_none_prints() {
    let one = request(("Wang", "Wei"), "P1", 0);
    let other = request(("Shevchenko", "Taras"), "P2", 0);
    assert!(!meet(&one, &other), "two persons born on one day");
    let keys = Profile::of(&one).keys();
    assert!((5..=KEYS_MAX).contains(&keys.len()));
    let printed = format!("{keys:?} {:?}", Profile::of(&one));
    for secret in ["WANG", "VANG", "1988", "0307", "P1"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}

#[test]
fn a_key_that_thousands_share_is_read_to_its_bound_and_counted() {
    let crowd: Vec<u32> = (0..5_000).rev().collect();
    let read = |from: u32| (from..from + 100).rev().collect::<Vec<_>>();
    let selected = select([vec![7], crowd, read(100), read(200), read(300), vec![7]]);
    assert_eq!(selected.open.first(), Some(&7), "who shares most comes first");
    assert_eq!((selected.open.len(), selected.capped_keys), (OPENED_MAX, 4));
    assert_eq!(selected.left_out, 4 * KEY_HOLDERS_MAX + 1 - OPENED_MAX);
}

#[test]
fn every_weight_is_listed_once_and_what_is_worth_nothing_is_not() {
    for (at, (aspect, likeness, weight)) in WEIGHTS.iter().enumerate() {
        assert_ne!(*weight, 0);
        assert!(!WEIGHTS[..at].iter().any(|row| (row.0, row.1) == (*aspect, *likeness)), "{aspect:?} {likeness:?}");
    }
}

proptest! {
    #[test]
    fn no_name_makes_it_panic_and_nobody_differs_from_themselves(
        family in "[\\p{L}\\p{M} '.-]{1,60}", given in "[\\p{L} -]{1,60}",
    ) {
        let Some(name) = FullName::new(NamePart::parse(&family).ok(), NamePart::parse(&given).ok()) else { return Ok(()) };
        let mut one = request(("Wang", "Wei"), "P1", 0);
        one.name = name;
        one.passport = None;
        let found = compare(&one, &one);
        let (this, keys) = (found.of(Aspect::Name), Profile::of(&one).keys());
        prop_assert!(matches!(this, Likeness::Same | Likeness::Unknown), "{this:?}");
        prop_assert!(keys.len() <= KEYS_MAX);
    }
}
