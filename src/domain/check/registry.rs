//! What was typed against the immigration record, field by field.
//!
//! If the day of birth that was typed is not the record's, that alone is found: who types a stranger's card number learns
//! nothing else of its holder, neither a value nor whether one would agree, nor where the card stands.

use crate::domain::application::Application;
use crate::domain::finding::{
    Field, Finding, RECORD_CARD_CANCELLED, RECORD_CARD_DIFFERS, RECORD_CARD_EXTENDED, RECORD_DIFFERS,
    RECORD_DOCUMENT_DIFFERS, RECORD_DOCUMENT_RENEWED, RECORD_HOLDER_LEFT, RECORD_NAME_DIFFERS, RECORD_NOT_FOUND,
    RECORD_UNREACHABLE, Rule, Source,
};
use crate::domain::mrz::{self, NameMatch};
use crate::domain::passport::Passport;
use crate::domain::record::{Record, RecordKey, RecordedDocument, RegistryAnswer, ResidenceStatus};
use crate::domain::residence::{CardKind, ResidenceCard};
use crate::domain::time::format_date;

/// By what the record of this applicant is asked for.
pub fn record_key(application: &Application) -> RecordKey {
    let (passport, card) = documents(application);
    RecordKey {
        card: card.map(|card| (card.kind.name(), card.number.clone())),
        document: passport.map(|passport| (passport.issuing_state.clone(), passport.number.clone())),
    }
}

/// Whether the record is the applicant's own, as far as can be told: day of birth, and the passport or the name. What
/// another person's record says of biometrics decides nothing. `same_passport`: it is known otherwise that the passport is theirs.
pub fn is_own(application: &Application, record: &Record, same_passport: bool) -> bool {
    let passport = application.passport.as_ref().map(|passport| (&passport.issuing_state, &passport.number));
    let recorded = record.document.as_ref().map(|document| (&document.issuing_state, &document.number));
    let same_passport = same_passport || (passport.is_some() && passport == recorded);
    let same_name = mrz::agree(&application.name, &record.name) <= NameMatch::OrderSwapped;
    application.born_on == record.born_on && (same_passport || same_name)
}

/// What the answer of the immigration record says against the application.
pub(super) fn compare(application: &Application, answer: &RegistryAnswer) -> Vec<Finding> {
    let unknown = |rule| vec![Finding::new(rule, [CARD_NUMBER, PASSPORT_NUMBER].map(Field::typed))];
    match answer {
        RegistryAnswer::NotAsked => Vec::new(),
        RegistryAnswer::NotFound => unknown(&RECORD_NOT_FOUND),
        RegistryAnswer::Unreachable => unknown(&RECORD_UNREACHABLE),
        RegistryAnswer::Found(record) => Comparison::of(application, record),
    }
}

const PASSPORT_NUMBER: &str = "passport.number";
const CARD_NUMBER: &str = "residence_card.number";

fn documents(application: &Application) -> (Option<&Passport>, Option<&ResidenceCard>) {
    (application.passport.as_ref(), application.card.as_ref())
}

struct Comparison<'a> {
    record: &'a Record,
    found: Vec<Finding>,
}

impl<'a> Comparison<'a> {
    fn of(application: &Application, record: &'a Record) -> Vec<Finding> {
        let mut comparison = Self { record, found: Vec::new() };
        if application.born_on != record.born_on {
            comparison.add(&RECORD_DIFFERS, "person.date_of_birth", "registry.date_of_birth", None);
            return comparison.found;
        }
        let (passport, card) = documents(application);
        comparison.person(application);
        if let Some(passport) = passport {
            comparison.document(passport);
        }
        if let Some(card) = card {
            comparison.card(card);
        }
        if record.status == ResidenceStatus::Left {
            comparison.add(&RECORD_HOLDER_LEFT, CARD_NUMBER, "registry.status", None);
        }
        comparison.found
    }

    fn person(&mut self, application: &Application) {
        let record = self.record;
        let differs = [
            (application.sex != record.sex, "person.sex", "registry.sex", Some(record.sex.letter().to_owned())),
            (
                application.nationality != record.nationality,
                "person.nationality",
                "registry.nationality",
                Some(record.nationality.as_str().to_owned()),
            ),
        ];
        for (differs, typed, recorded, value) in differs {
            if differs {
                self.add(&RECORD_DIFFERS, typed, recorded, value);
            }
        }
        // Databases divide and order the parts of a name in their own ways: the same parts are the same name.
        let name = mrz::agree(&application.name, &record.name);
        if matches!(name, NameMatch::PartMissing | NameMatch::Different) {
            self.add(&RECORD_NAME_DIFFERS, "person", "registry.name", Some(record.name.joined(" ")));
        }
    }

    fn document(&mut self, passport: &Passport) {
        // A record without a passport is a stateless person's, who may have got a travel document since.
        let Some(recorded) = &self.record.document else { return };
        if (&passport.number, &passport.issuing_state) != (&recorded.number, &recorded.issuing_state) {
            self.another_document(passport, recorded);
            return;
        }
        for (differs, typed, field, day) in [
            (
                passport.issued_on != recorded.issued_on,
                "passport.issued_on",
                "registry.document_issued_on",
                recorded.issued_on,
            ),
            (
                passport.expires_on != recorded.expires_on,
                "passport.expires_on",
                "registry.document_expires_on",
                recorded.expires_on,
            ),
        ] {
            if differs {
                self.add(&RECORD_DIFFERS, typed, field, Some(format_date(day)));
            }
        }
    }

    fn another_document(&mut self, passport: &Passport, recorded: &RecordedDocument) {
        let renewed = passport.issuing_state == recorded.issuing_state && passport.issued_on > recorded.issued_on;
        let rule = if renewed { &RECORD_DOCUMENT_RENEWED } else { &RECORD_DOCUMENT_DIFFERS };
        self.add(rule, PASSPORT_NUMBER, "registry.document_number", Some(recorded.number.as_str().to_owned()));
    }

    fn card(&mut self, card: &ResidenceCard) {
        let (recorded, status) = (&self.record.card, self.record.status);
        if (card.kind.name(), &card.number) != (recorded.kind.name(), &recorded.number) {
            // The record was found by the passport, and is about another card: its dates and status say nothing of this one.
            let value = Some(recorded.number.as_str().to_owned());
            return self.add(&RECORD_CARD_DIFFERS, CARD_NUMBER, "registry.card_number", value);
        }
        if status == ResidenceStatus::Cancelled {
            self.add(&RECORD_CARD_CANCELLED, CARD_NUMBER, "registry.status", None);
        }
        if card.kind != recorded.kind {
            let value = symbol(&recorded.kind);
            self.add(&RECORD_CARD_DIFFERS, "residence_card.symbol", "registry.card_symbol", value);
        }
        if card.issued_on != recorded.issued_on {
            let (typed, field) = ("residence_card.issued_on", "registry.card_issued_on");
            self.add(&RECORD_CARD_DIFFERS, typed, field, Some(format_date(recorded.issued_on)));
        }
        let (typed, field) = ("residence_card.expires_on", "registry.card_expires_on");
        let value = format_date(recorded.expires_on);
        if status == ResidenceStatus::Extended && recorded.expires_on > card.expires_on {
            self.add(&RECORD_CARD_EXTENDED, typed, field, Some(value.clone()));
            self.suggest(value);
        } else if card.expires_on != recorded.expires_on {
            self.add(&RECORD_CARD_DIFFERS, typed, field, Some(value));
        }
    }

    fn add(&mut self, rule: &'static Rule, typed: &'static str, recorded: &'static str, value: Option<String>) {
        let field = Field::new(Source::Registry, recorded);
        let field = match value {
            Some(value) => field.showing(value),
            None => field,
        };
        self.found.push(Finding::new(rule, [Field::typed(typed), field]));
    }

    /// Suggests a value for what was found last.
    fn suggest(&mut self, value: String) {
        if let Some(last) = self.found.pop() {
            self.found.push(last.suggesting(value));
        }
    }
}

fn symbol(kind: &CardKind) -> Option<String> {
    match kind {
        CardKind::Temporary(symbol) => Some(symbol.as_str().to_owned()),
        CardKind::Permanent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::tests::specimen as application;
    use crate::domain::passport::DocumentNumber;
    use crate::domain::person::{FullName, NamePart, Sex, StateCode};
    use crate::domain::record::tests::specimen as record;
    use crate::domain::residence::CardSymbol;
    use time::macros::date;

    fn found(change: impl FnOnce(&mut Record)) -> Vec<Finding> {
        let mut record = record();
        change(&mut record);
        compare(&application(), &RegistryAnswer::Found(Box::new(record)))
    }

    /// Names of rules with the field to look at first.
    fn told(change: impl FnOnce(&mut Record)) -> Vec<(&'static str, String)> {
        found(change).iter().map(|finding| (finding.rule.id, finding.fields[0].path.to_string())).collect()
    }

    fn one(rule: &'static str, field: &str) -> Vec<(&'static str, String)> {
        vec![(rule, field.to_owned())]
    }

    fn name(family: &str, given: &str) -> FullName {
        FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok()).unwrap()
    }

    #[test]
    fn a_record_that_says_the_same_and_no_record_at_all_find_nothing() {
        assert!(found(|_| ()).is_empty());
        assert!(compare(&application(), &RegistryAnswer::NotAsked).is_empty());
    }

    #[test]
    fn a_record_that_is_not_there_or_cannot_be_asked_refers() {
        for (answer, rule) in
            [(RegistryAnswer::NotFound, &RECORD_NOT_FOUND), (RegistryAnswer::Unreachable, &RECORD_UNREACHABLE)]
        {
            let found = compare(&application(), &answer);
            assert_eq!(found.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [rule]);
        }
    }

    #[test]
    fn each_field_that_differs_from_the_record_is_found_and_named() {
        let differs = |field| one("registry.differs", field);
        assert_eq!(told(|r| r.born_on = date!(1974 - 08 - 13)), differs("person.date_of_birth"));
        assert_eq!(told(|r| r.sex = Sex::Male), differs("person.sex"));
        assert_eq!(told(|r| r.nationality = StateCode::parse("FRA").unwrap()), differs("person.nationality"));
        let document = |change: fn(&mut RecordedDocument)| told(|r| change(r.document.as_mut().unwrap()));
        assert_eq!(document(|d| d.issued_on = date!(2021 - 04 - 17)), differs("passport.issued_on"));
        assert_eq!(document(|d| d.expires_on = date!(2031 - 04 - 16)), differs("passport.expires_on"));
    }

    #[test]
    fn a_name_of_other_words_is_found_and_another_way_of_writing_it_is_not() {
        for same in [name("ANNA MARIA", "ERIKSSON"), name("Eriksson", "Maria-Anna"), name("Érîksson", "Anna Maria")] {
            assert_eq!(told(|r| r.name = same), []);
        }
        assert_eq!(told(|r| r.name = name("Eriksson", "Anna")), one("registry.name-differs", "person"));
    }

    #[test]
    fn a_passport_issued_after_the_recorded_one_is_a_renewal_and_any_other_refers() {
        let document = |change: fn(&mut RecordedDocument)| told(|r| change(r.document.as_mut().unwrap()));
        let older = |d: &mut RecordedDocument| {
            (d.number, d.issued_on) = (DocumentNumber::parse("OLD1").unwrap(), date!(2000 - 01 - 01));
        };
        assert_eq!(document(older), one("registry.document-renewed", "passport.number"));
        let newer = |d: &mut RecordedDocument| {
            (d.number, d.issued_on) = (DocumentNumber::parse("NEW1").unwrap(), date!(2022 - 01 - 01));
        };
        assert_eq!(document(newer), one("registry.document-differs", "passport.number"));
        assert_eq!(told(|r| r.document = None), []);
    }

    #[test]
    fn a_card_of_another_number_symbol_or_term_is_found_and_named() {
        let differs = |field| one("registry.card-differs", field);
        let number = DocumentNumber::parse("OTHER1").unwrap();
        let other = |r: &mut Record| (r.card.number, r.status) = (number, ResidenceStatus::Cancelled);
        assert_eq!(told(other), differs("residence_card.number"));
        let symbol = CardKind::Temporary(CardSymbol::parse("TT").unwrap());
        assert_eq!(told(|r| r.card.kind = symbol), differs("residence_card.symbol"));
        assert_eq!(told(|r| r.card.issued_on = date!(2025 - 01 - 02)), differs("residence_card.issued_on"));
        assert_eq!(told(|r| r.card.expires_on = date!(2026 - 12 - 30)), differs("residence_card.expires_on"));
    }

    #[test]
    fn a_term_that_was_extended_is_noted_with_its_last_day() {
        let found = found(|r| {
            (r.status, r.card.expires_on) = (ResidenceStatus::Extended, date!(2027 - 06 - 30));
        });
        assert_eq!(found[0].rule, &RECORD_CARD_EXTENDED);
        assert_eq!(found[0].suggestion.as_ref().unwrap().as_str(), "2027-06-30");
    }

    #[test]
    fn a_cancelled_card_refuses_and_a_holder_who_left_is_referred() {
        assert_eq!(
            told(|r| r.status = ResidenceStatus::Cancelled),
            one("registry.card-cancelled", "residence_card.number")
        );
        assert_eq!(told(|r| r.status = ResidenceStatus::Left), one("registry.holder-left", "residence_card.number"));
    }

    #[test]
    fn who_does_not_know_the_day_of_birth_is_shown_nothing_of_the_record() {
        let found = found(|r| {
            (r.born_on, r.sex, r.name) = (date!(1974 - 08 - 13), Sex::Male, name("Somebody", "Else"));
            (r.status, r.card.expires_on) = (ResidenceStatus::Extended, date!(2027 - 06 - 30));
        });
        let [finding] = found.as_slice() else { panic!("{} findings", found.len()) };
        assert_eq!((finding.rule.id, finding.fields[0].path.as_ref()), ("registry.differs", "person.date_of_birth"));
        assert!(finding.suggestion.is_none() && finding.fields.iter().all(|field| field.value.is_none()));
    }

    #[test]
    fn a_record_is_asked_for_by_card_and_passport() {
        let key = record_key(&application());
        assert_eq!(key.card.unwrap(), ("temporary", DocumentNumber::parse("NC3B000001").unwrap()));
        assert_eq!(key.document.unwrap().1.as_str(), "L898902C3");
    }
}
