//! What the practice immigration record says of an applicant: lines of CSV, as `docs/registry.md` describes them.

use time::Duration;

use crate::domain::time::Timestamp;
use crate::practice::applicant::Applicant;
use crate::practice::generator::Generator;
use crate::proto::{ResidenceCardKind, Sex};

/// The columns, as the first line names them.
const COLUMNS: &str = "family_name,given_names,date_of_birth,sex,nationality,document_state,document_number,\
    document_issued_on,document_expires_on,card_kind,card_symbol,card_number,card_issued_on,card_expires_on,status,\
    face_on_file,fingerprints_on_file,recorded_at";

/// What the record says beside the data of person and documents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// The card is as it was issued; face and fingerprints are on file.
    WithBiometrics,
    /// The card is as it was issued; nothing was ever captured.
    WithoutBiometrics,
    /// The card was cancelled.
    Cancelled,
}

impl Generator {
    /// A file of records of these applicants, recorded the day before.
    pub fn records<'a>(&self, applicants: impl IntoIterator<Item = (&'a Applicant, Known)>) -> String {
        let recorded_at = Timestamp::start_of(self.today - Duration::DAY).to_string();
        let mut file = COLUMNS.to_owned();
        for (applicant, known) in applicants {
            file.push('\n');
            file.extend(line(applicant, known, &recorded_at));
        }
        file.push('\n');
        file
    }
}

/// The record agrees with what is typed, except perhaps in the name.
fn line(applicant: &Applicant, known: Known, recorded_at: &str) -> Option<String> {
    let application = &applicant.application;
    let (person, passport) = (application.person.as_ref()?, application.passport.as_ref()?);
    let (card, (family, given)) = (application.residence_card.as_ref()?, &applicant.recorded_name);
    let sex = match person.sex() {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::X | Sex::Unspecified => "X",
    };
    let kind = if card.kind() == ResidenceCardKind::Permanent { "permanent" } else { "temporary" };
    let (status, on_file) = match known {
        Known::WithBiometrics => ("issued", "yes"),
        Known::WithoutBiometrics => ("issued", "no"),
        Known::Cancelled => ("cancelled", "yes"),
    };
    let values = [
        family.as_str(),
        given.as_str(),
        &person.date_of_birth,
        sex,
        &person.nationality,
        &passport.issuing_state,
        &passport.number,
        &passport.issued_on,
        &passport.expires_on,
        kind,
        &card.symbol,
        &card.number,
        &card.issued_on,
        &card.expires_on,
        status,
        on_file,
        on_file,
        recorded_at,
    ];
    Some(values.join(","))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_record_has_a_value_for_each_column_and_the_name_of_the_passport() {
        let mut people = Generator::new(1, Timestamp::start_of(date!(2026 - 11 - 21)));
        let (her, other) = (people.renewed_specimen(), people.name_differs());
        let file = people.records([(&her, Known::WithBiometrics), (&other, Known::Cancelled)]);
        let lines: Vec<Vec<_>> = file.lines().map(|line| line.split(',').collect()).collect();
        assert!(lines.len() == 3 && lines.iter().all(|line| line.len() == 18), "{file}");
        assert_eq!(lines[1][..4], ["Eriksson", "Anna Maria", "1974-08-12", "F"]);
        assert_eq!(lines[1][14..], ["issued", "yes", "yes", "2026-11-19T17:00:00Z"]);
        assert!(!lines[2][..2].contains(&"Changed") && lines[2][14] == "cancelled", "{file}");
    }
}
