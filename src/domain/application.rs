//! What an applicant declares and an officer captures, once every field has been read: form TK01 (DOMAIN 4).

use std::fmt;

use serde::{Deserialize, Serialize};
use time::Date;

use super::consent::Consent;
use super::contact::{Email, Phone};
use super::passport::{DocumentNumber, Passport};
use super::person::{FullName, Sex, StateCode};
use super::residence::{ResidenceCard, Stay};
use super::time::iso_date;

/// A request's content. Every value in it is well formed; whether it is acceptable is for [`super::check`] to say.
#[derive(Clone, Serialize, Deserialize)]
pub struct Application {
    /// The applicant's name.
    pub name: FullName,
    /// Day of birth.
    #[serde(with = "iso_date")]
    pub born_on: Date,
    /// Sex.
    pub sex: Sex,
    /// Nationality.
    pub nationality: StateCode,
    /// Passport or travel document. Only a stateless holder of a permanent card may have none.
    pub passport: Option<Passport>,
    /// Residence card.
    pub card: Option<ResidenceCard>,
    /// Other grounds to stay.
    #[serde(default)]
    pub stay: Stay,
    /// Own mobile number, or the representative's.
    pub phone: Phone,
    /// E-mail address, if there is one.
    pub email: Option<Email>,
    /// What was agreed to.
    pub consents: Vec<Consent>,
    /// Who acts for the applicant, if someone does.
    pub representative: Option<Representative>,
    /// Language of messages to the holder.
    pub language: Language,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Application(…)")
    }
}

/// Legal representative or guardian.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Representative {
    /// Name.
    pub name: FullName,
    /// How they stand to the applicant.
    pub relation: Relation,
    /// Number of their passport or identity card.
    pub document: DocumentNumber,
    /// State that issued it.
    pub issuing_state: StateCode,
}

/// How a representative stands to the applicant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Relation {
    /// Mother or father.
    Parent,
    /// Guardian.
    Guardian,
    /// Other legal representative.
    Other,
}

/// Languages of messages to the holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
    /// Chinese, in simplified characters.
    Zh,
    /// Korean.
    Ko,
    /// Japanese.
    Ja,
}

impl Language {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Vi, Self::En, Self::Zh, Self::Ko, Self::Ja];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
            Self::Zh => "zh",
            Self::Ko => "ko",
            Self::Ja => "ja",
        }
    }

    /// Reads a name written by [`Language::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }
}
