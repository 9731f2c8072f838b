//! Which provider of a channel to try: by what they took lately.
//!
//! Owns the choice. The first of the list is the house's own choice and stays it while it takes messages; what it refuses
//! for good (an address that does not exist) is not held against it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::time::Timestamp;

/// Outcomes that are remembered of each provider.
const REMEMBERED: usize = 20;
/// How long an outcome says something.
const LATELY: Duration = Duration::from_mins(5);
/// Fewer outcomes than this judge nobody.
const JUDGED_FROM: usize = 3;
/// How long one that does not take messages is left alone before the next message tries it.
const PROBE_AFTER: Duration = Duration::from_secs(30);

/// How the providers of one channel stand, first choice first.
#[derive(Debug)]
pub(super) struct Standing(Vec<Record>);

/// What one provider did lately.
#[derive(Debug, Default)]
struct Record {
    outcomes: VecDeque<(Timestamp, bool)>,
    tried: Option<Timestamp>,
}

impl Standing {
    /// So many providers, of whom nothing is known.
    pub(super) fn new(providers: usize) -> Self {
        Self((0..providers).map(|_| Record::default()).collect())
    }

    /// Which one is to try a message; another than `avoided`, which failed with this very message before, if one is fit.
    pub(super) fn choose(&mut self, avoided: Option<usize>, now: Timestamp) -> Option<usize> {
        let fit = |(_, record): &(usize, &Record)| record.is_fit(now);
        let place = |(place, _): (usize, &Record)| place;
        let records = || self.0.iter().enumerate();
        let chosen = records()
            .filter(fit)
            .map(place)
            .find(|place| Some(*place) != avoided)
            .or_else(|| records().find(fit).map(place))
            // Nobody is fit: the one that was left alone longest.
            .or_else(|| records().min_by_key(|(_, record)| record.tried).map(place))?;
        if let Some(record) = self.0.get_mut(chosen) {
            record.tried = Some(now);
        }
        Some(chosen)
    }

    /// Whether any of them takes messages.
    pub(super) fn takes(&self, now: Timestamp) -> bool {
        self.0.iter().any(|record| record.takes(now))
    }

    /// Remembers whether one took a message.
    pub(super) fn note(&mut self, provider: usize, took: bool, now: Timestamp) {
        let Some(record) = self.0.get_mut(provider) else { return };
        if record.outcomes.len() == REMEMBERED {
            record.outcomes.pop_front();
        }
        record.outcomes.push_back((now, took));
    }
}

impl Record {
    /// Whether it takes messages, or is to be tried again.
    fn is_fit(&self, now: Timestamp) -> bool {
        self.takes(now) || self.tried.is_none_or(|at| at > now || now.since(at) >= PROBE_AFTER)
    }

    /// Whether it took at least half of what it got lately.
    fn takes(&self, now: Timestamp) -> bool {
        // A clock that was set back makes outcomes of the future, which say nothing.
        let lately = |at: &Timestamp| *at <= now && now.since(*at) < LATELY;
        let (took, all) = (self.outcomes.iter().filter(|(at, _)| lately(at)))
            .fold((0, 0), |(took, all), (_, one)| (took + usize::from(*one), all + 1));
        all < JUDGED_FROM || took * 2 >= all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus(Duration::from_secs(secs))
    }

    /// Two providers, the first of which has failed `times` by second `secs`.
    fn failing(times: usize, secs: u64) -> Standing {
        let mut standing = Standing::new(2);
        for _ in 0..times {
            assert!(standing.choose(None, at(secs)).is_some());
            standing.0[0].tried = Some(at(secs));
            standing.note(0, false, at(secs));
        }
        standing
    }

    #[test]
    fn the_first_of_the_list_has_the_messages_while_it_takes_them() {
        let mut standing = Standing::new(2);
        for secs in 0..100 {
            assert_eq!(standing.choose(None, at(secs)), Some(0));
            standing.note(0, secs % 3 != 0, at(secs));
        }
        assert_eq!(Standing::new(0).choose(None, at(0)), None);
    }

    #[test]
    fn one_failure_moves_that_message_alone_to_the_other() {
        let mut standing = failing(1, 0);
        assert_eq!(standing.choose(Some(0), at(1)), Some(1));
        assert_eq!(standing.choose(None, at(1)), Some(0));
    }

    #[test]
    fn one_that_takes_less_than_half_is_passed_over_and_probed_after_a_while() {
        let mut standing = failing(3, 0);
        assert_eq!(standing.choose(None, at(1)), Some(1));
        assert!(standing.takes(at(1)), "the other does");
        assert_eq!(standing.choose(None, at(29)), Some(1));
        assert_eq!(standing.choose(None, at(30)), Some(0), "a probe");
        assert_eq!(standing.choose(None, at(30)), Some(1), "and one alone");
        standing.note(0, false, at(31));
        assert_eq!(standing.choose(None, at(59)), Some(1));
        assert_eq!(standing.choose(None, at(60)), Some(0));
    }

    #[test]
    fn one_that_recovers_is_the_first_again() {
        let mut standing = failing(3, 0);
        for secs in 30..33 {
            standing.note(0, true, at(secs));
        }
        assert_eq!(standing.choose(None, at(33)), Some(0));
    }

    #[test]
    fn a_channel_takes_messages_while_one_of_its_providers_does() {
        let mut standing = failing(3, 0);
        for _ in 0..3 {
            standing.note(1, false, at(1));
        }
        assert!(!standing.takes(at(40)), "a probe that is due is none that was taken");
        standing.note(1, true, at(41));
        standing.note(1, true, at(42));
        standing.note(1, true, at(43));
        assert!(standing.takes(at(43)));
    }

    #[test]
    fn what_was_long_ago_and_what_is_yet_to_come_say_nothing() {
        assert_eq!(failing(9, 0).choose(None, at(300)), Some(0));
        let mut set_back = failing(9, 10_000);
        assert_eq!(set_back.choose(None, at(0)), Some(0));
    }

    #[test]
    fn a_channel_of_one_tries_that_one_whatever_happened() {
        let mut standing = Standing::new(1);
        for secs in 0..9 {
            assert_eq!(standing.choose(Some(0), at(secs)), Some(0));
            standing.note(0, false, at(secs));
        }
    }

    proptest! {
        #[test]
        fn somebody_is_always_chosen_and_memory_is_bounded(
            steps in proptest::collection::vec((0_usize..3, any::<bool>(), 0_u64..1_000, proptest::option::of(0_usize..4)), 1..200),
        ) {
            let mut standing = Standing::new(3);
            for (provider, took, secs, avoided) in steps {
                standing.note(provider, took, at(secs));
                prop_assert!(standing.choose(avoided, at(secs)).is_some_and(|chosen| chosen < 3));
            }
            prop_assert!(standing.0.iter().all(|record| record.outcomes.len() <= REMEMBERED));
        }
    }
}
