//! Applicants with exactly one fault, each named after it, and the rule that must find it.

use time::Duration;

use crate::domain::time::{format_date, years_after};
use crate::practice::applicant::Applicant;
use crate::practice::chips;
use crate::practice::country::{Country, Flaw};
use crate::practice::generator::Generator;
use crate::proto::ResidenceCardKind;

/// Where the check digit of the passport number stands in the two lines: past the first, its break and nine cells.
const NUMBER_CHECK_DIGIT: usize = 44 + 1 + 9;

impl Generator {
    /// A passport whose printed page and first data group were changed after its issuer signed another.
    pub fn forged_chip(&mut self) -> Applicant {
        self.with_flaw(Flaw::Dg1Forged).failing("chip.group-differs", "chip changed after signing")
    }

    /// A passport signed by a document signer that its country has revoked since.
    pub fn revoked_signer(&mut self) -> Applicant {
        self.with_flaw(Flaw::SignerRevoked).failing("chip.signer-revoked", "signer of the chip revoked")
    }

    fn with_flaw(&mut self, flaw: Flaw) -> Applicant {
        let mut applicant = self.adult();
        applicant.chip = chips::issue(&Country::of_practice(), &applicant.application, Some(flaw), self.today);
        applicant
    }

    /// A name that was changed since the passport was issued: typed as another than the zone prints.
    pub fn name_differs(&mut self) -> Applicant {
        let mut applicant = self.adult();
        if let Some(person) = &mut applicant.application.person {
            let single = person.family_name.is_empty();
            let name = if single { &mut person.given_names } else { &mut person.family_name };
            "Changed".clone_into(name);
        }
        applicant.referred("mrz.name-differs", "name changed since")
    }

    /// A permanent card that should have been exchanged: no reason to refuse, and one to look at.
    pub fn exchange_due(&mut self) -> Applicant {
        let mut applicant = self.adult();
        let ended = self.today - self.draw.days(5..=60);
        if let Some(card) = &mut applicant.application.residence_card {
            card.kind = ResidenceCardKind::Permanent.into();
            card.symbol.clear();
            card.issued_on = format_date(years_after(ended, -10) + Duration::DAY);
            card.expires_on = format_date(ended);
        }
        applicant.referred("residence-card.exchange-due", "card due for exchange")
    }

    /// A temporary residence card that ended a few weeks ago. The right to reside ended with it, as it does not with a
    /// permanent one.
    pub fn expired_card(&mut self) -> Applicant {
        let mut applicant = self.adult();
        let ended = self.today - self.draw.days(5..=60);
        if let Some(card) = &mut applicant.application.residence_card {
            if card.kind() == ResidenceCardKind::Permanent {
                card.kind = ResidenceCardKind::Temporary.into();
                "LV1".clone_into(&mut card.symbol);
            }
            card.issued_on = format_date(years_after(ended, -1) + Duration::DAY);
            card.expires_on = format_date(ended);
        }
        applicant.failing("residence-card.expired", "residence card expired")
    }

    /// A residence card in date, as it looks; the immigration record must say that it was cancelled.
    pub fn cancelled_card(&mut self) -> Applicant {
        self.adult().failing("registry.card-cancelled", "card cancelled")
    }

    /// A child of four, with a representative and everything else in order.
    pub fn under_six(&mut self) -> Applicant {
        self.aged(4..=4).failing("eligibility.under-six", "under six")
    }

    /// A zone in which the check digit of the passport number is wrong.
    pub fn wrong_check_digit(&mut self) -> Applicant {
        let mut applicant = self.adult();
        if let Some(passport) = &mut applicant.application.passport {
            passport.mrz = with_next_digit(&passport.mrz, NUMBER_CHECK_DIGIT);
        }
        applicant.failing("mrz.check-digit", "wrong check digit")
    }

    /// Somebody who agreed to nothing.
    pub fn no_consent(&mut self) -> Applicant {
        let mut applicant = self.adult();
        applicant.application.consents.clear();
        applicant.failing("consent.missing", "no consent")
    }

    /// Somebody who gives the phone of another applicant.
    pub fn phone_in_use(&mut self, of: &Applicant) -> Applicant {
        let mut applicant = self.adult();
        applicant.application.phone.clone_from(&of.application.phone);
        applicant.failing("phone.in-use", "phone of another holder")
    }

    /// A passport number typed with one wrong digit, beside a zone that has it right.
    pub fn number_differs(&mut self) -> Applicant {
        let mut applicant = self.adult();
        if let Some(passport) = &mut applicant.application.passport {
            passport.number = with_next_digit(&passport.number, passport.number.len().saturating_sub(1));
            if let Some(card) = &mut applicant.application.residence_card {
                card.passport_number.clone_from(&passport.number);
            }
        }
        applicant.failing("mrz.differs", "passport number mistyped")
    }

    /// A child of ten without anybody.
    pub fn child_alone(&mut self) -> Applicant {
        let mut applicant = self.aged(10..=10);
        applicant.application.representative = None;
        applicant.label = applicant.label.replace(", represented", "");
        applicant.failing("representative.missing", "no representative")
    }
}

/// The text with the digit at that place counted up by one, 9 becoming 0.
fn with_next_digit(text: &str, place: usize) -> String {
    let next = |c: char| c.to_digit(10).and_then(|d| char::from_digit((d + 1) % 10, 10)).unwrap_or(c);
    text.chars().enumerate().map(|(at, c)| if at == place { next(c) } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::domain::time::{Timestamp, parse_date};
    use crate::practice::Expected;

    const TODAY: time::Date = date!(2026 - 11 - 21);

    fn generator() -> Generator {
        Generator::new(1, Timestamp::start_of(TODAY))
    }

    fn read(applicant: &Applicant) -> mrz::MrzData {
        let (one, two) = applicant.application.passport.as_ref().unwrap().mrz.split_once('\n').unwrap();
        mrz::parse_td3(one, two).unwrap()
    }

    #[test]
    fn a_wrong_check_digit_is_wrong_and_nothing_else_is() {
        for _ in 0..50 {
            let applicant = generator().wrong_check_digit();
            let found = read(&applicant);
            assert_eq!(found.checks.document_number, Some(false));
            assert_eq!((found.checks.date_of_birth, found.checks.date_of_expiry), (Some(true), Some(true)));
            assert_eq!(found.document_number, applicant.application.passport.unwrap().number);
            assert_eq!(applicant.expected, Expected::Refused { rule: "mrz.check-digit" });
        }
    }

    #[test]
    fn a_mistyped_number_stands_beside_a_zone_that_is_right() {
        let applicant = generator().number_differs();
        assert!(read(&applicant).valid());
        assert_ne!(read(&applicant).document_number, applicant.application.passport.unwrap().number);
    }

    #[test]
    fn chips_with_a_fault_differ_from_those_in_order_and_agree_with_the_printed_zone() {
        let mut with_chips = generator().with_chips();
        for applicant in [with_chips.forged_chip(), with_chips.revoked_signer(), generator().revoked_signer()] {
            let cells = applicant.application.passport.as_ref().unwrap().mrz.replace('\n', "");
            let chip = applicant.chip.unwrap();
            let in_order = chips::issue(&Country::of_practice(), &applicant.application, None, TODAY).unwrap();
            assert!(chip.dg1.ends_with(cells.as_bytes()) && chip.dg1 == in_order.dg1);
            assert!(chip.sod != in_order.sod);
        }
    }

    #[test]
    fn each_fault_is_there() {
        let mut generator = generator();
        for _ in 0..20 {
            let card = generator.expired_card().application.residence_card.unwrap();
            assert!(card.kind() == ResidenceCardKind::Temporary && !card.symbol.is_empty());
            assert!(parse_date(&card.expires_on).unwrap() < TODAY);
            assert!(parse_date(&card.issued_on).unwrap() < parse_date(&card.expires_on).unwrap());
        }
        assert!(generator.no_consent().application.consents.is_empty());
        assert!(generator.under_six().is_represented());
        assert!(!generator.child_alone().is_represented());
        let first = generator.applicant();
        let second = generator.phone_in_use(&first);
        assert_eq!(first.phone(), second.phone());
        assert!(second.label.contains(" (phone of another holder), "));
    }
}
