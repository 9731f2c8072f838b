//! The documents of an account, as they were shown: passports and residence cards, old and new.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::domain::application::Application;
use crate::domain::mrz::{self, NameMatch};
use crate::domain::passport::Passport;
use crate::domain::person::{FullName, StateCode};
use crate::domain::residence::{CardKind, ResidenceCard};
use crate::domain::time::iso_date;

/// A document as it was shown at a counter, or at the request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ShownDocument {
    /// A passport or international travel document.
    Passport(Box<Passport>),
    /// A residence card.
    Card(Box<ResidenceCard>),
}

/// The person whom a document names, as it spells them. It is compared, and never replaces what was there before (R17).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bearer {
    /// Name.
    pub name: FullName,
    /// Day of birth.
    #[serde(with = "iso_date")]
    pub born_on: Date,
    /// Nationality.
    pub nationality: StateCode,
}

impl Bearer {
    /// The person whom an application names.
    pub fn of(application: &Application) -> Self {
        let (born_on, nationality) = (application.born_on, application.nationality.clone());
        Self { name: application.name.clone(), born_on, nationality }
    }

    /// The application as this person would hand it in.
    pub fn declaring(&self, application: &Application) -> Application {
        let (born_on, nationality) = (self.born_on, self.nationality.clone());
        Application { name: self.name.clone(), born_on, nationality, ..application.clone() }
    }

    /// Whether it is another name, birth date or nationality than any under which the holder of an account is known: that is
    /// for a person to judge.
    pub fn differs(&self, known: &[Self]) -> bool {
        !known.iter().any(|one| {
            let same_name = mrz::agree(&one.name, &self.name) <= NameMatch::OrderSwapped;
            same_name && one.born_on == self.born_on && one.nationality == self.nationality
        })
    }
}

/// Documents that join an account, and whom they name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentUpdate {
    /// Whom they name.
    pub bearer: Bearer,
    /// The documents.
    pub shown: Vec<ShownDocument>,
    /// Whether they name somebody else than the account did.
    pub differs: bool,
    /// Names of the rules that asked for a person.
    pub rules: Vec<String>,
}

/// Kinds of documents of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DocumentKind {
    /// A passport or international travel document.
    Passport,
    /// A temporary residence card.
    TemporaryCard,
    /// A permanent residence card.
    PermanentCard,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Passport, Self::TemporaryCard, Self::PermanentCard];

    /// The name that the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::TemporaryCard => "temporary",
            Self::PermanentCard => "permanent",
        }
    }

    /// Reads a name written by [`DocumentKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl ShownDocument {
    /// The documents that an account is issued on.
    pub fn of(application: &Application) -> Vec<Self> {
        let passport = application.passport.clone().map(|passport| Self::Passport(Box::new(passport)));
        let card = application.card.clone().map(|card| Self::Card(Box::new(card)));
        passport.into_iter().chain(card).collect()
    }

    /// Of which kind it is.
    pub const fn kind(&self) -> DocumentKind {
        match self {
            Self::Passport(_) => DocumentKind::Passport,
            Self::Card(card) => match card.kind {
                CardKind::Temporary(_) => DocumentKind::TemporaryCard,
                CardKind::Permanent => DocumentKind::PermanentCard,
            },
        }
    }

    /// Day of issue.
    pub const fn issued_on(&self) -> Date {
        match self {
            Self::Passport(passport) => passport.issued_on,
            Self::Card(card) => card.issued_on,
        }
    }

    /// Last day of validity, as it prints it.
    pub const fn valid_until(&self) -> Date {
        match self {
            Self::Passport(passport) => passport.expires_on,
            Self::Card(card) => card.expires_on,
        }
    }
}
