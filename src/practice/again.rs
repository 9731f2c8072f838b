//! Applicants who come a second time with other papers, and those who only look like somebody who came before.

use time::Date;

use crate::domain::time::parse_date;
use crate::practice::applicant::{Applicant, Expected};
use crate::practice::documents::{self, Holder};
use crate::practice::generator::Generator;
use crate::practice::nations::Name;
use crate::proto::{Application, Person};

impl Generator {
    /// The same person with a renewed passport, a new card and another phone: worth a referral, for they have a request.
    pub fn comes_again(&mut self, before: &Applicant) -> Applicant {
        let mut again = before.clone();
        let issued = self.today - self.draw.days(20..=180);
        self.new_papers(&mut again.application, issued);
        again.application.phone = self.phone();
        again.chip = None;
        again.label = format!("{} (again)", before.label);
        again.expected = Expected::Referred { rule: "duplicate.likely" };
        again
    }

    /// A twin of a child, with the same parent: another name, and a passport issued on the same day.
    pub fn twin(&mut self, of: &Applicant) -> Applicant {
        let mut twin = of.clone();
        let issued = of.application.passport.as_ref().and_then(|passport| parse_date(&passport.issued_on));
        if let Some(person) = &mut twin.application.person {
            let single = person.family_name.is_empty() || person.given_names.is_empty();
            let name =
                if single && person.given_names.is_empty() { &mut person.family_name } else { &mut person.given_names };
            "Gemini Secunda".clone_into(name);
        }
        self.new_papers(&mut twin.application, issued.unwrap_or(self.today));
        twin.chip = None;
        twin.label = format!("{} (twin)", of.label);
        twin
    }

    /// Another passport issued on that day, and another card.
    fn new_papers(&mut self, application: &mut Application, issued: Date) {
        let Some(person) = &application.person else { return };
        let (name, born) = (name_of(person), parse_date(&person.date_of_birth).unwrap_or(self.today));
        let holder = Holder { name: &name, sex: person.sex(), born, nationality: &person.nationality };
        let passport = documents::passport(&mut self.draw, &holder, issued);
        let ends = parse_date(&passport.expires_on).unwrap_or(self.today);
        let child = application.representative.is_some();
        let card_issued = self.today - self.draw.days(5..=15);
        let mut card = documents::temporary_card(&mut self.draw, card_issued, ends, child);
        card.passport_number.clone_from(&passport.number);
        (application.passport, application.residence_card) = (Some(passport), Some(card));
    }
}

fn name_of(person: &Person) -> Name {
    Name { family: person.family_name.clone(), given: person.given_names.clone() }
}
