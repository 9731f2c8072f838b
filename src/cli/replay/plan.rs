//! Who of the campaign comes on which day and what becomes of each: the published figures, spread evenly.
//!
//! Published are the totals and how many had come by the 20th of the 50 days (DOMAIN 6). How those were split who had no
//! account at the end is not: here whoever came on the last day waits, and the others were refused.

use serde::Serialize;

/// Days of the campaign.
pub(super) const DAYS: u32 = 50;
/// Units that received requests: all that there are since 1 July 2025.
pub(super) const UNITS: usize = 34;
/// The fewest requests whose campaign has somebody for everything.
pub(super) const REQUESTS_MIN: u32 = 200;

/// Days of which it is known how many had come by then.
const EARLY_DAYS: u32 = 20;
/// Requests that had come by then.
const EARLY: u32 = 25_517;
/// First and last day on which contact changes are begun: somebody is active by then, and all have ended at the end.
const CHANGES: (u32, u32) = (3, 46);

/// How many there are at the end.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Totals {
    /// Requests.
    pub(super) received: u32,
    /// Requests that became an account.
    pub(super) issued: u32,
    /// Accounts in use.
    pub(super) activated: u32,
    /// Contact changes that were asked for.
    pub(super) changes: u32,
    /// Contact changes that came to their end.
    pub(super) changed: u32,
}

impl Totals {
    /// As they were published on 18 August 2025.
    pub(super) const PUBLISHED: Self =
        Self { received: 50_809, issued: 43_926, activated: 33_601, changes: 50, changed: 44 };

    /// Those of a campaign with so many requests, in the published proportions. A small one has a change of each ending.
    pub(super) fn of(requests: u32) -> Self {
        let Self { issued, activated, changes, changed, .. } = Self::PUBLISHED;
        let failed = scaled(changes - changed, requests).max(changes - changed);
        let changes = scaled(changes, requests).max(failed + 1);
        Self {
            received: requests,
            issued: scaled(issued, requests),
            activated: scaled(activated, requests),
            changes,
            changed: changes - failed,
        }
    }

    /// Accounts that their holders have not activated.
    pub(super) const fn waiting(&self) -> u32 {
        self.issued.saturating_sub(self.activated)
    }
}

/// A published figure for so many requests, rounded.
fn scaled(figure: u32, requests: u32) -> u32 {
    let published = u64::from(Totals::PUBLISHED.received);
    let scaled = (u64::from(figure) * u64::from(requests) + published / 2) / published;
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

/// How many of `parts` come with the first `at` of `whole`, if they are spread evenly.
fn spread(parts: u32, at: u32, whole: u32) -> u32 {
    let (parts, at, whole) = (u64::from(parts), u64::from(at), u64::from(whole.max(1)));
    u32::try_from(parts * at / whole).unwrap_or(u32::MAX)
}

/// Whether one of them is the one at that place.
fn falls(parts: u32, at: u32, whole: u32) -> bool {
    spread(parts, at + 1, whole) > spread(parts, at, whole)
}

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Approved; the holder activates.
    Activates,
    /// Approved; the holder does not, or not before the end.
    StaysAway,
    /// Refused by the authority.
    IsRefused,
    /// Nobody has decided it at the end.
    Waits,
}

/// How a contact change ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// Both codes come back.
    Confirmed,
    /// The holder gives it up.
    GivenUp,
    /// The code at the old contact is never typed.
    LeftAtOld,
    /// The code at the new contact is never typed.
    LeftAtNew,
    /// The code is mistyped to the end.
    Mistyped,
    /// The new number serves somebody else.
    ServesAnother,
}

/// The ways in which six changes of fifty came to nothing.
const FAILURES: [Ending; 6] =
    [Ending::GivenUp, Ending::LeftAtOld, Ending::Mistyped, Ending::ServesAnother, Ending::LeftAtNew, Ending::GivenUp];

/// A campaign. Each day the authority decides what came the day before, and holders activate who were approved then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    pub(super) totals: Totals,
    fates: Vec<Fate>,
}

impl Plan {
    pub(super) fn new(requests: u32) -> Self {
        let totals = Totals::of(requests);
        let mut plan = Self { totals, fates: Vec::new() };
        let (decided, in_time) = (plan.until(DAYS - 1), plan.until(DAYS - 2));
        let refused = decided - totals.issued;
        let reachable = in_time - spread(refused, in_time, decided);
        let mut approved = 0;
        for at in 0..requests {
            let fate = match at {
                _ if at >= decided => Fate::Waits,
                _ if falls(refused, at, decided) => Fate::IsRefused,
                _ if at >= in_time => Fate::StaysAway,
                _ => {
                    approved += 1;
                    let activates = falls(totals.activated, approved - 1, reachable);
                    if activates { Fate::Activates } else { Fate::StaysAway }
                }
            };
            plan.fates.push(fate);
        }
        plan
    }

    /// Requests that came before that day.
    pub(super) fn until(&self, day: u32) -> u32 {
        let all = self.totals.received;
        let early = scaled(EARLY, all);
        match day.checked_sub(EARLY_DAYS) {
            None => spread(early, day, EARLY_DAYS),
            Some(later) => early + spread(all - early, later, DAYS - EARLY_DAYS),
        }
    }

    /// What becomes of those who come on that day, each with its number in the campaign.
    pub(super) fn fates(&self, day: u32) -> impl Iterator<Item = (u32, Fate)> {
        let (from, until) = (self.until(day), self.until(day + 1));
        let range = usize::try_from(from).unwrap_or_default()..usize::try_from(until).unwrap_or_default();
        (from..).zip(self.fates.get(range).unwrap_or_default().iter().copied())
    }

    /// How the contact changes end that are begun on that day, each with its number.
    pub(super) fn changes(&self, day: u32) -> impl Iterator<Item = (u32, Ending)> + use<> {
        let Totals { changes, changed, .. } = self.totals;
        let failed = changes - changed;
        let (first, last) = CHANGES;
        let before = move |day: u32| spread(changes, day.clamp(first, last + 1) - first, last + 1 - first);
        (before(day)..before(day + 1)).map(move |at| {
            let nth = usize::try_from(spread(failed, at, changes)).unwrap_or_default();
            let failure = falls(failed, at, changes).then(|| FAILURES.iter().cycle().nth(nth).copied()).flatten();
            (at, failure.unwrap_or(Ending::Confirmed))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [u32; 8] = [REQUESTS_MIN, 201, 333, 1_000, 9_999, 50_809, 50_810, 400_000];

    fn count(plan: &Plan, fate: Fate) -> u32 {
        (0..DAYS).flat_map(|day| plan.fates(day)).filter(|(_, of)| *of == fate).count().try_into().unwrap()
    }

    #[test]
    fn the_published_campaign_has_the_published_totals() {
        let plan = Plan::new(50_809);
        assert_eq!(plan.totals, Totals::PUBLISHED);
        assert_eq!((plan.totals.waiting(), plan.until(EARLY_DAYS)), (10_325, 25_517));
    }

    #[test]
    fn whatever_its_size_the_shares_of_a_campaign_add_up() {
        for size in SIZES {
            let plan = Plan::new(size);
            let Totals { received, issued, activated, .. } = plan.totals;
            assert_eq!((received, plan.until(DAYS)), (size, size));
            assert_eq!(count(&plan, Fate::Activates), activated, "of {size}");
            assert_eq!(count(&plan, Fate::StaysAway), issued - activated, "of {size}");
            assert_eq!(count(&plan, Fate::IsRefused) + count(&plan, Fate::Waits), size - issued);
            let numbers = (0..DAYS).flat_map(|day| plan.fates(day)).map(|(number, _)| number);
            assert!(numbers.eq(0..size), "everybody comes once");
        }
    }

    #[test]
    fn a_campaign_of_another_size_has_the_published_proportions() {
        for size in SIZES {
            let (totals, all) = (Totals::of(size), u64::from(size));
            for (figure, published) in [(totals.issued, 43_926), (totals.activated, 33_601)] {
                let off = (u64::from(figure) * 50_809).abs_diff(all * published);
                assert!(2 * off <= 50_809, "{figure} of {size}");
            }
        }
    }

    #[test]
    fn nobody_is_decided_or_activates_before_there_was_a_day_for_it() {
        for size in SIZES {
            let plan = Plan::new(size);
            assert!(plan.fates(DAYS - 1).all(|(_, fate)| fate == Fate::Waits));
            assert!(plan.fates(DAYS - 2).all(|(_, fate)| matches!(fate, Fate::StaysAway | Fate::IsRefused)));
            assert!((0..DAYS - 1).flat_map(|day| plan.fates(day)).all(|(_, fate)| fate != Fate::Waits));
        }
    }

    #[test]
    fn contact_changes_end_as_often_in_each_way_as_they_should() {
        for size in SIZES {
            let plan = Plan::new(size);
            let endings: Vec<_> = (0..DAYS).flat_map(|day| plan.changes(day)).collect();
            let numbers = endings.iter().map(|(number, _)| *number);
            assert!(numbers.eq(0..plan.totals.changes), "each is begun once");
            let confirmed = endings.iter().filter(|(_, ending)| *ending == Ending::Confirmed).count();
            assert_eq!(u32::try_from(confirmed).unwrap(), plan.totals.changed, "of {size}");
            assert!(FAILURES.iter().all(|failure| endings.iter().any(|(_, ending)| ending == failure)), "of {size}");
            assert!((0..CHANGES.0).chain(CHANGES.1 + 1..DAYS).all(|day| plan.changes(day).count() == 0));
        }
    }
}
