//! Runs a population through the rules for duplicates in the order of arrival, and counts against the truth.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Arrival, Guard, Population, Variant};
use crate::domain::duplicate::{KEY_HOLDERS_MAX, KeyKind, Profile, Selected, select};

/// What came of a population.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Requests handed in.
    pub requests: usize,
    /// Requests of persons who had one before, and whose papers do not give them away.
    pub duplicates: usize,
    /// Those of them that were referred beside the request of the same person.
    pub found: usize,
    /// Requests with papers of an earlier one: refused by the exact match.
    pub exact: usize,
    /// Requests that were referred as likely duplicates, rightly or not.
    pub referred: usize,
    /// By variant: how many there were, and how many were found.
    pub variants: BTreeMap<Variant, (usize, usize)>,
    /// By guard: how many there were, and how many were referred.
    pub guards: BTreeMap<Guard, (usize, usize)>,
    /// How many requests were opened for each, in ascending order.
    pub opened: Vec<usize>,
    /// Requests that met a key with more holders than are read.
    pub capped: usize,
    /// Most holders of one key, by kind.
    pub holders: BTreeMap<&'static str, usize>,
}

impl Measured {
    /// Share of the duplicates that were found.
    pub fn recall(&self) -> f64 {
        share(self.found, self.duplicates)
    }

    /// Share of the referrals that were right.
    pub fn precision(&self) -> f64 {
        share(self.found, self.referred)
    }

    /// Referrals for each hundred requests, rightly or not.
    pub fn referred_per_100(&self) -> f64 {
        share(self.referred, self.requests) * 100.0
    }

    /// Requests opened for one: the mean.
    pub fn opened_mean(&self) -> f64 {
        share(self.opened.iter().sum(), self.opened.len())
    }

    /// Requests opened for one: as many, or fewer, for that share of the requests.
    pub fn opened_at(&self, percent: usize) -> usize {
        let last = self.opened.len().saturating_sub(1);
        self.opened.get(last * percent / 100).copied().unwrap_or_default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Everything that was handed in so far.
#[derive(Default)]
struct Office {
    /// Holders of each key, in the order of arrival.
    keys: HashMap<(KeyKind, String), Vec<usize>>,
    profiles: HashMap<usize, Profile>,
    /// Passports, cards and phones that serve somebody.
    exact: HashSet<String>,
}

impl Office {
    fn candidates(&self, profile: &Profile) -> Selected<usize> {
        let holders = profile.keys().into_iter().map(|key| {
            let found = self.keys.get(&(key.kind, key.text().to_owned())).map(Vec::as_slice).unwrap_or_default();
            found.iter().rev().take(KEY_HOLDERS_MAX + 1).copied().collect()
        });
        select(holders.collect::<Vec<Vec<_>>>())
    }

    fn add(&mut self, at: usize, profile: Profile) {
        for key in profile.keys() {
            self.keys.entry((key.kind, key.text().to_owned())).or_default().push(at);
        }
        self.profiles.insert(at, profile);
    }
}

/// Hands the population in, one after the other.
pub fn measure(population: &Population) -> Measured {
    let (mut office, mut measured, mut seen) = (Office::default(), Measured::default(), HashSet::new());
    for (at, arrival) in population.arrivals.iter().enumerate() {
        measured.requests += 1;
        if !arrival.papers().all(|value| !office.exact.contains(&value)) {
            measured.exact += 1;
            continue;
        }
        let profile = Profile::of(&arrival.application);
        let likely = likely(&office, &profile, &mut measured);
        let again = !seen.insert(arrival.person);
        let right =
            likely.iter().any(|other| population.arrivals.get(*other).is_some_and(|o| o.person == arrival.person));
        count(&mut measured, arrival, again, right, !likely.is_empty());
        office.exact.extend(arrival.papers());
        office.add(at, profile);
    }
    measured.opened.sort_unstable();
    for ((kind, _), holders) in &office.keys {
        let most = measured.holders.entry(kind.name()).or_default();
        *most = holders.len().max(*most);
    }
    measured
}

fn likely(office: &Office, profile: &Profile, measured: &mut Measured) -> Vec<usize> {
    let selected = office.candidates(profile);
    measured.opened.push(selected.open.len());
    measured.capped += usize::from(selected.capped_keys > 0);
    let likely = |at: &usize| office.profiles.get(at).is_some_and(|other| profile.compare(other).is_likely());
    selected.open.into_iter().filter(likely).collect()
}

fn count(measured: &mut Measured, arrival: &Arrival, again: bool, right: bool, referred: bool) {
    measured.referred += usize::from(referred);
    if again {
        measured.duplicates += 1;
        measured.found += usize::from(right);
        if let Some(variant) = arrival.variant {
            let row = measured.variants.entry(variant).or_default();
            *row = (row.0 + 1, row.1 + usize::from(right));
        }
    } else if let Some(guard) = arrival.guard {
        let row = measured.guards.entry(guard).or_default();
        *row = (row.0 + 1, row.1 + usize::from(referred));
    }
}
