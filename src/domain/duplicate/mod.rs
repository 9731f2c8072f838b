//! Duplicates: whether two requests are one person's, who came with another passport or under another spelling.
//!
//! Owns the keys by which such requests find each other ([`BlockingKey`]), which of those found are compared
//! ([`select`]), and the comparison, scored and explained ([`Comparison`]). What serves one person only (passport, card,
//! phone) is not its matter: an exact match refuses by itself. A likely duplicate never refuses: a person decides, and the
//! decision is kept. Why it is so stands in ADR 0019; the figures in `docs/duplicates.md`.

mod compare;
mod fold;
mod keys;
mod name;
mod select;
mod weights;

pub use compare::{Aspect, Compared, Comparison, Likeness};
pub use keys::{BlockingKey, FORM, KEYS_MAX, KeyKind};
pub use select::{KEY_HOLDERS_MAX, OPENED_MAX, SHOWN_MAX, Selected, select};
pub use weights::{LIKELY, WEIGHTS};

use std::fmt;

use time::Date;

use super::application::Application;
use super::contact::Phone;
use super::mrz::PartialDate;
use super::passport::DocumentNumber;
use super::person::{Sex, StateCode};
use name::Spelt;

#[cfg(test)]
mod tests;

/// What of a request tells one person from another, brought into comparable form. It prints nothing.
#[derive(Clone)]
pub struct Profile {
    /// Every spelling of the name: typed, of the zone, of the card.
    spelt: Vec<Spelt>,
    typed_birth: Date,
    /// The parts of the birth date that the document knows.
    born: PartialDate,
    sex: Sex,
    nationality: StateCode,
    passport: Option<Document>,
    /// Passport number that the residence card prints.
    printed_passport: Option<DocumentNumber>,
    card: Option<(&'static str, DocumentNumber)>,
    phone: Phone,
    representative: Option<(StateCode, DocumentNumber)>,
}

#[derive(Clone)]
struct Document {
    state: StateCode,
    number: DocumentNumber,
    issued_on: Date,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(…)")
    }
}

impl Profile {
    /// The profile of an application.
    pub fn of(application: &Application) -> Self {
        let zone = application.passport.as_ref().map(|passport| &passport.zone);
        let card_name = application.card.as_ref().and_then(|card| card.name.as_ref());
        let typed = [Some(&application.name), card_name].into_iter().flatten().map(Spelt::typed);
        let spelt = typed.chain(zone.map(Spelt::printed)).filter(|spelt| !spelt.is_empty()).collect();
        Self {
            spelt,
            typed_birth: application.born_on,
            born: known_birth(application),
            sex: application.sex,
            nationality: application.nationality.clone(),
            passport: application.passport.as_ref().map(|passport| Document {
                state: passport.issuing_state.clone(),
                number: passport.number.clone(),
                issued_on: passport.issued_on,
            }),
            printed_passport: application.card.as_ref().and_then(|card| card.passport_number.clone()),
            card: application.card.as_ref().map(|card| (card.kind.name(), card.number.clone())),
            phone: application.phone.clone(),
            representative: application.representative.as_ref().map(|r| (r.issuing_state.clone(), r.document.clone())),
        }
    }

    const fn sex_key(&self) -> &'static str {
        match self.sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::X => "X",
        }
    }
}

/// The day of birth as it was typed, without the parts that the zone leaves unknown: what is typed there is nobody's
/// knowledge.
fn known_birth(application: &Application) -> PartialDate {
    let born = application.born_on;
    let typed = PartialDate {
        year: u16::try_from(born.year()).ok(),
        month: Some(u8::from(born.month())),
        day: Some(born.day()),
    };
    let Some(passport) = &application.passport else { return typed };
    let mut births = passport.zone.births(passport.issued_on, None);
    let Some(zone) = births.find(|birth| birth.agrees(born)) else { return typed };
    PartialDate {
        year: typed.year.filter(|_| zone.year.is_some()),
        month: typed.month.filter(|_| zone.month.is_some()),
        day: typed.day.filter(|_| zone.day.is_some()),
    }
}
