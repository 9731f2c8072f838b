//! The rules together, on one application: the published specimen, and what a change to it finds.

use super::*;
use crate::domain::application::{Language, Relation, Representative};
use crate::domain::consent::CLOCK_SKEW_MAX;
use crate::domain::consent::{Consent, Giver, LanguageTag, Purpose, TextHash};
use crate::domain::contact::Phone;
use crate::domain::finding::MRZ_DIFFERS;
use crate::domain::law;
use crate::domain::mrz::Zone;
use crate::domain::passport::{DocumentNumber, Passport};
use crate::domain::person::{FullName, NamePart, Sex, StateCode};
use crate::domain::record::Record;
use crate::domain::residence::{CardKind, CardSymbol, ResidenceCard, Stay};
use time::macros::date;

/// A day on which the specimen, renewed until 15 April 2031, is in date.
fn now() -> Timestamp {
    Timestamp::start_of(date!(2026 - 06 - 01))
}

fn consent(purpose: Purpose, given_by: Giver) -> Consent {
    Consent {
        purpose,
        given_by,
        text: TextHash::parse(&"ab".repeat(32)).unwrap(),
        language: LanguageTag::parse("en").unwrap(),
        given_at: now(),
    }
}

/// The published specimen, in date in November 2026, with a card.
pub(super) fn specimen() -> Application {
    let number = || DocumentNumber::parse("L898902C3").unwrap();
    Application {
        name: FullName::new(NamePart::parse("Eriksson").ok(), NamePart::parse("Anna Maria").ok()).unwrap(),
        born_on: date!(1974 - 08 - 12),
        sex: Sex::Female,
        nationality: StateCode::parse("UTO").unwrap(),
        passport: Some(Passport {
            number: number(),
            issuing_state: StateCode::parse("UTO").unwrap(),
            issued_on: date!(2021 - 04 - 16),
            expires_on: date!(2031 - 04 - 15),
            zone: Zone::parse(
                "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F3104150ZE184226B<<<<<16",
            )
            .unwrap(),
        }),
        card: Some(ResidenceCard {
            kind: CardKind::Temporary(CardSymbol::parse("LĐ2").unwrap()),
            number: DocumentNumber::parse("NC3B 000001").unwrap(),
            issued_on: date!(2025 - 01 - 01),
            expires_on: date!(2026 - 12 - 31),
            passport_number: Some(number()),
            name: None,
        }),
        stay: Stay::default(),
        phone: Phone::parse("0912345678").unwrap(),
        email: None,
        consents: vec![consent(Purpose::Account, Giver::Applicant), consent(Purpose::SensitiveData, Giver::Applicant)],
        representative: None,
        language: Language::En,
    }
}

fn passport(application: &mut Application) -> &mut Passport {
    application.passport.as_mut().unwrap()
}

fn card(application: &mut Application) -> &mut ResidenceCard {
    application.card.as_mut().unwrap()
}

fn represented(mut application: Application) -> Application {
    application.representative = Some(Representative {
        name: FullName::new(NamePart::parse("Eriksson").ok(), None).unwrap(),
        relation: Relation::Parent,
        document: DocumentNumber::parse("P1").unwrap(),
        issuing_state: StateCode::parse("UTO").unwrap(),
    });
    application
}

/// What is found, after `change` to the specimen: names of rules.
fn found(change: impl FnOnce(&mut Application)) -> Vec<&'static str> {
    let mut application = specimen();
    change(&mut application);
    examine(&application, None, &Known::default(), now()).iter().map(|finding| finding.rule.id).collect()
}

fn zone_with(from: &str, to: &str) -> Zone {
    Zone::parse(&specimen().passport.unwrap().zone.as_str().replace(from, to)).unwrap()
}

#[test]
fn the_specimen_in_date_has_no_findings() {
    assert_eq!(found(|_| ()), [""; 0]);
}

#[test]
fn a_wrong_check_digit_is_found() {
    assert_eq!(found(|a| passport(a).zone = zone_with("<<<<<16", "<<<<<17")), ["mrz.check-digit"]);
}

#[test]
fn a_state_that_doc_9303_does_not_list_is_found() {
    assert!(found(|a| passport(a).zone = zone_with("P<UTO", "P<TRC")).contains(&"mrz.state-unknown"));
}

#[test]
fn each_field_that_differs_from_the_zone_is_found_and_named() {
    let mut application = specimen();
    application.born_on = date!(1974 - 08 - 13);
    application.sex = Sex::Male;
    passport(&mut application).number = DocumentNumber::parse("L898902C4").unwrap();
    let findings = examine(&application, None, &Known::default(), now());
    let fields: Vec<_> =
        findings.iter().filter(|f| f.rule == &MRZ_DIFFERS).map(|f| f.fields[0].path.as_ref()).collect();
    assert_eq!(fields, ["passport.number", "person.date_of_birth", "person.sex"]);
}

#[test]
fn documents_out_of_date_are_found_and_their_last_day_still_counts() {
    assert_eq!(found(|a| card(a).expires_on = date!(2026 - 05 - 31)), ["residence-card.expired"]);
    assert_eq!(found(|a| card(a).expires_on = date!(2026 - 06 - 01)), [""; 0]);
    let late = Timestamp::start_of(date!(2031 - 04 - 16));
    let mut application = specimen();
    card(&mut application).kind = CardKind::Permanent;
    card(&mut application).expires_on = date!(2032 - 01 - 01);
    let findings = examine(&application, None, &Known::default(), late);
    assert_eq!(findings.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["passport.expired"]);
}

#[test]
fn days_in_the_future_or_in_the_wrong_order_are_found() {
    assert!(found(|a| card(a).issued_on = date!(2026 - 06 - 02)).contains(&"date.in-future"));
    assert!(found(|a| passport(a).issued_on = date!(1970 - 01 - 01)).contains(&"date.order"));
    assert!(found(|a| a.consents[0].given_at = now().plus(CLOCK_SKEW_MAX * 2)).contains(&"date.in-future"));
    assert_eq!(found(|a| a.consents[0].given_at = now().plus(CLOCK_SKEW_MAX / 2)), [""; 0]);
}

#[test]
fn under_six_is_refused_and_six_is_not() {
    let five = found(|a| a.born_on = date!(2020 - 06 - 02));
    let six = found(|a| a.born_on = date!(2020 - 06 - 01));
    assert!(five.contains(&"eligibility.under-six") && !six.contains(&"eligibility.under-six"));
}

#[test]
fn a_citizen_of_viet_nam_is_no_foreigner() {
    assert!(found(|a| a.nationality = StateCode::parse("VNM").unwrap()).contains(&"eligibility.citizen"));
}

#[test]
fn under_fourteen_needs_a_representative_who_is_someone_else() {
    let thirteen = date!(2012 - 06 - 02);
    assert!(found(|a| a.born_on = thirteen).contains(&"representative.missing"));
    assert!(!found(|a| a.born_on = date!(2012 - 06 - 01)).contains(&"representative.missing"));
    let own = found(|a| {
        *a = represented(a.clone());
        a.representative.as_mut().unwrap().document = a.passport.as_ref().unwrap().number.clone();
    });
    assert!(own.contains(&"representative.same-person"));
}

#[test]
fn every_purpose_needs_the_consent_of_everyone_who_must_agree() {
    assert_eq!(found(|a| a.consents.clear()), ["consent.missing"]);
    assert_eq!(found(|a| a.consents.truncate(1)), ["consent.missing"]);
    let represented_since = |born_on: Date, consents: Vec<Consent>| {
        let rules = found(|a| {
            *a = represented(a.clone());
            (a.born_on, a.consents) = (born_on, consents);
        });
        rules.contains(&"consent.missing")
    };
    let both: Vec<_> = [Giver::Applicant, Giver::Representative]
        .into_iter()
        .flat_map(|giver| law::consents::PURPOSES.map(|purpose| consent(purpose, giver)))
        .collect();
    let (child, ward) = (date!(2016 - 06 - 01), date!(1974 - 08 - 12));
    assert!(!represented_since(child, both.clone()));
    assert!(represented_since(child, both[..2].to_vec()) && represented_since(child, both[2..].to_vec()));
    assert!(!represented_since(ward, both[2..].to_vec()) && represented_since(ward, both[..2].to_vec()));
}

#[test]
fn a_card_for_another_passport_or_under_an_unknown_symbol_is_noted() {
    let other = DocumentNumber::parse("OLD1").unwrap();
    assert_eq!(found(|a| card(a).passport_number = Some(other)), ["residence-card.passport-differs"]);
    let symbol = CardSymbol::parse("ZZ9").unwrap();
    assert_eq!(found(|a| card(a).kind = CardKind::Temporary(symbol)), ["residence-card.symbol-unknown"]);
}

#[test]
fn a_card_that_spells_the_name_otherwise_is_noted() {
    let other = FullName::new(NamePart::parse("Eriksen").ok(), NamePart::parse("Anna Maria").ok());
    assert_eq!(found(|a| card(a).name = other), ["residence-card.name-differs"]);
    assert_eq!(found(|a| card(a).name = Some(a.name.clone())), [""; 0]);
}

#[test]
fn a_term_longer_than_the_symbol_allows_is_noted() {
    let ends = |day| found(|a| card(a).expires_on = day);
    assert_eq!(ends(date!(2027 - 01 - 01)), [""; 0], "two years to the day");
    assert_eq!(ends(date!(2027 - 01 - 02)), ["residence-card.term-too-long"]);
    let permanent = |day| {
        found(|a| {
            card(a).kind = CardKind::Permanent;
            card(a).expires_on = day;
        })
    };
    assert_eq!(permanent(date!(2035 - 01 - 01)), [""; 0]);
    assert_eq!(permanent(date!(2035 - 01 - 02)), ["residence-card.term-too-long"]);
}

#[test]
fn a_card_that_outlasts_its_passport_is_noted_unless_the_passport_was_replaced() {
    let with = |expires_on, issued_on| {
        found(|a| {
            card(a).kind = CardKind::Temporary(CardSymbol::parse("ĐT1").unwrap());
            (card(a).expires_on, card(a).issued_on) = (expires_on, issued_on);
            card(a).passport_number = None;
        })
    };
    assert_eq!(with(date!(2031 - 03 - 16), date!(2025 - 01 - 01)), [""; 0]);
    assert_eq!(with(date!(2031 - 03 - 17), date!(2025 - 01 - 01)), ["residence-card.outlasts-passport"]);
    assert_eq!(with(date!(2031 - 03 - 17), date!(2021 - 04 - 15)), [""; 0], "issued against an earlier passport");
}

#[test]
fn a_permanent_card_that_is_due_for_exchange_refers_and_does_not_refuse() {
    let rules = found(|a| {
        card(a).kind = CardKind::Permanent;
        card(a).expires_on = date!(2026 - 05 - 31);
    });
    assert_eq!(rules, ["residence-card.exchange-due"]);
}

#[test]
fn a_stateless_holder_of_a_permanent_card_needs_no_passport_and_everyone_else_does() {
    assert_eq!(found(|a| a.passport = None), ["passport.missing"]);
    let stateless = |kind| {
        found(move |a| {
            a.passport = None;
            a.nationality = StateCode::parse("XXA").unwrap();
            card(a).kind = kind;
        })
    };
    assert_eq!(stateless(CardKind::Permanent), [""; 0]);
    let temporary = CardKind::Temporary(CardSymbol::parse("LĐ2").unwrap());
    assert_eq!(stateless(temporary), ["passport.missing"]);
}

#[test]
fn without_a_card_there_is_no_ground_under_the_policy_in_force() {
    assert_eq!(found(|a| a.card = None), ["eligibility.no-ground"]);
    let since = Some(date!(2020 - 01 - 01));
    assert_eq!(found(|a| (a.card, a.stay.resident_since) = (None, since)), ["eligibility.no-ground"]);
}

#[test]
fn an_adult_with_a_representative_is_noted() {
    let rules = found(|a| {
        *a = represented(a.clone());
        a.consents.iter_mut().for_each(|c| c.given_by = Giver::Representative);
    });
    assert_eq!(rules, ["representative.adult"]);
}

#[test]
fn a_record_of_somebody_else_tells_nothing_of_the_applicants_biometrics() {
    let application = specimen();
    let known = |record: Record| Known { record: RegistryAnswer::Found(Box::new(record)), ..Known::default() };
    let own = crate::domain::record::tests::specimen();
    assert!(known(own.clone()).on_file(&application).is_some());
    let born = Record { born_on: date!(1974 - 08 - 13), ..own.clone() };
    assert_eq!(known(born).on_file(&application), None);
    let other = FullName::new(NamePart::parse("Somebody").ok(), None).unwrap();
    let stranger = Record { name: other, document: None, ..own };
    assert_eq!(known(stranger).on_file(&application), None);
}

#[test]
fn documents_of_the_practice_country_are_refused_where_only_real_ones_count() {
    let known = Known { real_only: true, ..Known::default() };
    let findings = examine(&specimen(), None, &known, now());
    assert_eq!(findings.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["passport.practice"]);
}

#[test]
fn what_others_hold_is_refused() {
    let taken = Taken { phone: true, passport: true, card: true };
    let findings = examine(&specimen(), None, &Known { taken, ..Known::default() }, now());
    let ids: Vec<_> = findings.iter().map(|f| f.rule.id).collect();
    assert_eq!(ids, ["phone.in-use", "passport.in-use", "residence-card.in-use"]);
    assert!(findings.cleared().is_err());
}

#[test]
fn documents_without_an_application_are_judged_by_the_same_rules() {
    fn ids(zone: Option<&Zone>, card: Option<&ResidenceCard>, today: Date) -> Vec<&'static str> {
        let shown = Documents { zone, card, ..Documents::default() };
        examine_documents(shown, today).iter().map(|finding| finding.rule.id).collect()
    }
    let Application { passport: Some(passport), card: Some(mut card), .. } = specimen() else { panic!() };
    let today = now().local_date();
    assert_eq!(ids(Some(&passport.zone), Some(&card), today), [""; 0]);
    assert_eq!(ids(Some(&zone_with("<<<<<16", "<<<<<17")), None, today), ["mrz.check-digit"]);
    card.expires_on = date!(2026 - 05 - 31);
    assert_eq!(ids(None, Some(&card), today), ["residence-card.expired"]);
    card.issued_on = date!(2026 - 06 - 02);
    assert_eq!(ids(None, Some(&card), today), ["date.in-future", "date.order", "residence-card.expired"]);
}

#[test]
fn a_passport_is_out_of_date_by_its_zone_where_nobody_typed_its_dates() {
    let zone = specimen().passport.unwrap().zone;
    let found = |today| examine_documents(Documents { zone: Some(&zone), ..Documents::default() }, today);
    assert_eq!(found(date!(2031 - 04 - 15)), Findings::default());
    let late = found(date!(2031 - 04 - 16));
    let finding = late.iter().next().unwrap();
    assert_eq!((finding.rule.id, finding.fields[0].path.as_ref()), ("passport.expired", "passport.mrz.expires_on"));
}

#[test]
fn an_application_survives_being_sealed_and_opened_and_never_prints() {
    let kept = serde_json::to_string(&represented(specimen())).unwrap();
    let opened: Application = serde_json::from_str(&kept).unwrap();
    assert_eq!(serde_json::to_string(&opened).unwrap(), kept);
    let printed = format!("{opened:?}");
    for secret in ["ERIKSSON", "Eriksson", "L898902C3", "912345678", "NC3B"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}
