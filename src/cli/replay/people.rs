//! The people of a campaign: drawn day by day, known to the immigration record, and handed over to the units.

use std::collections::HashMap;

use super::plan::{DAYS, Fate, Plan, UNITS};
use crate::domain::time::Timestamp;
use crate::practice::{Applicant, Expected, Generator, Known, e164, identity_number};
use crate::proto::SubmitRequest;

/// One in so many bears another name than the passport.
const NAME_CHANGED: u32 = 40;
/// One in so many looks like somebody who came the day before.
const LOOKS_KNOWN: u32 = 100;
/// Those of a day who are kept for that; more are never needed.
const EARLIER_MAX: usize = 100;

/// Somebody who comes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) fate: Fate,
    /// Which one of the campaign.
    pub(super) place: u32,
    /// What the authority gives if it approves.
    pub(super) identity_number: String,
    /// As a carrier addresses it.
    pub(super) phone: String,
    /// Empty if there is none.
    pub(super) email: String,
    /// Whether nobody acts for them, and a supervisor need not look: their contacts are nobody else's.
    pub(super) plain: bool,
}

/// What a contact becomes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct NewContact {
    pub(super) phone: String,
    pub(super) email: String,
}

/// Those of a day.
pub(super) struct Day {
    /// What each unit captures.
    pub(super) captured: Vec<Vec<SubmitRequest>>,
    /// The same people, by phone: that is how the authority's answer and the holder's later call find them.
    pub(super) people: HashMap<String, Person>,
    /// What the immigration record says of them.
    pub(super) records: String,
    /// For the contact changes of the day.
    pub(super) contacts: Vec<NewContact>,
}

impl Day {
    /// A day on which nobody comes.
    pub(super) fn nobody() -> Self {
        Self { captured: Vec::new(), people: HashMap::new(), records: String::new(), contacts: Vec::new() }
    }
}

/// Where the people come from. The same plan, seed and beginning bring the same campaign.
pub(super) struct People {
    pub(super) plan: Plan,
    generator: Generator,
    begun: Timestamp,
    /// Some of those who came the day before.
    earlier: Vec<Applicant>,
}

impl People {
    pub(super) fn new(plan: Plan, seed: u64, begun: Timestamp) -> Self {
        Self { plan, generator: Generator::new(seed, begun), begun, earlier: Vec::new() }
    }

    /// Those of the next day; days are drawn in order.
    pub(super) fn day(&mut self, day: u32) -> Day {
        if day >= DAYS {
            return Day::nobody();
        }
        self.generator.on(self.begun.plus(super::DAY * day));
        let mut drawn = Day { captured: vec![Vec::new(); UNITS], ..Day::nobody() };
        let mut applicants = Vec::new();
        let fates: Vec<_> = self.plan.fates(day).collect();
        for (place, fate) in fates {
            let applicant = self.applicant(place);
            let alone = applicant.expected == Expected::Accepted && !applicant.is_represented();
            let person = Person {
                fate,
                place,
                identity_number: identity_number(place),
                phone: applicant.phone(),
                email: applicant.application.email.clone(),
                plain: alone,
            };
            let application = Some(applicant.application.clone());
            // One unit after another, going on where the day before ended.
            let unit = usize::try_from(place).unwrap_or_default() % UNITS;
            if let Some(captured) = drawn.captured.get_mut(unit) {
                captured.push(SubmitRequest { application, ..SubmitRequest::default() });
            }
            drawn.people.insert(person.phone.clone(), person);
            applicants.push(applicant);
        }
        let plain = applicants.iter().filter(|one| one.expected == Expected::Accepted && !one.is_represented());
        self.earlier = plain.take(EARLIER_MAX).cloned().collect();
        drawn.records = self.generator.records(applicants.iter().map(|one| (one, Known::WithBiometrics)));
        let fresh = |_| NewContact { phone: e164(&self.generator.phone()), email: self.generator.email() };
        drawn.contacts = self.plan.changes(day).map(fresh).collect();
        drawn
    }

    /// Most are taken in as they come; at some a supervisor has to look first.
    fn applicant(&mut self, place: u32) -> Applicant {
        if place % LOOKS_KNOWN == LOOKS_KNOWN / 2
            && let Some(before) = self.earlier.pop()
        {
            return self.generator.comes_again(&before);
        }
        if place.is_multiple_of(NAME_CHANGED) { self.generator.name_differs() } else { self.generator.applicant() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGUN: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

    fn campaign(seed: u64) -> Vec<Day> {
        let mut people = People::new(Plan::new(400), seed, BEGUN);
        (0..DAYS).map(|day| people.day(day)).collect()
    }

    fn same(one: &Day, other: &Day) -> bool {
        one.captured == other.captured
            && one.people == other.people
            && one.records == other.records
            && one.contacts == other.contacts
    }

    #[test]
    fn the_same_seed_brings_the_same_campaign_and_another_seed_another() {
        let (one, again, other) = (campaign(7), campaign(7), campaign(8));
        assert!(one.iter().zip(&again).all(|(one, again)| same(one, again)));
        assert!(!one.iter().zip(&other).all(|(one, other)| same(one, other)));
    }

    #[test]
    fn each_unit_gets_its_share_and_everybody_is_found_by_phone() {
        let days = campaign(7);
        let of_unit = |unit: usize| days.iter().map(|day| day.captured[unit].len()).sum::<usize>();
        assert!((0..UNITS).all(|unit| (11..=12).contains(&of_unit(unit))));
        assert_eq!(days.iter().map(|day| day.people.len()).sum::<usize>(), 400);
        for day in &days {
            let captured = day.captured.iter().flatten().filter_map(|request| request.application.as_ref());
            assert!(captured.clone().all(|application| day.people.contains_key(&e164(&application.phone))));
            assert_eq!(day.records.lines().count(), captured.count() + 1);
        }
    }
}
