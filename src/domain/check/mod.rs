//! The rules applied to one application. The rehearsal and the real submission run this same function.

mod registry;
mod zone;

pub use registry::{compare, record_key};

use time::Date;

use super::application::Application;
use super::consent::CLOCK_SKEW_MAX;
use super::finding::{
    CARD_EXPIRED, CARD_IN_USE, CARD_PASSPORT_DIFFERS, CARD_SYMBOL_UNKNOWN, CITIZEN, CONSENT_MISSING, DATE_IN_FUTURE,
    DATE_ORDER, Findings, NOT_ELIGIBLE, PASSPORT_EXPIRED, PASSPORT_IN_USE, PHONE_IN_USE, REPRESENTATIVE_MISSING,
    REPRESENTATIVE_SAME, UNDER_SIX,
};
use super::law;
use super::law::eligibility::Ground;
use super::person::age_on;
use super::residence::CardKind;
use super::time::Timestamp;

/// What is known of other requests and accounts: which of this application's values they hold already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// The phone serves someone else, and not the representative of this applicant.
    pub phone: bool,
    /// The passport belongs to another request in progress or account.
    pub passport: bool,
    /// The residence card does.
    pub card: bool,
}

/// Applies every rule to `application` as handed in at `now`.
pub fn examine(application: &Application, taken: Taken, now: Timestamp) -> Findings {
    let today = now.local_date();
    let mut found = Findings::default();
    zone::zone(application, today, &mut found);
    documents(application, today, &mut found);
    eligibility(application, today, &mut found);
    consents(application, now, &mut found);
    found.add_if(taken.phone, &PHONE_IN_USE, &["phone"]);
    found.add_if(taken.passport, &PASSPORT_IN_USE, &["passport.number"]);
    found.add_if(taken.card, &CARD_IN_USE, &["residence_card.number"]);
    found.sort();
    found
}

fn documents(application: &Application, today: Date, found: &mut Findings) {
    let (passport, card) = (&application.passport, &application.card);
    found.add_if(passport.expires_on < today, &PASSPORT_EXPIRED, &["passport.expires_on"]);
    found.add_if(card.expires_on < today, &CARD_EXPIRED, &["residence_card.expires_on"]);
    for (day, field) in [
        (application.born_on, "person.date_of_birth"),
        (passport.issued_on, "passport.issued_on"),
        (card.issued_on, "residence_card.issued_on"),
    ] {
        found.add_if(day > today, &DATE_IN_FUTURE, &[field]);
    }
    let passport_order = passport.issued_on > passport.expires_on || passport.issued_on < application.born_on;
    found.add_if(passport_order, &DATE_ORDER, &["passport.issued_on", "passport.expires_on"]);
    let card_order = card.issued_on > card.expires_on || card.issued_on < application.born_on;
    found.add_if(card_order, &DATE_ORDER, &["residence_card.issued_on", "residence_card.expires_on"]);
    if let CardKind::Temporary(symbol) = &card.kind {
        found.add_if(!law::cards::is_known(symbol), &CARD_SYMBOL_UNKNOWN, &["residence_card.symbol"]);
    }
    let other_passport = card.passport_number.as_ref().is_some_and(|number| *number != passport.number);
    found.add_if(other_passport, &CARD_PASSPORT_DIFFERS, &["residence_card.passport_number", "passport.number"]);
}

fn eligibility(application: &Application, today: Date, found: &mut Findings) {
    let age = age_on(application.born_on, today);
    let in_date = application.card.expires_on >= today;
    let grounds: &[Ground] = if in_date { &[Ground::ResidenceCard] } else { &[] };
    let too_young = law::eligibility::POLICY.on(today).is_some_and(|policy| age < policy.age_min);
    let ineligible = !law::eligibility::is_eligible(today, age, grounds);
    found.add_if(too_young, &UNDER_SIX, &["person.date_of_birth"]);
    // An expired card is its own finding; this one is for policies that ask for something else again.
    found.add_if(ineligible && !too_young && in_date, &NOT_ELIGIBLE, &["residence_card"]);
    found.add_if(application.nationality.is_viet_nam(), &CITIZEN, &["person.nationality"]);

    let needs_one = age < law::eligibility::REPRESENTED_BELOW_AGE;
    found.add_if(needs_one && application.representative.is_none(), &REPRESENTATIVE_MISSING, &["representative"]);
    let same = application.representative.as_ref().is_some_and(|representative| {
        representative.document == application.passport.number
            && representative.issuing_state == application.passport.issuing_state
    });
    found.add_if(same, &REPRESENTATIVE_SAME, &["representative.document_number"]);
}

fn consents(application: &Application, now: Timestamp, found: &mut Findings) {
    let age = age_on(application.born_on, now.local_date());
    let given = |purpose, giver| application.consents.iter().any(|c| c.purpose == purpose && c.given_by == giver);
    let missing = law::consents::givers(age, application.representative.is_some())
        .iter()
        .any(|giver| law::consents::PURPOSES.iter().any(|purpose| !given(*purpose, *giver)));
    found.add_if(missing, &CONSENT_MISSING, &["consents"]);
    let latest = now.plus(CLOCK_SKEW_MAX);
    found.add_if(application.consents.iter().any(|c| c.given_at > latest), &DATE_IN_FUTURE, &["consents"]);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::application::{Language, Relation, Representative};
    use crate::domain::consent::{Consent, Giver, LanguageTag, Purpose, TextHash};
    use crate::domain::contact::Phone;
    use crate::domain::finding::MRZ_DIFFERS;
    use crate::domain::passport::{DocumentNumber, Passport, Zone};
    use crate::domain::person::{FullName, NamePart, Sex, StateCode};
    use crate::domain::residence::{CardSymbol, ResidenceCard};
    use time::macros::date;

    /// A day on which the published specimen, valid until 15 April 2012, was in date.
    fn now() -> Timestamp {
        Timestamp::start_of(date!(2011 - 06 - 01))
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

    /// The published specimen, in date in June 2011, with a card.
    pub(crate) fn specimen() -> Application {
        let number = || DocumentNumber::parse("L898902C3").unwrap();
        Application {
            name: FullName::new(NamePart::parse("Eriksson").ok(), NamePart::parse("Anna Maria").ok()).unwrap(),
            born_on: date!(1974 - 08 - 12),
            sex: Sex::Female,
            nationality: StateCode::parse("UTO").unwrap(),
            passport: Passport {
                number: number(),
                issuing_state: StateCode::parse("UTO").unwrap(),
                issued_on: date!(2007 - 04 - 16),
                expires_on: date!(2012 - 04 - 15),
                zone: Zone::parse(
                    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
                )
                .unwrap(),
            },
            card: ResidenceCard {
                kind: CardKind::Temporary(CardSymbol::parse("LĐ2").unwrap()),
                number: DocumentNumber::parse("NC3B 000001").unwrap(),
                issued_on: date!(2010 - 01 - 01),
                expires_on: date!(2011 - 12 - 31),
                passport_number: Some(number()),
            },
            phone: Phone::parse("0912345678").unwrap(),
            email: None,
            consents: vec![
                consent(Purpose::Account, Giver::Applicant),
                consent(Purpose::SensitiveData, Giver::Applicant),
            ],
            representative: None,
            language: Language::En,
        }
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
        examine(&application, Taken::default(), now()).iter().map(|finding| finding.rule.id).collect()
    }

    fn zone_with(from: &str, to: &str) -> Zone {
        Zone::parse(&specimen().passport.zone.as_str().replace(from, to)).unwrap()
    }

    #[test]
    fn the_specimen_in_date_has_no_findings() {
        assert_eq!(found(|_| ()), [""; 0]);
    }

    #[test]
    fn a_wrong_check_digit_is_found() {
        assert_eq!(found(|a| a.passport.zone = zone_with("<<<<<10", "<<<<<11")), ["mrz.check-digit"]);
    }

    #[test]
    fn a_state_that_doc_9303_does_not_list_is_found() {
        assert!(found(|a| a.passport.zone = zone_with("P<UTO", "P<TRC")).contains(&"mrz.state-unknown"));
    }

    #[test]
    fn each_field_that_differs_from_the_zone_is_found_and_named() {
        let mut application = specimen();
        application.born_on = date!(1974 - 08 - 13);
        application.sex = Sex::Male;
        application.passport.number = DocumentNumber::parse("L898902C4").unwrap();
        let findings = examine(&application, Taken::default(), now());
        let fields: Vec<_> =
            findings.iter().filter(|f| f.rule == &MRZ_DIFFERS).map(|f| f.fields[0].path.as_ref()).collect();
        assert_eq!(fields, ["passport.number", "person.date_of_birth", "person.sex"]);
    }

    #[test]
    fn a_name_that_differs_from_the_zone_is_noted_and_not_refused() {
        let mut application = specimen();
        application.name = FullName::new(NamePart::parse("Erikson").ok(), None).unwrap();
        let findings = examine(&application, Taken::default(), now());
        assert!(!findings.refuses());
        assert_eq!(findings.cleared().unwrap().notes()[0].rule.id, "mrz.name-differs");
    }

    #[test]
    fn documents_out_of_date_are_found_and_their_last_day_still_counts() {
        assert_eq!(found(|a| a.card.expires_on = date!(2011 - 05 - 31)), ["residence-card.expired"]);
        assert_eq!(found(|a| a.card.expires_on = date!(2011 - 06 - 01)), [""; 0]);
        let late = Timestamp::start_of(date!(2012 - 04 - 16));
        let mut application = specimen();
        application.card.expires_on = date!(2013 - 01 - 01);
        let findings = examine(&application, Taken::default(), late);
        assert_eq!(findings.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["passport.expired"]);
    }

    #[test]
    fn days_in_the_future_or_in_the_wrong_order_are_found() {
        assert!(found(|a| a.card.issued_on = date!(2011 - 06 - 02)).contains(&"date.in-future"));
        assert!(found(|a| a.passport.issued_on = date!(1970 - 01 - 01)).contains(&"date.order"));
        assert!(found(|a| a.consents[0].given_at = now().plus(CLOCK_SKEW_MAX * 2)).contains(&"date.in-future"));
        assert_eq!(found(|a| a.consents[0].given_at = now().plus(CLOCK_SKEW_MAX / 2)), [""; 0]);
    }

    #[test]
    fn under_six_is_refused_and_six_is_not() {
        let five = found(|a| a.born_on = date!(2005 - 06 - 02));
        let six = found(|a| a.born_on = date!(2005 - 06 - 01));
        assert!(five.contains(&"eligibility.under-six") && !six.contains(&"eligibility.under-six"));
    }

    #[test]
    fn a_citizen_of_viet_nam_is_no_foreigner() {
        assert!(found(|a| a.nationality = StateCode::parse("VNM").unwrap()).contains(&"eligibility.citizen"));
    }

    #[test]
    fn under_fourteen_needs_a_representative_who_is_someone_else() {
        let thirteen = date!(1997 - 06 - 02);
        assert!(found(|a| a.born_on = thirteen).contains(&"representative.missing"));
        assert!(!found(|a| a.born_on = date!(1997 - 06 - 01)).contains(&"representative.missing"));
        let own = found(|a| {
            *a = represented(a.clone());
            a.representative.as_mut().unwrap().document = a.passport.number.clone();
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
        let (child, ward) = (date!(2001 - 06 - 01), date!(1974 - 08 - 12));
        assert!(!represented_since(child, both.clone()));
        assert!(represented_since(child, both[..2].to_vec()) && represented_since(child, both[2..].to_vec()));
        assert!(!represented_since(ward, both[2..].to_vec()) && represented_since(ward, both[..2].to_vec()));
    }

    #[test]
    fn a_card_for_another_passport_or_under_an_unknown_symbol_is_noted() {
        let other = DocumentNumber::parse("OLD1").unwrap();
        assert_eq!(found(|a| a.card.passport_number = Some(other)), ["residence-card.passport-differs"]);
        let symbol = CardSymbol::parse("ZZ9").unwrap();
        assert_eq!(found(|a| a.card.kind = CardKind::Temporary(symbol)), ["residence-card.symbol-unknown"]);
    }

    #[test]
    fn what_others_hold_is_refused() {
        let taken = Taken { phone: true, passport: true, card: true };
        let findings = examine(&specimen(), taken, now());
        let ids: Vec<_> = findings.iter().map(|f| f.rule.id).collect();
        assert_eq!(ids, ["phone.in-use", "passport.in-use", "residence-card.in-use"]);
        assert!(findings.cleared().is_err());
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
}
