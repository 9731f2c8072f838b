//! What may be done now with codes, and when the rest may be.

use super::{CodePolicy, Failures, Slot, TooManyFailures};
use crate::domain::time::Timestamp;

/// What may be done at a moment. What it permits now succeeds now, and what it promises for later succeeds then, unless
/// something else happens to the slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timetable {
    /// Sending a code.
    pub send: Turn,
    /// Trying one.
    pub check: Turn,
    /// How often the live code may still be tried; none if there is no live code.
    pub tries_left: u32,
    /// When the live code ends.
    pub code_expires_at: Option<Timestamp>,
}

/// Whether it is somebody's turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It is.
    Now,
    /// It will be, at that moment.
    Later(Timestamp, Held),
    /// Waiting does not help.
    No(Held),
}

/// What stands in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// A code was sent a moment ago.
    JustSent,
    /// As many codes were sent today as may be.
    SentToday,
    /// A wrong code was typed a moment ago.
    JustFailed,
    /// As many wrong codes were typed today as may be.
    FailedToday,
    /// So many wrong codes were typed in a row that a person must help.
    FailedInRow,
    /// There is no code that could be tried: send one.
    NoLiveCode,
}

impl Turn {
    /// Whether it is now.
    pub fn is_now(self) -> bool {
        self == Self::Now
    }
}

impl Timetable {
    /// What may be done at `now`.
    pub fn at(now: Timestamp, policy: &CodePolicy, failures: Failures, slot: &Slot) -> Self {
        let allowance = failures.allowance(policy, now);
        let live = slot.live(now);
        let tries_left = live.map_or(0, |code| code.tries_left.min(allowance.unwrap_or(0)));
        Self {
            send: send(now, policy, allowance, slot),
            check: check(now, allowance, failures, live.map(|code| code.expires_at)),
            tries_left,
            code_expires_at: live.map(|code| code.expires_at),
        }
    }
}

fn too_many(TooManyFailures { retry_at }: TooManyFailures) -> Turn {
    retry_at.map_or(Turn::No(Held::FailedInRow), |at| Turn::Later(at, Held::FailedToday))
}

fn send(now: Timestamp, policy: &CodePolicy, allowance: Result<u32, TooManyFailures>, slot: &Slot) -> Turn {
    if let Err(fault) = allowance {
        return too_many(fault);
    }
    let tomorrow = now.local_date().next_day().map(Timestamp::start_of);
    let next = slot.sends.last_by(now).map(|last| last.plus(policy.send_gap)).filter(|next| *next > now);
    match (slot.sends.on_day_of(now) >= policy.sends_per_day, next) {
        // The gap may reach into the next day.
        (true, next) => tomorrow.map_or(Turn::No(Held::SentToday), |day| {
            Turn::Later(next.map_or(day, |next| next.max(day)), Held::SentToday)
        }),
        (false, Some(next)) => Turn::Later(next, Held::JustSent),
        (false, None) => Turn::Now,
    }
}

fn check(
    now: Timestamp,
    allowance: Result<u32, TooManyFailures>,
    failures: Failures,
    live_until: Option<Timestamp>,
) -> Turn {
    let day = match allowance {
        Err(TooManyFailures { retry_at: None }) => return Turn::No(Held::FailedInRow),
        Err(TooManyFailures { retry_at }) => retry_at.map(|at| (at, Held::FailedToday)),
        Ok(_) => None,
    };
    let moment = failures.held_at(now).map(|until| (until, Held::JustFailed));
    let held = day.into_iter().chain(moment).max_by_key(|(until, _)| *until);
    match (live_until, held) {
        (Some(_), None) => Turn::Now,
        (Some(until), Some((at, held))) if at < until => Turn::Later(at, held),
        // There is none, or it will be over before it may be tried.
        _ => Turn::No(Held::NoLiveCode),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use time::macros::date;
    use uuid::Uuid;

    use super::*;
    use crate::domain::code::{Purpose, SlotCode};
    use crate::domain::ids::CodeId;
    use crate::domain::law::codes;

    /// A holder's account as the store would keep it.
    #[derive(Clone)]
    struct Kept {
        policy: CodePolicy,
        failures: Failures,
        slot: Slot,
    }

    impl Kept {
        fn new() -> Self {
            Self { policy: CodePolicy::default(), failures: Failures::default(), slot: Slot::UNUSED }
        }

        fn table(&self, now: Timestamp) -> Timetable {
            Timetable::at(now, &self.policy, self.failures, &self.slot)
        }

        /// Sends a code as the service does.
        fn send(&mut self, now: Timestamp) {
            assert!(self.table(now).send.is_now());
            let sends = self.slot.sends;
            let again = self.slot.live(now).map(|code| code.sent_again(sends, &self.policy, Purpose::Activation, now));
            match (again, &mut self.slot.code) {
                (Some(again), Some(code)) => code.expires_at = again.expires_at,
                (_, code) => {
                    *code = Some(SlotCode {
                        id: CodeId::new(Uuid::nil()),
                        first_sent_at: now,
                        expires_at: now.plus(self.policy.lifetime),
                        tries_left: self.failures.allowance(&self.policy, now).unwrap(),
                        sealed: None,
                        device: None,
                    });
                }
            }
            self.slot.sends = self.slot.sends.sent(now);
        }

        fn mistype(&mut self, now: Timestamp) {
            assert!(self.table(now).check.is_now());
            self.slot.code.as_mut().unwrap().tries_left -= 1;
            self.failures = self.failures.failed(now);
        }
    }

    fn morning() -> Timestamp {
        Timestamp::start_of(date!(2026 - 11 - 23)).plus(Duration::from_hours(9))
    }

    fn secs(seconds: u64) -> Timestamp {
        morning().plus(Duration::from_secs(seconds))
    }

    #[test]
    fn at_first_a_code_may_be_sent_and_none_tried() {
        let table = Kept::new().table(morning());
        assert_eq!((table.send, table.check), (Turn::Now, Turn::No(Held::NoLiveCode)));
        assert_eq!((table.tries_left, table.code_expires_at), (0, None));
    }

    #[test]
    fn a_code_is_sent_again_after_a_minute_five_times_a_day_and_lives_on_within_the_law() {
        let mut held = Kept::new();
        held.send(secs(0));
        assert_eq!(held.table(secs(59)).send, Turn::Later(secs(60), Held::JustSent));
        for at in [60, 180, 300] {
            held.send(secs(at));
            assert_eq!(
                held.table(secs(at)).code_expires_at,
                Some(secs(at + 180)),
                "three minutes from the last sending"
            );
        }
        held.send(secs(479));
        assert_eq!(held.table(secs(479)).code_expires_at, Some(secs(600)), "never above ten from the first");
        let tomorrow = Timestamp::start_of(date!(2026 - 11 - 24));
        assert_eq!(held.table(secs(900)).send, Turn::Later(tomorrow, Held::SentToday));
        assert_eq!(held.table(tomorrow).send, Turn::Now);
    }

    #[test]
    fn mistakes_cost_nothing_twice_and_then_time() {
        let mut held = Kept::new();
        held.send(secs(0));
        held.mistype(secs(1));
        held.mistype(secs(2));
        assert_eq!((held.table(secs(2)).check, held.table(secs(2)).tries_left), (Turn::Now, 3));
        held.mistype(secs(3));
        assert_eq!(held.table(secs(3)).check, Turn::Later(secs(33), Held::JustFailed));
        held.mistype(secs(33));
        assert_eq!(held.table(secs(33)).check, Turn::Later(secs(93), Held::JustFailed));
        held.mistype(secs(93));
        assert_eq!(held.table(secs(93)).check, Turn::No(Held::NoLiveCode), "its five tries are used up");
        assert_eq!(held.table(secs(93)).send, Turn::Now, "and a new one may be sent");
    }

    #[test]
    fn a_code_that_ends_before_it_may_be_tried_again_is_not_waited_for() {
        let mut held = Kept::new();
        held.failures = Failures { in_row: 5, ..Failures::default() };
        held.send(secs(0));
        held.mistype(secs(1));
        assert_eq!(held.table(secs(1)).check, Turn::No(Held::NoLiveCode));
    }

    #[test]
    fn the_days_failures_are_waited_out_and_those_in_a_row_are_not() {
        let mut held = Kept::new();
        held.failures = Failures { today: 10, in_row: 10, ..Failures::default().failed(morning()) };
        let tomorrow = Timestamp::start_of(date!(2026 - 11 - 24));
        assert_eq!(held.table(morning()).send, Turn::Later(tomorrow, Held::FailedToday));
        held.failures.in_row = 100;
        let table = held.table(morning());
        assert_eq!((table.send, table.check), (Turn::No(Held::FailedInRow), Turn::No(Held::FailedInRow)));
    }

    #[derive(Clone, Copy, Debug)]
    enum Act {
        Send,
        Mistype,
        Wait(u64),
        /// Waits for what the timetable promises.
        Obey,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            3 => Just(Act::Send),
            4 => Just(Act::Mistype),
            2 => (0_u64..200).prop_map(Act::Wait),
            1 => (0_u64..90_000).prop_map(Act::Wait),
            3 => Just(Act::Obey),
        ];
        prop::collection::vec(act, 0..120)
    }

    proptest! {
        /// What it promises is kept, and no budget is ever exceeded, whatever is done in whatever order.
        #[test]
        fn what_a_timetable_promises_comes_true_and_no_budget_is_exceeded(acts in acts()) {
            let (mut held, mut now) = (Kept::new(), morning());
            let (mut sent, mut failed): (Vec<Timestamp>, Vec<Timestamp>) = (Vec::new(), Vec::new());
            for act in acts {
                let table = held.table(now);
                match act {
                    Act::Send if table.send.is_now() => {
                        held.send(now);
                        sent.push(now);
                    }
                    Act::Mistype if table.check.is_now() => {
                        prop_assert!(table.tries_left > 0 && table.code_expires_at.is_some_and(|until| now < until));
                        held.mistype(now);
                        failed.push(now);
                    }
                    Act::Send | Act::Mistype => {}
                    Act::Wait(seconds) => now = now.plus(Duration::from_secs(seconds)),
                    Act::Obey => {
                        for (turn, is_send) in [(table.send, true), (table.check, false)] {
                            if let Turn::Later(at, _) = turn {
                                prop_assert!(at > now);
                                let then = held.table(at);
                                prop_assert_eq!(if is_send { then.send } else { then.check }, Turn::Now);
                                let before = held.table(at.minus(Duration::from_micros(1)));
                                let early = if is_send { before.send } else { before.check };
                                prop_assert!(!early.is_now());
                            }
                        }
                        if let Turn::Later(at, _) = table.check { now = at }
                    }
                }
            }
            for day in sent.iter().map(|at| at.local_date()) {
                prop_assert!(sent.iter().filter(|at| at.local_date() == day).count() <= codes::SENDS_PER_DAY_MAX as usize);
                let tries = failed.iter().filter(|at| at.local_date() == day).count();
                prop_assert!(tries <= codes::FAILURES_PER_DAY_MAX as usize);
            }
            prop_assert!(sent.windows(2).all(|two| two[1] >= two[0].plus(codes::SEND_GAP_MIN)));
            for (nth, two) in failed.windows(2).enumerate() {
                let wait = codes::wait_after(u32::try_from(nth + 1).unwrap());
                prop_assert!(two[1] >= two[0].plus(wait), "failure {} came too soon", nth + 2);
            }
        }
    }
}
