//! Anna Maria Eriksson of Utopia: the specimen that Doc 9303 publishes, and the same person with a renewed passport.

use time::macros::date;

use crate::domain::time::years_after;
use crate::practice::applicant::Applicant;
use crate::practice::documents;
use crate::practice::generator::{Generator, Someone};
use crate::practice::nations::{Name, UTOPIAN};
use crate::proto::{Passport, Sex};

/// The two lines exactly as published (Doc 9303-4, appendix).
const PUBLISHED: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

impl Generator {
    /// The published specimen. Her passport ended in 2012, so she must be refused; her permanent card is in date, so that
    /// nothing else can be the reason.
    pub fn specimen(&mut self) -> Applicant {
        let passport = Passport {
            number: "L898902C3".to_owned(),
            issuing_state: documents::UTOPIA.to_owned(),
            issued_on: "2007-04-16".to_owned(),
            expires_on: "2012-04-15".to_owned(),
            mrz: PUBLISHED.to_owned(),
        };
        self.eriksson(passport).failing("passport.expired", "published specimen, expired")
    }

    /// The same person with a renewed practice passport.
    pub fn renewed_specimen(&mut self) -> Applicant {
        let issued = self.today - self.draw.days(400..=1_500);
        let her = self.anna_maria();
        let passport = documents::passport(&mut self.draw, &her.holder(), issued);
        self.eriksson(passport)
    }

    fn eriksson(&mut self, passport: Passport) -> Applicant {
        let issued = self.today - self.draw.days(40..=300);
        let card = documents::permanent_card(&mut self.draw, issued);
        self.apply(&self.anna_maria(), passport, card)
    }

    fn anna_maria(&self) -> Someone {
        let born = date!(1974 - 08 - 12);
        let birthday_to_come = self.today.ordinal() < years_after(born, self.today.year() - 1974).ordinal();
        Someone {
            nation: &UTOPIAN,
            name: Name { family: "Eriksson".to_owned(), given: "Anna Maria".to_owned() },
            sex: Sex::Female,
            born,
            age: self.today.year() - 1974 - i32::from(birthday_to_come),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::practice::Expected;

    fn generator() -> Generator {
        Generator::new(9, Timestamp::start_of(date!(2026 - 11 - 21)))
    }

    fn read(passport: &Passport) -> mrz::MrzData {
        let (one, two) = passport.mrz.split_once('\n').unwrap();
        mrz::parse_td3(one, two).unwrap()
    }

    #[test]
    fn the_specimen_is_as_published_and_expired() {
        let applicant = generator().specimen();
        let passport = applicant.application.passport.unwrap();
        assert!(read(&passport).valid());
        assert_eq!(read(&passport).document_number, passport.number);
        assert_eq!(read(&passport).date_of_expiry.to_string(), passport.expires_on);
        assert_eq!(applicant.expected, Expected::Refused { rule: "passport.expired" });
        assert!(applicant.label.starts_with("Anna Maria Eriksson (published specimen"), "{}", applicant.label);
    }

    #[test]
    fn the_renewed_passport_is_hers_but_another() {
        let mut generator = generator();
        let old = generator.specimen().application.passport.unwrap();
        let renewed = generator.renewed_specimen();
        let new = renewed.application.passport.unwrap();
        assert_eq!(renewed.expected, Expected::Accepted);
        assert!(read(&new).valid() && new.number != old.number && new.expires_on.as_str() > "2026-11-21");
        assert_eq!((read(&new).surname, read(&new).date_of_birth), (read(&old).surname, read(&old).date_of_birth));
        assert_eq!(new.mrz.lines().next(), old.mrz.lines().next());
    }
}
