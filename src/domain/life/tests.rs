//! The life of an account against a model that can be checked in a minute.

use proptest::prelude::*;
use time::Date;
use time::macros::date;

use super::*;
use crate::domain::record::ResidenceStatus;

const START: Date = date!(2026 - 01 - 01);
/// Grounds that are set and lifted.
const SET: [Ground; 5] =
    [Ground::HolderRequest, Ground::BreachOfTerms, Ground::Death, Ground::Order, Ground::SuspectedCompromise];
/// The card that is a permanent one.
const PERMANENT: usize = 2;
/// Days that are played through.
const DAYS: i64 = 40;

fn day(number: i64) -> Date {
    START.saturating_add(time::Duration::days(number))
}

fn noon(number: i64) -> Timestamp {
    Timestamp::start_of(day(number)).plus(std::time::Duration::from_hours(12))
}

/// What may happen. Cards are numbered; each was issued on the day of its number.
#[derive(Clone, Copy, Debug)]
enum Event {
    Set(usize),
    Lift(usize),
    RenewPassport(i64),
    /// Card, its last day, and the day on which it was shown.
    NewCard(usize, i64, i64),
    Fact(usize, ResidenceStatus, i64, i64),
    Clock(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let status = proptest::sample::select(&ResidenceStatus::ALL[..]);
    let event = prop_oneof![
        (0..SET.len()).prop_map(Event::Set),
        (0..SET.len()).prop_map(Event::Lift),
        (0..DAYS).prop_map(Event::RenewPassport),
        (0..3_usize, 0..DAYS, 0..DAYS).prop_map(|(card, until, shown)| Event::NewCard(card, until, shown)),
        (0..3_usize, status, 0..DAYS, 0..DAYS)
            .prop_map(|(card, status, until, at)| Event::Fact(card, status, until, at)),
        (0..DAYS).prop_map(Event::Clock),
    ];
    proptest::collection::vec(event, 0..30)
}

/// Everything that ever happened, and nothing else: the answer is looked up in it.
#[derive(Default)]
struct Model(Vec<Event>);

impl Model {
    fn stands(&self, ground: usize) -> bool {
        let last = self.0.iter().rev().find(|event| matches!(event, Event::Set(g) | Event::Lift(g) if *g == ground));
        matches!(last, Some(Event::Set(_)))
    }

    fn passport_expired(&self, today: i64) -> bool {
        let untils =
            self.0.iter().filter_map(|event| if let Event::RenewPassport(until) = event { Some(*until) } else { None });
        untils.max().is_some_and(|until| today > until)
    }

    /// The fact of a card that was recorded last: day of record, status, last day.
    fn last_fact(&self, card: usize) -> Option<(i64, ResidenceStatus, i64)> {
        let facts = self.0.iter().filter_map(|event| match event {
            Event::Fact(of, status, until, at) if *of == card => Some((*at, *status, *until)),
            _ => None,
        });
        facts.max_by_key(|(at, status, until)| (*at, CardFact::rank(*status), -until))
    }

    fn card_holds(&self, card: usize, today: i64) -> bool {
        let fact = self.last_fact(card);
        let printed = self.0.iter().rev().find_map(|event| match event {
            Event::NewCard(of, until, shown) if *of == card => Some((*until, *shown)),
            _ => None,
        });
        let (printed, shown) = printed.unwrap();
        let until = match fact {
            // The third card is a permanent one: it has a day of exchange, and no end.
            _ if card == PERMANENT => i64::MAX,
            None => printed,
            Some((at, _, until)) if at < shown => until.max(printed),
            Some((_, _, until)) => until,
        };
        let gone = matches!(fact, Some((at, ResidenceStatus::Cancelled | ResidenceStatus::Left, _)) if today >= at);
        let left = (0..3).filter(|other| self.has(*other)).filter_map(|other| self.last_fact(other));
        let left = left.filter(|(_, status, _)| *status == ResidenceStatus::Left).map(|(at, ..)| at).max();
        let left = left.is_some_and(|left| {
            today >= left && i64::try_from(card).unwrap() <= left && fact.is_none_or(|(at, ..)| at <= left)
        });
        today <= until && !gone && !left
    }

    fn has(&self, card: usize) -> bool {
        self.0.iter().any(|event| matches!(event, Event::NewCard(of, ..) if *of == card))
    }

    fn residence_expired(&self, today: i64) -> bool {
        let mut cards = (0..3).filter(|card| self.has(*card)).peekable();
        cards.peek().is_some() && !cards.any(|card| self.card_holds(card, today))
    }
}

/// What the program keeps.
#[derive(Default)]
struct Kept {
    life: Life,
    /// Day of issue, last day, and when it was shown.
    cards: [Option<(i64, i64, i64)>; 3],
    facts: [Option<CardFact>; 3],
}

impl Kept {
    fn apply(&mut self, event: Event) {
        match event {
            Event::Set(ground) => self.life.set = self.life.set.with(SET[ground]),
            Event::Lift(ground) => {
                self.life.set = self.life.set.iter().filter(|one| *one != SET[ground]).collect();
            }
            Event::RenewPassport(until) => {
                self.life.papers.passport_until = self.life.papers.passport_until.max(Some(day(until)));
            }
            Event::NewCard(card, until, shown) => {
                self.cards[card] = Some((i64::try_from(card).unwrap(), until, shown));
            }
            Event::Fact(card, status, until, at) => {
                let fact = CardFact { status, valid_until: day(until), recorded_at: noon(at) };
                let before = self.facts[card].filter(|before| before.order() >= fact.order());
                self.facts[card] = before.or(Some(fact));
            }
            Event::Clock(_) => {}
        }
        let cards: Vec<_> = self.cards.iter().zip(self.facts).filter_map(|(card, fact)| card.zip(Some(fact))).collect();
        let held = |((issued, until, shown), fact): ((i64, i64, i64), Option<CardFact>)| HeldCard {
            is_permanent: usize::try_from(issued) == Ok(PERMANENT),
            issued_on: day(issued),
            valid_until: day(until),
            shown_at: noon(shown),
            fact,
        };
        self.life.papers.residence_until = residence_until(&cards.into_iter().map(held).collect::<Vec<_>>());
    }
}

proptest! {
    #[test]
    fn whatever_happens_in_whatever_order_an_account_is_locked_exactly_by_the_grounds_that_stand(events in events()) {
        let (mut kept, mut model, mut today) = (Kept::default(), Model::default(), 0);
        for event in events {
            if let Event::Clock(to) = event {
                today = to;
            }
            kept.apply(event);
            model.0.push(event);
            let stand = (0..SET.len()).filter(|ground| model.stands(*ground)).map(|ground| SET[ground]);
            let passport = model.passport_expired(today).then_some(Ground::PassportExpired);
            let residence = model.residence_expired(today).then_some(Ground::ResidenceExpired);
            let due: GroundSet = stand.chain(passport).chain(residence).collect();
            prop_assert_eq!(kept.life.grounds(noon(today)), LockGrounds::new(due));
        }
    }

    #[test]
    fn facts_of_cards_end_in_one_state_in_whatever_order_and_however_often_they_come(
        facts in proptest::collection::vec((0..3_usize, proptest::sample::select(&ResidenceStatus::ALL[..]), 0..9_i64, 0..4_i64), 1..12),
        shuffled in any::<proptest::sample::Index>(),
    ) {
        let play = |facts: &mut dyn Iterator<Item = &(usize, ResidenceStatus, i64, i64)>| {
            let mut kept = Kept { cards: [Some((0, 20, 2)), Some((1, 20, 2)), Some((2, 20, 2))], ..Kept::default() };
            facts.for_each(|(card, status, until, at)| kept.apply(Event::Fact(*card, *status, *until, *at)));
            kept.life.papers.residence_until
        };
        let turn = shuffled.index(facts.len());
        let once = play(&mut facts.iter());
        prop_assert_eq!(play(&mut facts.iter().rev()), once);
        prop_assert_eq!(play(&mut facts.iter().skip(turn).chain(&facts)), once);
    }
}

#[test]
fn a_document_holds_through_its_last_day_in_viet_nam() {
    let papers = Papers { passport_until: Some(day(0)), residence_until: Some(day(9)) };
    let life = Life { papers, ..Life::default() };
    let midnight = Timestamp::start_of(day(1));
    assert_eq!(life.hold(midnight.minus(std::time::Duration::from_micros(1))), Hold::Open);
    assert_eq!(life.hold(midnight), Hold::Locked(LockClass::PassportExpired));
    assert_eq!(papers.next_end(noon(0)), Some(midnight));
    assert_eq!((papers.next_end(midnight), papers.next_end(noon(10))), (Some(Timestamp::start_of(day(10))), None));
}

#[test]
fn closed_is_the_end_whatever_else_holds() {
    let closed = Closed { at: noon(3), reason: ClosingReason::Duplicate };
    let life = Life { set: GroundSet::default().with(Ground::Order), closed: Some(closed), ..Life::default() };
    assert_eq!(life.hold(noon(4)), Hold::Closed(noon(3)));
    assert_eq!(Hold::Closed(noon(3)).class(), None);
    for reason in ClosingReason::ALL {
        assert_eq!(ClosingReason::from_name(reason.name()), Some(reason));
    }
}

#[test]
fn a_holder_has_two_cards_and_the_later_of_those_that_stand_counts() {
    let card = |issued, until, fact: Option<(ResidenceStatus, i64, i64)>| HeldCard {
        is_permanent: false,
        issued_on: day(issued),
        valid_until: day(until),
        shown_at: noon(issued),
        fact: fact.map(|(status, until, at)| CardFact { status, valid_until: day(until), recorded_at: noon(at) }),
    };
    assert_eq!(residence_until(&[]), None);
    assert_eq!(residence_until(&[card(0, 10, None), card(5, 20, None)]), Some(day(20)));
    let cancelled = card(5, 20, Some((ResidenceStatus::Cancelled, 20, 7)));
    assert_eq!(residence_until(&[card(0, 10, None), cancelled]), Some(day(10)), "the older one stands");
    assert_eq!(residence_until(&[cancelled]), Some(day(6)), "not on the day of the cancellation");
    let left = card(0, 10, Some((ResidenceStatus::Left, 10, 7)));
    assert_eq!(residence_until(&[left, card(5, 20, None)]), Some(day(6)), "leaving ends them all");
    let stale = card(5, 20, Some((ResidenceStatus::Issued, 9, 3)));
    assert_eq!(residence_until(&[stale]), Some(day(20)), "a later day was shown since");
    let shortened = card(5, 20, Some((ResidenceStatus::Issued, 9, 7)));
    assert_eq!(residence_until(&[shortened]), Some(day(9)), "the database heard of it last");
    let permanent = HeldCard { is_permanent: true, ..card(0, 10, None) };
    assert_eq!(residence_until(&[permanent]), Some(Date::MAX), "its day is one of exchange");
    assert_eq!(residence_until(&[left, card(8, 20, None)]), Some(day(20)), "but not one that came afterwards");
}
