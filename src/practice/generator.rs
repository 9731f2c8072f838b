//! Draws people and lets them apply: nothing here knows the rules, only what an applicant brings to the counter.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use time::Date;

use crate::domain::time::{Timestamp, format_date, parse_date, years_after};
use crate::practice::applicant::{Applicant, Expected};
use crate::practice::country::Country;
use crate::practice::documents::{self, Holder};
use crate::practice::draw::Draw;
use crate::practice::nations::{NATIONS, Name, Nation, UTOPIAN};
use crate::practice::{chips, consents, contacts};
use crate::proto::{
    Application, ConsentGiver, Language, Passport, Person, Relation, Representative, ResidenceCard, Sex,
};

/// From this age a child agrees itself, beside its representative (Law 91/2025 art. 24).
const AGREES_ITSELF: i32 = 7;

/// Under this age somebody acts for the child (Decree 69/2024 art. 11.2).
const ACTS_ALONE: i32 = 14;

/// Of so many of one name it is seen to that none is taken for another.
const NAMESAKES_MAX: usize = 60;

/// A source of practice applicants. The same seed and the same instant bring the same people.
pub struct Generator {
    pub(super) draw: Draw,
    pub(super) now: Timestamp,
    pub(super) today: Date,
    turn: u32,
    /// Days of birth by name.
    namesakes: HashMap<String, Vec<Date>>,
    /// Issuer of the chips; `None` if applicants come without.
    country: Option<Country>,
}

/// Somebody, before any paper is made out.
pub(super) struct Someone {
    pub(super) nation: &'static Nation,
    pub(super) name: Name,
    pub(super) sex: Sex,
    pub(super) born: Date,
    pub(super) age: i32,
}

impl Generator {
    /// People drawn from `seed` who stand at the counter at `now`.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self { draw: Draw::new(seed), now, today: now.local_date(), turn: 0, namesakes: HashMap::new(), country: None }
    }

    /// From now on passports have chips, all issued by the one country of practice. Each costs about a millisecond.
    #[must_use]
    pub fn with_chips(mut self) -> Self {
        self.country = Some(Country::of_practice());
        self
    }

    /// From now on people stand at the counter at that moment. Nobody of before comes again.
    pub fn on(&mut self, now: Timestamp) {
        (self.now, self.today) = (now, now.local_date());
    }

    /// The next applicant, who is to be accepted. Among any seven one is a child with a representative and one a youth.
    pub fn applicant(&mut self) -> Applicant {
        let turn = self.turn;
        self.turn = turn.wrapping_add(1);
        match turn % 7 {
            1 => self.aged(6..=13),
            4 => self.aged(14..=17),
            _ => self.adult(),
        }
    }

    /// A mobile number that nobody else has been given, as somebody writes it.
    pub fn phone(&mut self) -> String {
        contacts::phone(&mut self.draw)
    }

    /// An address that nobody else has been given.
    pub fn email(&mut self) -> String {
        contacts::email(&mut self.draw, "practice.change")
    }

    pub(super) fn adult(&mut self) -> Applicant {
        self.aged(18..=78)
    }

    pub(super) fn aged(&mut self, ages: RangeInclusive<i32>) -> Applicant {
        let who = self.someone(ages);
        let (passport, card) = self.papers(&who);
        self.apply(&who, passport, card)
    }

    fn someone(&mut self, ages: RangeInclusive<i32>) -> Someone {
        let which = usize::try_from(self.draw.within(0..=999)).unwrap_or_default() % NATIONS.len();
        let nation = NATIONS.get(which).unwrap_or(&UTOPIAN);
        let age = self.draw.within(ages);
        let woman = self.draw.once_in(2);
        let sex = match woman {
            _ if self.draw.once_in(40) => Sex::X,
            true => Sex::Female,
            false => Sex::Male,
        };
        // Never on a birthday, so that nobody grows older while a play runs over midnight.
        let mut born = years_after(self.today, -age) - self.draw.days(1..=360);
        let name = self.name(nation, woman);
        while self.has_namesake(&name, born) {
            born = years_after(self.today, -age) - self.draw.days(1..=360);
        }
        self.namesakes.entry(name.spoken()).or_default().push(born);
        Someone { nation, name, sex, born, age }
    }

    /// Whether somebody of that name was born on such a day that the two would be taken for one person. Nations here have
    /// few names; whoever plays with thousands would meet such namesakes, and be told of duplicates that there are not.
    fn has_namesake(&self, name: &Name, born: Date) -> bool {
        let alike = |other: &Date| {
            let swapped = other.year() == born.year()
                && other.day() == u8::from(born.month())
                && born.day() == u8::from(other.month());
            swapped || strsim::osa_distance(&format_date(*other), &format_date(born)) <= 1
        };
        // Beyond so many of one name and age hardly a day is left.
        let others = self.namesakes.get(&name.spoken());
        others.is_some_and(|others| others.len() < NAMESAKES_MAX && others.iter().any(alike))
    }

    fn name(&mut self, nation: &'static Nation, woman: bool) -> Name {
        let family = Nation::family(self.draw.one_of(nation.families()), woman).to_owned();
        let given = self.draw.one_of(nation.given_names(woman)).to_owned();
        // A single name may be typed in either field.
        if family.is_empty() && self.draw.once_in(2) {
            Name { family: given, given: family }
        } else {
            Name { family, given }
        }
    }

    fn papers(&mut self, who: &Someone) -> (Passport, ResidenceCard) {
        let child = who.age < 18;
        let issued = self.today - self.draw.days(if child { 400..=900 } else { 400..=2_200 });
        let passport = documents::passport(&mut self.draw, &who.holder(), issued);
        let card_issued = self.today - self.draw.days(40..=300);
        let mut card = if !child && self.draw.once_in(6) {
            documents::permanent_card(&mut self.draw, card_issued)
        } else {
            let ends = parse_date(&passport.expires_on).unwrap_or(self.today);
            documents::temporary_card(&mut self.draw, card_issued, ends, child)
        };
        card.passport_number = match self.draw.within(0..=11) {
            0..=2 => String::new(),
            // The passport was renewed after the card was printed: worth a note, not a refusal (DOMAIN R18).
            3 => documents::passport_number(&mut self.draw),
            _ => passport.number.clone(),
        };
        (passport, card)
    }

    pub(super) fn apply(&mut self, who: &Someone, passport: Passport, card: ResidenceCard) -> Applicant {
        let represented = who.age < ACTS_ALONE;
        let email =
            (!represented && !self.draw.once_in(5)).then(|| contacts::email(&mut self.draw, &who.name.spoken()));
        let givers: &[ConsentGiver] = match who.age {
            ..AGREES_ITSELF => &[ConsentGiver::Representative],
            AGREES_ITSELF..ACTS_ALONE => &[ConsentGiver::Representative, ConsentGiver::Applicant],
            _ => &[ConsentGiver::Applicant],
        };
        let minutes = u64::try_from(self.draw.within(3..=25)).unwrap_or(3);
        let language = self.draw.one_of(&["vi", "en", who.nation.language]);
        let application = Application {
            person: Some(who.person()),
            passport: Some(passport),
            residence_card: Some(card),
            phone: self.phone(),
            email: email.unwrap_or_default(),
            consents: consents::given(givers, language, self.now, Duration::from_mins(minutes)),
            stay: None,
            representative: represented.then(|| self.representative(who)),
            language: self.draw.one_of(&[Language::Unspecified, Language::Vi, Language::En]).into(),
        };
        let chip = self.country.as_ref().and_then(|country| chips::issue(country, &application, None, self.today));
        let recorded_name = (who.name.family.clone(), who.name.given.clone());
        Applicant { label: who.label(), application, chip, expected: Expected::Accepted, recorded_name }
    }

    fn representative(&mut self, child: &Someone) -> Representative {
        let woman = self.draw.once_in(2);
        let name = self.name(child.nation, woman);
        Representative {
            family_name: name.family,
            given_names: name.given,
            relation: if self.draw.once_in(6) { Relation::Guardian } else { Relation::Parent }.into(),
            document_number: documents::passport_number(&mut self.draw),
            document_issuing_state: documents::UTOPIA.to_owned(),
        }
    }
}

impl Someone {
    pub(super) fn holder(&self) -> Holder<'_> {
        Holder { name: &self.name, sex: self.sex, born: self.born, nationality: self.nation.code }
    }

    fn person(&self) -> Person {
        Person {
            family_name: self.name.family.clone(),
            given_names: self.name.given.clone(),
            date_of_birth: format_date(self.born),
            sex: self.sex.into(),
            nationality: self.nation.code.to_owned(),
        }
    }

    fn label(&self) -> String {
        let company = if self.age < ACTS_ALONE { ", represented" } else { "" };
        format!("{}, {}, {}{company}", self.name.spoken(), self.nation.name, self.age)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::date;

    use super::*;
    use crate::domain::mrz::Zone;
    use crate::domain::person::{FullName, NamePart};
    use crate::practice::e164;

    const NOW: Date = date!(2026 - 11 - 21);

    #[test]
    fn a_chip_holds_the_zone_that_the_passport_prints() {
        let mut generator = Generator::new(3, Timestamp::start_of(NOW)).with_chips();
        for _ in 0..10 {
            let applicant = generator.applicant();
            let cells = parts(&applicant).1.mrz.replace('\n', "");
            assert!(applicant.chip.unwrap().dg1.ends_with(cells.as_bytes()));
        }
        assert!(Generator::new(3, Timestamp::start_of(NOW)).applicant().chip.is_none());
    }

    fn crowd(seed: u64, size: usize) -> Vec<Applicant> {
        let mut generator = Generator::new(seed, Timestamp::start_of(NOW));
        (0..size).map(|_| generator.applicant()).collect()
    }

    fn parts(applicant: &Applicant) -> (&Person, &Passport, &ResidenceCard) {
        let a = &applicant.application;
        (a.person.as_ref().unwrap(), a.passport.as_ref().unwrap(), a.residence_card.as_ref().unwrap())
    }

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn every_zone_has_right_check_digits_and_agrees_with_what_is_typed() {
        for applicant in (0..10).flat_map(|seed| crowd(seed, 100)) {
            let (person, passport, _) = parts(&applicant);
            let (one, two) = passport.mrz.split_once('\n').unwrap();
            let read = mrz::parse_td3(one, two).unwrap();
            assert!(read.valid(), "{}", passport.mrz);
            assert_eq!(read.document_number, passport.number);
            assert_eq!((read.issuing_country.as_str(), passport.issuing_state.as_str()), ("UTO", "UTO"));
            assert_eq!(read.nationality, person.nationality);
            assert_eq!(read.date_of_birth.to_string()[2..], person.date_of_birth[2..]);
            assert_eq!(read.date_of_expiry.to_string(), passport.expires_on);
            let sex = [(mrz::Sex::Female, Sex::Female), (mrz::Sex::Male, Sex::Male), (mrz::Sex::Unspecified, Sex::X)];
            assert!(sex.contains(&(read.sex, person.sex())));
            let part = |text: &str| NamePart::parse(text).ok();
            let name = FullName::new(part(&person.family_name), part(&person.given_names)).unwrap();
            let found = Zone::parse(&passport.mrz).unwrap().name_match(&name);
            assert!(found.agrees(), "{found:?}: {}", passport.mrz);
        }
    }

    #[test]
    fn the_same_seed_brings_the_same_people_and_another_seed_others() {
        assert!(crowd(7, 100) == crowd(7, 100));
        assert!(crowd(7, 100) != crowd(8, 100));
    }

    #[test]
    fn no_two_people_share_a_phone_an_address_a_passport_or_a_card() {
        let people = crowd(3, 2_000);
        let distinct = |of: &dyn Fn(&Applicant) -> String| {
            let all: Vec<_> = people.iter().map(of).filter(|value| !value.is_empty()).collect();
            all.iter().collect::<HashSet<_>>().len() == all.len()
        };
        assert!(distinct(&Applicant::phone));
        assert!(distinct(&|a| a.application.email.clone()));
        assert!(distinct(&|a| parts(a).1.number.clone()));
        assert!(distinct(&|a| parts(a).2.number.clone()));
    }

    #[test]
    fn phones_lie_in_mobile_ranges_and_addresses_at_example_domains() {
        for applicant in crowd(5, 1_000) {
            let phone = e164(&applicant.application.phone);
            let national = phone.strip_prefix("+84").unwrap();
            assert!(national.len() == 9 && national.bytes().all(|b| b.is_ascii_digit()), "{phone}");
            // The pattern of DOMAIN 10, by its leading digits.
            let two: u32 = national[..2].parse().unwrap();
            let three: u32 = national[..3].parse().unwrap();
            assert!(
                matches!(two, 30..=39 | 56 | 58 | 59 | 70 | 76..=79 | 81..=88 | 90..=98)
                    || matches!(three, 522 | 523 | 528 | 559 | 896..=899 | 990 | 991 | 993..=999),
                "{phone}"
            );
            let email = &applicant.application.email;
            assert!(email.is_empty() || email.contains("@example."), "{email}");
        }
    }

    #[test]
    fn documents_are_valid_today_and_a_temporary_card_ends_thirty_days_before_the_passport() {
        for applicant in crowd(11, 1_000) {
            let (person, passport, card) = parts(&applicant);
            assert!(day(&passport.issued_on) > day(&person.date_of_birth), "{}", applicant.label);
            assert!(day(&passport.issued_on) < NOW && NOW < day(&passport.expires_on));
            assert!(day(&card.issued_on) < NOW && NOW < day(&card.expires_on));
            assert!(card.number.starts_with("PRACTICE") && card.number.len() <= 20);
            let temporary = card.kind == i32::from(crate::proto::ResidenceCardKind::Temporary);
            assert_ne!(temporary, card.symbol.is_empty());
            if temporary {
                assert!((day(&passport.expires_on) - day(&card.expires_on)).whole_days() >= 30, "{}", applicant.label);
            }
        }
    }

    #[test]
    fn a_child_comes_with_a_representative_and_agrees_itself_from_seven() {
        let people = crowd(13, 700);
        assert_eq!(people.iter().filter(|a| a.is_represented()).count(), 100);
        for applicant in people {
            let born = day(&parts(&applicant).0.date_of_birth);
            let givers: HashSet<_> = applicant.application.consents.iter().map(|c| c.given_by).collect();
            let under = |age: i32| born > years_after(NOW, -age);
            assert_eq!(applicant.is_represented(), under(14));
            assert_eq!(givers.contains(&ConsentGiver::Representative.into()), under(14));
            assert_eq!(givers.contains(&ConsentGiver::Applicant.into()), !under(7));
            assert!(!under(6));
            assert_eq!(applicant.application.consents.len(), givers.len() * 2);
        }
    }
}
