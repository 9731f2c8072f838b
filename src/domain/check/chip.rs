//! What the chip says against what was typed and what the page shows.
//!
//! Only what the security object lists is compared, and nothing if that object is forged: then the report says so, and the
//! rest says nothing. A chip whose signer is not trusted yet is compared all the same; a difference needs explaining
//! whoever signed. No value of the chip replaces a typed one.

use time::Date;

use super::zone::{self, Place, against_typed, same_zone};
use crate::domain::application::Application;
use crate::domain::chip::{ChipReport, Genuineness};
use crate::domain::chip_content::{ChipContent, HolderDetails};
use crate::domain::finding::{
    CHIP_PASSPORT_MISSING, DG11_BIRTH_DIFFERS, DG11_CENTURY_DIFFERS, DG11_NAME_DIFFERS, DG11_NUMBER_DIFFERS,
    DG12_ISSUED_DIFFERS, Field, Finding, Findings, Source,
};
use crate::domain::mrz::{Format, NameMatch, PartialDate, Zone, agree};
use crate::domain::person::FullName;
use crate::domain::time::format_date;

/// Adds what the examination of the chip found, what its zone says by itself, and how it differs from the page's.
pub(super) fn by_itself(report: &ChipReport, page: Option<&Zone>, today: Date, found: &mut Findings) {
    found.add_all(report.findings.iter().cloned());
    let Some(zone) = stated_zone(report) else { return };
    let differs = page.and_then(|page| same_zone(page, zone));
    // A zone that is the page's has the page's faults: those are found already.
    if page.is_none() || differs.is_some() {
        found.add_all(differs);
        found.add_all(zone::by_itself(zone, Place::Chip, today));
    }
    found.add_all(personal_number(&report.content.holder, zone));
}

/// The zone in the chip; a chip that is forged says nothing.
pub(super) fn stated_zone(report: &ChipReport) -> Option<&Zone> {
    report.content.zone.as_ref().filter(|_| report.data != Genuineness::NotGenuine)
}

/// Compares what the chip says with what was typed. Comes after the page's own zone, so that one field that differs from
/// both is one finding with all three sources.
pub(super) fn against_application(application: &Application, report: &ChipReport, today: Date, found: &mut Findings) {
    if report.data == Genuineness::NotGenuine {
        return;
    }
    let Some(passport) = &application.passport else {
        return found.add(Finding::new(&CHIP_PASSPORT_MISSING, [Field::typed("passport"), of_chip("chip")]));
    };
    let ChipContent { zone, holder, issued_on, .. } = &report.content;
    if let Some(zone) = zone {
        found.join(against_typed(application, zone, Place::Chip, today));
    }
    found.add_all(details(application, holder));
    found.add_all(issued_on.and_then(|stated| issued(passport.issued_on, stated)));
}

/// DG11 against what was typed.
fn details(application: &Application, holder: &HolderDetails) -> Vec<Finding> {
    let birth = holder.born_on.and_then(|stated| birth(application.born_on, stated));
    let name = holder.name.as_ref().and_then(|stated| name(&application.name, stated));
    birth.into_iter().chain(name).collect()
}

/// A zone has two digits of the year: which century it is, DG11 alone proves.
fn birth(typed: Date, stated: PartialDate) -> Option<Finding> {
    if stated.agrees(typed) {
        return None;
    }
    let year = stated.year.map(i32::from)?;
    let other_century = Date::from_calendar_date(year, typed.month(), typed.day());
    let only_century = (year - typed.year()) % 100 == 0 && other_century.is_ok_and(|day| stated.agrees(day));
    let rule = if only_century { &DG11_CENTURY_DIFFERS } else { &DG11_BIRTH_DIFFERS };
    let typed = Field::typed("person.date_of_birth").showing(format_date(typed));
    Some(Finding::new(rule, [typed, of_chip("chip.dg11.date_of_birth").showing(stated.to_string())]))
}

/// The full name may be in the state's own script, which DG1 answers for; and how it is divided, DG1 tells better.
fn name(typed: &FullName, stated: &FullName) -> Option<Finding> {
    let differs = matches!(agree(typed, stated), NameMatch::PartMissing | NameMatch::Different);
    let fields =
        [Field::typed("person").showing(typed.joined(", ")), of_chip("chip.dg11.name").showing(stated.joined(", "))];
    differs.then(|| Finding::new(&DG11_NAME_DIFFERS, fields))
}

/// The optional data of a passport's zone are a personal number in most states: either may be written with more around it.
fn personal_number(holder: &HolderDetails, zone: &Zone) -> Option<Finding> {
    let stated = holder.personal_number.as_ref()?.as_str();
    let [optional, _] = zone.optional();
    let shown: String = optional.chars().filter(|c| *c != '<').collect();
    if zone.format() != Format::Td3 || shown.is_empty() || stated.contains(&shown) || shown.contains(stated) {
        return None;
    }
    let fields = [("chip.dg11.personal_number", stated), ("chip.dg1.optional", &shown)];
    Some(Finding::new(&DG11_NUMBER_DIFFERS, fields.map(|(path, value)| of_chip(path).showing(value))))
}

/// DG12: the zone has no day of issue, so this is the only one that is proven.
fn issued(typed: Date, stated: PartialDate) -> Option<Finding> {
    let shown = Field::typed("passport.issued_on").showing(format_date(typed));
    let fields = [shown, of_chip("chip.dg12.issued_on").showing(stated.to_string())];
    (!stated.agrees(typed)).then(|| Finding::new(&DG12_ISSUED_DIFFERS, fields))
}

const fn of_chip(path: &'static str) -> Field {
    Field::new(Source::Chip, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::tests::specimen;
    use crate::domain::chip::Doubt;
    use crate::domain::chip_content::PersonalNumber;
    use crate::domain::finding::CHIP_CRL_MISSING;
    use crate::domain::person::NamePart;
    use std::collections::BTreeSet;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 06 - 01);

    fn report(content: ChipContent) -> ChipReport {
        ChipReport {
            steps: Vec::new(),
            findings: Vec::new(),
            data: Genuineness::Genuine,
            chip: Genuineness::Unknown(Doubt::NotOffered),
            matching: BTreeSet::new(),
            content,
            signer: None,
            anchor: None,
            practice: false,
        }
    }

    /// Rules and the paths and values of their fields, for the specimen after `change` with a chip that says `content`.
    fn found(change: impl FnOnce(&mut Application), report: &ChipReport) -> Vec<(&'static str, Vec<String>)> {
        let mut application = specimen();
        change(&mut application);
        let mut found = Findings::default();
        let page = application.passport.as_ref().map(|passport| &passport.zone);
        super::super::by_themselves(page, Some(report), TODAY, &mut found);
        zone::against_application(&application, TODAY, &mut found);
        against_application(&application, report, TODAY, &mut found);
        let field = |field: &Field| {
            let value = field.value.as_ref().map_or("", |value| value.as_str());
            format!("{} {} {value}", field.source.name(), field.path)
        };
        found.iter().map(|finding| (finding.rule.id, finding.fields.iter().map(field).collect())).collect()
    }

    fn rules(change: impl FnOnce(&mut Application), content: ChipContent) -> Vec<&'static str> {
        found(change, &report(content)).into_iter().map(|(rule, _)| rule).collect()
    }

    fn with_zone(from: &str, to: &str) -> ChipContent {
        let zone = specimen().passport.unwrap().zone.as_str().replace(from, to);
        ChipContent { zone: Some(Zone::parse(&zone).unwrap()), ..ChipContent::default() }
    }

    fn holder(holder: HolderDetails) -> ChipContent {
        ChipContent { holder, ..with_zone("", "") }
    }

    fn day(year: u16, month: u8, day: u8) -> PartialDate {
        PartialDate { year: Some(year), month: Some(month), day: Some(day) }
    }

    fn full_name(family: &str, given: &str) -> FullName {
        FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok()).unwrap()
    }

    #[test]
    fn a_chip_that_says_what_was_typed_finds_nothing() {
        let content = ChipContent {
            holder: HolderDetails {
                name: Some(full_name("Eriksson", "Anna Maria")),
                born_on: Some(day(1974, 8, 12)),
                personal_number: PersonalNumber::parse("ZE184226B").ok(),
            },
            issued_on: Some(day(2021, 4, 16)),
            ..with_zone("", "")
        };
        assert_eq!(rules(|_| (), content), [""; 0]);
        assert_eq!(rules(|_| (), ChipContent::default()), [""; 0]);
    }

    #[test]
    fn one_field_that_differs_from_page_and_chip_is_one_finding_with_three_sources() {
        let number = |a: &mut Application| {
            a.passport.as_mut().unwrap().number = crate::domain::passport::DocumentNumber::parse("L898902C4").unwrap();
        };
        let expected = [
            "typed passport.number L898902C4".to_owned(),
            "zone passport.mrz L898902C3".to_owned(),
            "chip chip.dg1 L898902C3".to_owned(),
        ];
        assert_eq!(found(number, &report(with_zone("", ""))), [("mrz.differs", expected.to_vec())]);
    }

    #[test]
    fn a_page_that_is_not_the_chips_is_found_and_so_is_what_was_typed_from_it() {
        let chip = with_zone("L898902C36", "L898902D33");
        let ids = rules(|_| (), chip);
        assert_eq!(ids[0], "mrz.chip-differs");
        assert!(ids.contains(&"mrz.differs"), "{ids:?}");
    }

    #[test]
    fn the_faults_of_the_zone_are_not_told_twice_if_page_and_chip_have_the_same() {
        let wrong = with_zone("<<<<<16", "<<<<<17");
        let zone = wrong.zone.clone().unwrap();
        assert_eq!(rules(|a| a.passport.as_mut().unwrap().zone = zone, wrong.clone()), ["mrz.check-digit"]);
        assert_eq!(rules(|_| (), wrong), ["mrz.chip-differs", "mrz.check-digit"]);
    }

    #[test]
    fn the_full_date_of_birth_decides_the_century() {
        let stated = |born_on| holder(HolderDetails { born_on: Some(born_on), ..HolderDetails::default() });
        assert_eq!(rules(|_| (), stated(day(1874, 8, 12))), ["dg11.century-differs"]);
        assert_eq!(rules(|_| (), stated(day(1974, 8, 13))), ["dg11.birth-differs"]);
        assert_eq!(rules(|_| (), stated(day(1975, 8, 12))), ["dg11.birth-differs"]);
        let partial = PartialDate { year: Some(1974), month: None, day: None };
        assert_eq!(rules(|_| (), stated(partial)), [""; 0]);
        let partial = PartialDate { year: Some(1874), ..partial };
        assert_eq!(rules(|_| (), stated(partial)), ["dg11.century-differs"]);
    }

    #[test]
    fn a_full_name_is_noted_if_it_is_another_and_not_if_it_is_spelt_or_divided_otherwise() {
        let stated = |name| holder(HolderDetails { name: Some(name), ..HolderDetails::default() });
        for (family, given) in [("Erikson", "Anna"), ("Eriksson", "Anna Maria Eva")] {
            assert_eq!(rules(|_| (), stated(full_name(family, given))), ["dg11.name-differs"], "{family} {given}");
        }
        for (family, given) in
            [("ERIKSSON", "ANNA MARIA"), ("Eriksson Anna Maria", ""), ("Anna Maria", "Eriksson"), ("山田", "花子")]
        {
            assert_eq!(rules(|_| (), stated(full_name(family, given))), [""; 0], "{family} {given}");
        }
    }

    #[test]
    fn a_personal_number_is_noted_if_it_is_neither_more_nor_less_than_the_zones() {
        let stated = |number: &str| {
            holder(HolderDetails { personal_number: PersonalNumber::parse(number).ok(), ..HolderDetails::default() })
        };
        assert_eq!(rules(|_| (), stated("ZE184226C")), ["dg11.number-differs"]);
        for same in ["ze-184226-b", "UTO ZE184226B", "184226"] {
            assert_eq!(rules(|_| (), stated(same)), [""; 0], "{same}");
        }
    }

    #[test]
    fn a_day_of_issue_that_differs_goes_to_a_person_with_both_days() {
        let content = ChipContent { issued_on: Some(day(2021, 4, 17)), ..with_zone("", "") };
        let fields = ["typed passport.issued_on 2021-04-16", "chip chip.dg12.issued_on 2021-04-17"];
        assert_eq!(found(|_| (), &report(content)), [("dg12.issued-differs", fields.map(str::to_owned).to_vec())]);
    }

    #[test]
    fn a_chip_without_the_passport_that_it_is_in_is_refused() {
        assert_eq!(rules(|a| a.passport = None, with_zone("", "")), ["chip-content.passport-missing"]);
    }

    #[test]
    fn without_a_page_the_chips_own_zone_is_looked_at_and_a_forged_one_is_not() {
        let ids = |report: &ChipReport| {
            let mut found = Findings::default();
            by_itself(report, None, TODAY, &mut found);
            found.iter().map(|finding| finding.rule.id).collect::<Vec<_>>()
        };
        let mut report = report(with_zone("<<<<<16", "<<<<<17"));
        assert_eq!(ids(&report), ["mrz.check-digit"]);
        report.data = Genuineness::NotGenuine;
        assert_eq!(ids(&report), [""; 0]);
    }

    #[test]
    fn a_chip_without_trust_is_compared_and_a_forged_one_only_reported() {
        let finding = Finding::new(&CHIP_CRL_MISSING, [of_chip("chip.sod")]);
        let mut report = report(with_zone("L898902C36", "L898902D33"));
        report.findings.push(finding);
        report.data = Genuineness::Unknown(Doubt::NotTrusted);
        let ids = |report: &ChipReport| found(|_| (), report).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
        assert!(ids(&report).contains(&"mrz.chip-differs") && ids(&report).contains(&"chip.crl-missing"));
        report.data = Genuineness::NotGenuine;
        assert_eq!(ids(&report), ["chip.crl-missing"]);
    }
}
