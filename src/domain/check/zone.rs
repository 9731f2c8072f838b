//! The machine readable zone by itself, against what was typed, and against the zone in the chip.
//!
//! Every finding names the zone by where it was read: the page (`passport.mrz`) or the chip (`chip.dg1`).

use time::Date;

use crate::domain::application::Application;
use crate::domain::finding::{
    Field, Finding, Findings, MRZ_CARD, MRZ_CHARACTER, MRZ_CHECK_DIGIT, MRZ_CHIP_DIFFERS, MRZ_DATE_IMPOSSIBLE,
    MRZ_DATE_PARTIAL, MRZ_DEVIATION, MRZ_DIFFERS, MRZ_NAME_DIFFERS, MRZ_NAME_NO_PRIMARY, MRZ_NAME_NOT_COMPARABLE,
    MRZ_NAME_ORDER, MRZ_NAME_PART_MISSING, MRZ_STATE_UNKNOWN, MRZ_VISA, Rule, Source,
};
use crate::domain::mrz::{Format, NameMatch, Part, PartialDate, Zone, misplaced, suggest};
use crate::domain::person::{FullName, StateCode};

/// Where a zone was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Printed on the page.
    Page,
    /// Data group 1 of the chip (Doc 9303-10 section 4.7.1).
    Chip,
}

impl Place {
    const fn source(self) -> Source {
        match self {
            Self::Page => Source::Zone,
            Self::Chip => Source::Chip,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Page => "passport.mrz",
            Self::Chip => "chip.dg1",
        }
    }

    /// The zone as a whole.
    const fn field(self) -> Field {
        Field::new(self.source(), self.path())
    }

    /// A part of the zone.
    pub(super) fn part(self, name: &str) -> Field {
        Field { path: format!("{}.{name}", self.path()).into(), source: self.source(), value: None }
    }
}

/// Compares what was typed with the zone of the passport's page.
pub(super) fn against_application(application: &Application, today: Date, found: &mut Findings) {
    let Some(passport) = &application.passport else { return };
    found.add_all(against_typed(application, &passport.zone, Place::Page, today));
}

/// What is wrong with a zone whatever was typed: kind of document, characters, check digits, codes, dates, name field.
pub fn by_itself(zone: &Zone, place: Place, today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |rule, field| found.push(Finding::new(rule, [field]));
    match zone.format() {
        Format::Td3 => {}
        Format::MrvA | Format::MrvB => add(&MRZ_VISA, place.field()),
        Format::Td1 | Format::Td2 => add(&MRZ_CARD, place.field()),
    }
    if zone.issuing_state().is_none() {
        add(&MRZ_STATE_UNKNOWN, place.part("issuing_state").showing(zone.issuer_cells()));
    }
    if zone.nationality().is_none() {
        add(&MRZ_STATE_UNKNOWN, place.part("nationality").showing(zone.nationality_cells()));
    }
    if zone.identifiers().0.is_empty() {
        add(&MRZ_NAME_NO_PRIMARY, place.part("name"));
    }
    if let Some(row) = zone.deviation() {
        add(&MRZ_DEVIATION, place.part("number_digit").showing(row.basis));
    }
    let misplaced = misplaced(zone);
    // A letter in a date is told as such.
    if misplaced.is_none() && zone.births(today, None).next().is_none() {
        add(&MRZ_DATE_IMPOSSIBLE, place.part("date_of_birth"));
    }
    if misplaced.is_none() && zone.expiry(today).is_none() {
        add(&MRZ_DATE_IMPOSSIBLE, place.part("expires_on"));
    }
    found.extend(misread(zone, place, misplaced));
    found
}

/// Characters in the wrong place and digits that do not hold, with what was probably meant if all digits confirm it.
fn misread(zone: &Zone, place: Place, misplaced: Option<(usize, usize)>) -> Vec<Finding> {
    let wrong = zone.wrong_digits();
    let mut found = Vec::new();
    if let Some((line, character)) = misplaced {
        found.push(Finding::new(&MRZ_CHARACTER, [place.field().showing(format!("{line}:{character}"))]));
    }
    if !wrong.is_empty() {
        let digits = wrong.iter().map(|digit| place.part(digit.name()));
        found.push(Finding::new(&MRZ_CHECK_DIGIT, [place.field()].into_iter().chain(digits)));
    }
    let Some(meant) = (!found.is_empty()).then(|| suggest(zone)).flatten() else { return found };
    found.into_iter().map(|finding| finding.suggesting(meant.as_str())).collect()
}

/// Each field of the application that a zone tells otherwise. What the zone leaves unknown, or cannot mean, differs from
/// nothing.
pub fn against_typed(application: &Application, zone: &Zone, place: Place, today: Date) -> Vec<Finding> {
    let Some(passport) = &application.passport else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |rule: &'static Rule, typed: Field, read: &str| {
        found.push(Finding::new(rule, [typed, place.field().showing(read)]));
    };

    let number = zone.number();
    if !number.chars().filter(|c| *c != '<').eq(passport.number.as_str().chars()) {
        add(&MRZ_DIFFERS, Field::typed("passport.number").showing(passport.number.as_str()), &number);
    }
    let states = [
        ("passport.issuing_state", &passport.issuing_state, zone.issuing_state()),
        ("person.nationality", &application.nationality, zone.nationality()),
    ];
    for (path, typed, read) in states {
        if let Some(read) = read.filter(|read| read != typed) {
            add(&MRZ_DIFFERS, Field::typed(path).showing(StateCode::as_str(typed)), read.as_str());
        }
    }
    let dates: [(_, _, [Option<PartialDate>; 2]); 2] = [
        ("passport.expires_on", passport.expires_on, [zone.expiry(today), None]),
        ("person.date_of_birth", application.born_on, pair(zone.births(today, None))),
    ];
    for (path, typed, read) in dates {
        let field = || Field::typed(path).showing(typed.to_string());
        match read.iter().flatten().find(|date| date.agrees(typed)).or(read.first().and_then(Option::as_ref)) {
            Some(date) if !date.agrees(typed) => add(&MRZ_DIFFERS, field(), &date.to_string()),
            Some(date) if date.date().is_none() => add(&MRZ_DATE_PARTIAL, field(), &date.to_string()),
            Some(_) | None => {}
        }
    }
    if let Some(read) = zone.sex().filter(|read| *read != application.sex) {
        add(&MRZ_DIFFERS, Field::typed("person.sex").showing(application.sex.letter()), read.letter());
    }
    found.extend(name(&application.name, zone, place));
    found
}

fn pair(mut dates: impl Iterator<Item = PartialDate>) -> [Option<PartialDate>; 2] {
    [dates.next(), dates.next()]
}

/// Why a typed name is not the one in the zone. Transliteration and truncation are no difference.
fn name(name: &FullName, zone: &Zone, place: Place) -> Option<Finding> {
    let (rule, suggests): (_, bool) = match zone.name_match(name) {
        NameMatch::Same | NameMatch::SingleName | NameMatch::Transliterated | NameMatch::Truncated => return None,
        NameMatch::Divided | NameMatch::OrderSwapped => (&MRZ_NAME_ORDER, true),
        NameMatch::PartMissing => (&MRZ_NAME_PART_MISSING, true),
        NameMatch::NotComparable => (&MRZ_NAME_NOT_COMPARABLE, true),
        NameMatch::Different => (&MRZ_NAME_DIFFERS, false),
    };
    let (primary, secondary) = zone.identifiers();
    let read = [primary, secondary].map(|part| part.replace('<', " ")).join(", ");
    let read = read.trim_matches([',', ' ']);
    let finding = Finding::new(rule, [Field::typed("person").showing(name.joined(", ")), place.field().showing(read)]);
    Some(if suggests { finding.suggesting(read) } else { finding })
}

/// Whether the zone of the page is that of the chip; the finding names each part that differs and suggests the chip's.
pub fn same_zone(page: &Zone, chip: &Zone) -> Option<Finding> {
    let differing = page.differences(chip);
    let parts = differing.iter().map(|part| Place::Page.part(part_name(*part)));
    let fields = [Place::Page.field().showing(page.as_str()), Place::Chip.field().showing(chip.as_str())];
    let finding = Finding::new(&MRZ_CHIP_DIFFERS, fields.into_iter().chain(parts)).suggesting(chip.as_str());
    (!differing.is_empty()).then_some(finding)
}

const fn part_name(part: Part) -> &'static str {
    match part {
        Part::Document => "document_code",
        Part::Issuer => "issuing_state",
        Part::Name => "name",
        Part::Number => "number",
        Part::Nationality => "nationality",
        Part::Birth => "date_of_birth",
        Part::Sex => "sex",
        Part::Expiry => "expires_on",
        Part::Optional => "optional",
        Part::Digits => "check_digits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::tests::specimen;
    use crate::domain::person::NamePart;
    use time::macros::date;

    /// A day on which the specimen, as it was renewed, is in date.
    const TODAY: Date = date!(2026 - 06 - 01);
    const BELGIAN: &str =
        "IDBEL000590240<6013<<<<<<<<<<<\n8512017F1311048BEL851201002007\nREINARTZ<<ULRIKE<KATIA<E<<<<<<";

    fn read(text: &str) -> Zone {
        Zone::parse(text).unwrap()
    }

    /// The specimen's zone, with one piece replaced.
    fn page(from: &str, to: &str) -> Zone {
        read(&specimen().passport.unwrap().zone.as_str().replace(from, to))
    }

    /// Names of the rules that a zone breaks by itself.
    fn alone(zone: &Zone) -> Vec<&'static str> {
        by_itself(zone, Place::Page, TODAY).iter().map(|finding| finding.rule.id).collect()
    }

    /// What differs from the specimen's typed data: rule, first field, what is shown of both.
    fn typed(change: impl FnOnce(&mut Application), zone: &Zone) -> Vec<(&'static str, String, String, String)> {
        let mut application = specimen();
        change(&mut application);
        let shown = |field: &Field| field.value.as_ref().map_or(String::new(), |value| value.as_str().to_owned());
        let found = against_typed(&application, zone, Place::Page, TODAY);
        let row = |f: &Finding| (f.rule.id, f.fields[0].path.to_string(), shown(&f.fields[0]), shown(&f.fields[1]));
        found.iter().map(row).collect()
    }

    fn name_of(family: &str, given: &str) -> FullName {
        FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok()).unwrap()
    }

    #[test]
    fn the_finding_names_each_digit_that_does_not_hold() {
        let found = by_itself(&page("L898902C36", "L898902C46"), Place::Page, TODAY);
        let paths: Vec<_> = found[0].fields.iter().map(|field| field.path.as_ref()).collect();
        assert_eq!(paths, ["passport.mrz", "passport.mrz.number_digit", "passport.mrz.composite_digit"]);
        assert!(found[0].fields.iter().all(|field| field.source == Source::Zone));
    }

    #[test]
    fn what_was_misread_is_suggested_and_not_applied() {
        let misread = page("L898902C36", "L8989O2C36");
        let found = by_itself(&misread, Place::Page, TODAY);
        assert_eq!(found[0].rule.id, "mrz.check-digit");
        assert_eq!(found[0].suggestion.as_ref().unwrap().as_str(), specimen().passport.unwrap().zone.as_str());
        assert!(misread.number() == "L8989O2C3");
    }

    #[test]
    fn a_digit_in_a_name_is_found() {
        assert_eq!(alone(&page("MARIA", "MAR1A")), ["mrz.character"]);
    }

    #[test]
    fn a_visa_is_refused_and_a_card_referred() {
        let visa = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C<3UTO6908061F9406236ZE184226B<<<<<<<";
        assert_eq!(alone(&read(visa)), ["mrz.visa"]);
        let card = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
        assert_eq!(alone(&read(card)), ["mrz.card"]);
    }

    #[test]
    fn a_documented_departure_is_noted_and_any_other_refused() {
        assert_eq!(alone(&read(BELGIAN)), ["mrz.card", "mrz.deviation"]);
        let elsewhere = BELGIAN.replace("IDBEL", "IDFRA");
        assert!(alone(&read(&elsewhere)).contains(&"mrz.check-digit"));
    }

    #[test]
    fn a_day_that_no_calendar_has_goes_to_a_person() {
        assert!(alone(&page("7408122", "7402308")).contains(&"mrz.date-impossible"));
        assert!(alone(&page("3104150", "3102299")).contains(&"mrz.date-impossible"));
    }

    #[test]
    fn an_unknown_part_of_a_date_is_noted_if_the_rest_agrees() {
        let zone = page("7408122", "7408<<2");
        let noted = [("mrz.date-partial", "person.date_of_birth".into(), "1974-08-12".into(), "1974-08-XX".into())];
        assert_eq!(typed(|_| (), &zone), noted);
        let rule = |found: Vec<(&'static str, String, String, String)>| found[0].0;
        assert_eq!(rule(typed(|a| a.born_on = date!(1974 - 09 - 12), &zone)), "mrz.differs");
    }

    #[test]
    fn a_field_that_differs_is_shown_as_typed_and_as_read() {
        let zone = specimen().passport.unwrap().zone;
        let expires = [("mrz.differs", "passport.expires_on".into(), "2031-04-16".into(), "2031-04-15".into())];
        assert_eq!(typed(|a| a.passport.as_mut().unwrap().expires_on = date!(2031 - 04 - 16), &zone), expires);
        let nationality = [("mrz.differs", "person.nationality".into(), "FRA".into(), "UTO".into())];
        assert_eq!(typed(|a| a.nationality = StateCode::parse("FRA").unwrap(), &zone), nationality);
        assert_eq!(typed(|_| (), &zone), []);
    }

    #[test]
    fn a_child_and_someone_over_a_hundred_are_told_apart_by_what_is_typed() {
        let zone = page("7408122", "1008122");
        for born in [date!(2010 - 08 - 12), date!(1910 - 08 - 12)] {
            assert_eq!(typed(|a| a.born_on = born, &zone), []);
        }
        assert_eq!(typed(|a| a.born_on = date!(2110 - 08 - 12), &zone).len(), 1);
    }

    #[test]
    fn another_name_goes_to_a_person() {
        let found = typed(|a| a.name = name_of("Erikson", "Anna Maria"), &specimen().passport.unwrap().zone);
        let row = ("mrz.name-differs", "person".into(), "Erikson, Anna Maria".into(), "ERIKSSON, ANNA MARIA".into());
        assert_eq!(found, [row]);
    }

    #[test]
    fn names_in_another_order_or_with_a_part_missing_are_noted_with_what_the_zone_says() {
        let zone = specimen().passport.unwrap().zone;
        let found = |name: FullName| name_finding(&name, &zone);
        assert_eq!(found(name_of("Anna Maria", "Eriksson")), ("mrz.name-order", Some("ERIKSSON, ANNA MARIA".into())));
        assert_eq!(found(name_of("Eriksson", "Anna")), ("mrz.name-part-missing", Some("ERIKSSON, ANNA MARIA".into())));
    }

    fn name_finding(typed: &FullName, zone: &Zone) -> (&'static str, Option<String>) {
        let finding = name(typed, zone, Place::Page).unwrap();
        (finding.rule.id, finding.suggestion.map(|value| value.as_str().to_owned()))
    }

    #[test]
    fn a_name_in_a_script_without_transliteration_is_noted() {
        let zone = specimen().passport.unwrap().zone;
        assert_eq!(name_finding(&name_of("山田", "太郎"), &zone).0, "mrz.name-not-comparable");
    }

    #[test]
    fn a_zone_without_a_primary_identifier_is_noted() {
        assert_eq!(alone(&page("ERIKSSON<<ANNA<MARIA", "<<ANNA<MARIA<<<<<<<<")), ["mrz.name-no-primary"]);
    }

    #[test]
    fn a_page_that_differs_from_the_chip_is_refused_with_the_parts_that_differ() {
        let chip = specimen().passport.unwrap().zone;
        assert_eq!(same_zone(&chip, &chip), None);
        let finding = same_zone(&page("7408122F310415", "7408122F320415"), &chip).unwrap();
        assert_eq!(finding.rule.id, "mrz.chip-differs");
        assert_eq!(finding.fields[2].path, "passport.mrz.expires_on");
        assert_eq!(finding.suggestion.unwrap().as_str(), chip.as_str());
    }
}
