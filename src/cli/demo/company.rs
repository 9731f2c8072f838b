//! Who comes to the counter in a play, and what the immigration record says of them.

use crate::cli::demo::Programme;
use crate::practice::{Applicant, Generator, Known};

/// Fewer would leave a part of the play without anybody to act it.
const APPLICANTS_MIN: usize = 6;

/// Everybody who applies, drawn before the play begins: the record must know them when they come.
pub struct Company {
    /// Those who must be accepted, in the order in which they apply. The first is Anna Maria Eriksson.
    pub(super) crowd: Vec<Applicant>,
    /// Whose request is only rehearsed: nothing is agreed to, and the card ended.
    pub(super) rehearsed: Applicant,
    /// Those who must not get through.
    pub(super) misfits: Vec<Applicant>,
    pub(super) documents: Documents,
    pub(super) followed: Followed,
    /// Draws what only the play itself shows to be needed.
    pub(super) people: Generator,
}

/// Those whose documents are looked at more closely, each for one thing.
pub(super) struct Documents {
    /// Passport and chip in order; face and fingerprints are captured.
    pub(super) in_order: Applicant,
    pub(super) forged_chip: Applicant,
    pub(super) revoked_signer: Applicant,
    pub(super) name_differs: Applicant,
    pub(super) expired_card: Applicant,
    pub(super) exchange_due: Applicant,
    pub(super) cancelled_card: Applicant,
}

/// Those whose requests do not go straight on.
pub(super) struct Followed {
    /// Asks the office to give the request up.
    pub(super) given_up: Applicant,
    /// Comes back when the authority needs more.
    pub(super) corrected: Applicant,
    /// Does not come back.
    pub(super) forgotten: Applicant,
}

impl Company {
    /// Draws them. The same programme brings the same company.
    pub fn draw(programme: &Programme) -> Self {
        let mut people = Generator::new(programme.seed, programme.now);
        let crowd = (0..programme.applicants.max(APPLICANTS_MIN))
            .map(|place| if place == 0 { people.renewed_specimen() } else { people.applicant() });
        let crowd = crowd.collect();
        let mut rehearsed = people.expired_card();
        rehearsed.application.consents.clear();
        rehearsed.label = rehearsed.label.replace("card expired", "card expired, no consent");
        let misfits = vec![
            people.specimen(),
            people.under_six(),
            people.wrong_check_digit(),
            people.number_differs(),
            people.no_consent(),
            people.child_alone(),
        ];
        let mut people = people.with_chips();
        let documents = Documents::draw(&mut people);
        let followed =
            Followed { given_up: alone(&mut people), corrected: alone(&mut people), forgotten: alone(&mut people) };
        Self { crowd, rehearsed, misfits, documents, followed, people }
    }

    /// The immigration record of all of them, in the form that `eid registry import` takes.
    pub fn records(&self) -> String {
        let documents = &self.documents;
        let known = |applicant| (applicant, Known::WithBiometrics);
        let crowd = self.crowd.iter().chain(&self.misfits).chain([&self.rehearsed]).map(known);
        let others = [
            (&documents.in_order, Known::WithoutBiometrics),
            known(&documents.forged_chip),
            known(&documents.revoked_signer),
            known(&documents.name_differs),
            known(&documents.expired_card),
            known(&documents.exchange_due),
            (&documents.cancelled_card, Known::Cancelled),
            known(&self.followed.given_up),
            known(&self.followed.corrected),
            known(&self.followed.forgotten),
        ];
        self.people.records(crowd.chain(others))
    }
}

/// Somebody grown up, who acts alone.
fn alone(people: &mut Generator) -> Applicant {
    loop {
        let next = people.applicant();
        if !next.is_represented() {
            break next;
        }
    }
}

impl Documents {
    fn draw(people: &mut Generator) -> Self {
        Self {
            in_order: alone(people),
            forged_chip: people.forged_chip(),
            revoked_signer: people.revoked_signer(),
            name_differs: people.name_differs(),
            expired_card: people.expired_card(),
            exchange_due: people.exchange_due(),
            cancelled_card: people.cancelled_card(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn the_record_knows_everybody_once() {
        let now = Timestamp::from_micros(1_795_262_400_000_000);
        let company = Company::draw(&Programme { applicants: 1, seed: 1, now, terminal: false });
        assert_eq!(company.crowd.len(), APPLICANTS_MIN);
        // One line names the columns.
        assert_eq!(company.records().lines().count(), 1 + APPLICANTS_MIN + 1 + 6 + 7 + 3);
        assert!(company.crowd.iter().all(|one| one.chip.is_none()) && company.documents.in_order.chip.is_some());
    }
}
