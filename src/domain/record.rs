//! What the National Immigration Database holds of a foreigner (Decree 77/2020 art. 4; DOMAIN 3.4), as far as a request
//! is compared with it.
//!
//! Owns the record, the keys by which one is asked for, and the kinds of answer. Refuses to compare: that is for
//! [`super::check`].

use std::fmt;

use serde::{Deserialize, Serialize};
use time::Date;

use super::passport::DocumentNumber;
use super::person::{FullName, Sex, StateCode};
use super::residence::{CardKind, ResidenceCard};
use super::time::{Timestamp, iso_date};

/// One holder of a residence card, as recorded at one moment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Name, as in the passport.
    pub name: FullName,
    /// Day of birth.
    #[serde(with = "iso_date")]
    pub born_on: Date,
    /// Sex.
    pub sex: Sex,
    /// Nationality.
    pub nationality: StateCode,
    /// The passport known there; a stateless holder of a permanent card may have none (DOMAIN 3.2).
    pub document: Option<RecordedDocument>,
    /// The residence card.
    pub card: RecordedCard,
    /// Where the right to reside stands.
    pub status: ResidenceStatus,
    /// What was captured of the person before.
    pub biometrics: Biometrics,
    /// When the database recorded all this. Of two records of one card the later one counts.
    pub recorded_at: Timestamp,
}

impl Record {
    /// Whether it is a record that `key` asks for: of that card or of that document.
    pub fn answers(&self, key: &RecordKey) -> bool {
        let card = key
            .card
            .as_ref()
            .is_some_and(|(kind, number)| (*kind, number) == (self.card.kind.name(), &self.card.number));
        let document = key.document.as_ref().zip(self.document.as_ref());
        card || document.is_some_and(|((state, number), kept)| (state, number) == (&kept.issuing_state, &kept.number))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(…)")
    }
}

/// A passport or travel document as recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordedDocument {
    /// Number.
    pub number: DocumentNumber,
    /// Issuing state or organisation.
    pub issuing_state: StateCode,
    /// Day of issue.
    #[serde(with = "iso_date")]
    pub issued_on: Date,
    /// Last day of validity.
    #[serde(with = "iso_date")]
    pub expires_on: Date,
}

/// A residence card as recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordedCard {
    /// Kind and, for a temporary card, symbol.
    pub kind: CardKind,
    /// Number.
    pub number: DocumentNumber,
    /// Day of issue.
    #[serde(with = "iso_date")]
    pub issued_on: Date,
    /// Last day of validity, extensions included.
    #[serde(with = "iso_date")]
    pub expires_on: Date,
}

impl From<RecordedCard> for ResidenceCard {
    fn from(RecordedCard { kind, number, issued_on, expires_on }: RecordedCard) -> Self {
        Self { kind, number, issued_on, expires_on, passport_number: None, name: None }
    }
}

/// Where the right to reside stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ResidenceStatus {
    /// The card is as it was issued.
    Issued,
    /// The term was extended beyond what the card prints.
    Extended,
    /// The card was cancelled or taken back.
    Cancelled,
    /// The holder left the country for good.
    Left,
}

impl ResidenceStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Issued, Self::Extended, Self::Cancelled, Self::Left];

    /// The word in files and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Extended => "extended",
            Self::Cancelled => "cancelled",
            Self::Left => "left",
        }
    }

    /// Reads a word written by [`ResidenceStatus::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Which of a person's biometrics the database holds. It decides the legal deadline (Decree 69/2024 art. 13.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Biometrics {
    /// A face image.
    pub face: bool,
    /// Fingerprints.
    pub fingerprints: bool,
}

impl Biometrics {
    /// Whether both are there, as the shorter deadline asks.
    pub const fn complete(self) -> bool {
        self.face && self.fingerprints
    }
}

/// By what a record is asked for. The card goes first: the right to reside hangs on it, and passports are renewed.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordKey {
    /// Name of the card's kind ([`CardKind::name`]) and its number.
    pub card: Option<(&'static str, DocumentNumber)>,
    /// Issuing state and number of the passport or travel document.
    pub document: Option<(StateCode, DocumentNumber)>,
}

impl RecordKey {
    /// The kind's name of a temporary card.
    pub const TEMPORARY: &'static str = "temporary";
    /// The kind's name of a permanent one.
    pub const PERMANENT: &'static str = CardKind::Permanent.name();
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey(…)")
    }
}

/// What came of asking.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum RegistryAnswer {
    /// Nobody was asked: no source of records is configured, or there was nothing to ask by.
    #[default]
    NotAsked,
    /// The record.
    Found(Box<Record>),
    /// There is none for this card or passport.
    NotFound,
    /// No answer was to be had. Says nothing about the applicant.
    Unreachable,
}

impl RegistryAnswer {
    /// Which biometrics are on file, if the record told.
    pub fn biometrics(&self) -> Option<Biometrics> {
        match self {
            Self::Found(record) => Some(record.biometrics),
            Self::NotAsked | Self::NotFound | Self::Unreachable => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::person::NamePart;
    use crate::domain::residence::CardSymbol;
    use time::macros::date;

    /// The record of the published specimen, in date in November 2026.
    pub(crate) fn specimen() -> Record {
        Record {
            name: FullName::new(NamePart::parse("Eriksson").ok(), NamePart::parse("Anna Maria").ok()).unwrap(),
            born_on: date!(1974 - 08 - 12),
            sex: Sex::Female,
            nationality: StateCode::parse("UTO").unwrap(),
            document: Some(RecordedDocument {
                number: DocumentNumber::parse("L898902C3").unwrap(),
                issuing_state: StateCode::parse("UTO").unwrap(),
                issued_on: date!(2021 - 04 - 16),
                expires_on: date!(2031 - 04 - 15),
            }),
            card: RecordedCard {
                kind: CardKind::Temporary(CardSymbol::parse("LĐ2").unwrap()),
                number: DocumentNumber::parse("NC3B 000001").unwrap(),
                issued_on: date!(2025 - 01 - 01),
                expires_on: date!(2026 - 12 - 31),
            },
            status: ResidenceStatus::Issued,
            biometrics: Biometrics { face: true, fingerprints: true },
            recorded_at: Timestamp::start_of(date!(2026 - 01 - 01)),
        }
    }

    #[test]
    fn a_record_survives_being_sealed_and_opened_and_never_prints() {
        let record = specimen();
        let kept = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), record);
        let printed = format!("{record:?} {:?} {:?}", record.card, RegistryAnswer::Found(Box::new(record.clone())));
        for secret in ["Eriksson", "L898902C3", "NC3B"] {
            assert!(!printed.contains(secret), "{secret}");
        }
    }

    #[test]
    fn the_words_of_a_status_are_read_back() {
        for status in ResidenceStatus::ALL {
            assert_eq!(ResidenceStatus::from_name(status.name()), Some(status));
        }
        assert_eq!(ResidenceStatus::from_name("lost"), None);
    }

    #[test]
    fn keys_name_the_kind_of_card_as_cards_do() {
        assert_eq!(specimen().card.kind.name(), RecordKey::TEMPORARY);
        assert_eq!(CardKind::Permanent.name(), RecordKey::PERMANENT);
    }

    #[test]
    fn biometrics_are_complete_with_face_and_fingerprints_only() {
        let have = |face, fingerprints| Biometrics { face, fingerprints }.complete();
        assert!(have(true, true) && !have(true, false) && !have(false, true) && !have(false, false));
        assert_eq!(RegistryAnswer::NotFound.biometrics(), None);
    }
}
