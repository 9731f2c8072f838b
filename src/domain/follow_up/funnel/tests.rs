//! The funnel: each obstacle at its time, and for any account whatever either an end, a reason, or something under way.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::account::{AccountState, Notice, Progress, Reopened};
use crate::domain::application::Language;
use crate::domain::code::day_number;
use crate::domain::follow_up::Helper;
use crate::domain::ids::{AccountId, EnrolmentId};
use crate::domain::law;

const START: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn hours(hours: u64) -> Timestamp {
    START.plus(Duration::from_hours(hours))
}

fn issued() -> (Account, Way) {
    let id = EnrolmentId::new(Uuid::nil());
    let account = Account::issue(AccountId::new(Uuid::nil()), id, false, Language::En, START);
    let way = Way {
        failures: Failures::default(),
        code_sent_at: None,
        notice: NoticeState::Waiting,
        device_bound_at: None,
        has_device: false,
    };
    (account, way)
}

/// Whose notice was sent at once and, if so told, delivered.
fn noticed(delivered: bool) -> (Account, Way) {
    let (mut account, mut way) = issued();
    account.notice.sent_at = Some(START);
    account.notice.delivered_at = delivered.then_some(START);
    way.notice = NoticeState::Sent { at: START, delivered };
    (account, way)
}

fn found((account, way): &(Account, Way), now: Timestamp) -> Option<Obstacle> {
    Funnel::of(account, way, &CodePolicy::default(), now).pace.obstacle()
}

/// Who asked for a code an hour after the start and typed so many wrong ones.
fn asked(wrong: u32) -> (Account, Way) {
    let (mut account, mut way) = noticed(true);
    account.progress.code_asked_at = Some(hours(1));
    account.progress.code_tried_at = (wrong > 0).then_some(hours(1));
    way.code_sent_at = Some(hours(1));
    let day = day_number(hours(1).local_date());
    way.failures = Failures { day, today: wrong.min(9), in_row: wrong, held_until: None };
    (account, way)
}

#[test]
fn a_notice_that_does_not_leave_or_does_not_arrive_is_an_obstacle_from_its_time_on() {
    assert_eq!((found(&issued(), START), found(&issued(), hours(1))), (None, Some(Obstacle::NoticeWaits)));
    let with = |notice| (issued().0, Way { notice, ..issued().1 });
    assert_eq!(found(&with(NoticeState::Failed), START), Some(Obstacle::NoticeFailed));
    assert_eq!(found(&with(NoticeState::Lost), START), Some(Obstacle::NoticeLost));
    assert_eq!(found(&noticed(false), hours(23)), None);
    assert_eq!(found(&noticed(false), hours(24)), Some(Obstacle::NoticeNotDelivered));
    let mut opened = noticed(false);
    opened.0.notice.opened_at = Some(hours(2));
    assert_eq!(found(&opened, hours(30)), None, "who opened it has it");
}

#[test]
fn a_holder_who_does_nothing_and_one_who_got_stuck_are_told_apart() {
    assert_eq!(
        (found(&noticed(true), hours(71)), found(&noticed(true), hours(72))),
        (None, Some(Obstacle::CodeNotAsked))
    );
    assert_eq!((found(&asked(0), hours(1)), found(&asked(0), hours(2))), (None, Some(Obstacle::CodeNotTried)));
    assert_eq!(found(&asked(2), hours(2)), Some(Obstacle::WrongCodes));
    assert_eq!(found(&asked(100), hours(1)), Some(Obstacle::FailedInRow));
    let mut today = asked(10);
    today.1.failures.today = 10;
    assert_eq!(found(&today, hours(1)), Some(Obstacle::FailedToday));
    assert_eq!(found(&today, hours(25)), Some(Obstacle::WrongCodes));
}

#[test]
fn after_the_window_only_the_hotline_helps_and_an_active_account_wants_a_device() {
    assert_eq!(found(&asked(0), hours(24 * 9)), Some(Obstacle::WindowLapsed));
    let (account, way) = asked(0);
    let active = account.activate(hours(2)).unwrap();
    assert_eq!(found(&(active.clone(), way), hours(2)), Some(Obstacle::NoDevice));
    let bound = Way { has_device: true, device_bound_at: Some(hours(2)), ..way };
    let funnel = Funnel::of(&active, &bound, &CodePolicy::default(), hours(3));
    assert_eq!((funnel.pace, funnel.furthest()), (Pace::Done, Milestone::Active));
    assert!(funnel.passed.contains(&(Milestone::KeyBound, hours(2))));
}

#[test]
fn what_happened_before_the_window_was_opened_again_is_no_excuse_in_the_new_one() {
    let (account, mut way) = asked(1);
    way.failures = Failures::default();
    let reopened = account.reopen(hours(24 * 10)).unwrap();
    way.notice = NoticeState::Sent { at: hours(24 * 10), delivered: true };
    let case = (reopened, way);
    assert_eq!(found(&case, hours(24 * 12)), None);
    assert_eq!(found(&case, hours(24 * 13)), Some(Obstacle::CodeNotAsked));
}

#[test]
fn a_report_that_comes_late_does_not_stand_behind_what_followed_and_what_came_after_activation_is_left_out() {
    let (mut account, mut way) = asked(0);
    account.notice.delivered_at = Some(hours(3));
    let funnel = Funnel::of(&account, &way, &CodePolicy::default(), hours(3));
    assert!(funnel.passed.contains(&(Milestone::Delivered, hours(1))), "by then it had arrived");
    let mut active = account.activate(hours(4)).unwrap();
    active.notice.opened_at = Some(hours(6));
    way.device_bound_at = Some(hours(5));
    let passed: Vec<_> = Funnel::of(&active, &way, &CodePolicy::default(), hours(7)).passed;
    assert!(passed.iter().all(|(one, _)| !matches!(one, Milestone::Opened | Milestone::KeyBound)), "{passed:?}");
}

fn moment() -> impl Strategy<Value = Option<Timestamp>> {
    proptest::option::of((0_u64..24 * 40).prop_map(hours))
}

fn notice() -> impl Strategy<Value = NoticeState> {
    prop_oneof![
        Just(NoticeState::Waiting),
        Just(NoticeState::Failed),
        Just(NoticeState::Lost),
        (0_u64..24 * 40, any::<bool>()).prop_map(|(at, delivered)| NoticeState::Sent { at: hours(at), delivered }),
    ]
}

prop_compose! {
    /// Any account at all, possible or not: rows are what they are.
    fn any_account()(
        (sent_at, delivered_at, opened_at) in (moment(), moment(), moment()),
        (code_asked_at, code_tried_at, code_sent_at) in (moment(), moment(), moment()),
        (reopened, active, device_bound_at) in (moment(), moment(), moment()),
        (in_row, today, has_device) in (0_u32..120, 0_u32..12, any::<bool>()),
        notice in notice(),
    ) -> (Account, Way) {
        let (mut account, _) = issued();
        account.notice = Notice { sent_at, delivered_at, opened_at };
        account.progress = Progress { code_asked_at, code_tried_at };
        account.reopened = reopened.map(|at| Reopened { at, closes_at: law::activation::window_closes(at) });
        account.state = active.map_or(AccountState::Awaiting, |since| AccountState::Active { since });
        let failures = Failures { day: day_number(START.local_date()), today, in_row, held_until: None };
        (account, Way { failures, code_sent_at, notice, device_bound_at, has_device })
    }
}

proptest! {
    #[test]
    fn every_account_is_in_use_or_moves_or_has_a_reason_and_somebody_who_should_act(
        (account, way) in any_account(),
        at in 0_u64..24 * 60,
    ) {
        let now = hours(at);
        let funnel = Funnel::of(&account, &way, &CodePolicy::default(), now);
        match funnel.pace {
            Pace::Done => prop_assert!(account.state.active_since().is_some() && way.has_device),
            Pace::Held => prop_assert!(account.standing(now).is_held()),
            Pace::Stands(obstacle) => prop_assert!(Helper::ALL.contains(&obstacle.helper())),
            Pace::Moving => {
                let awaits = matches!(account.standing(now), Standing::Awaiting { .. });
                prop_assert!(awaits);
                // Left alone, it comes to a stop: no account moves for ever.
                let later = hours(24 * 200);
                prop_assert!(Funnel::of(&account, &way, &CodePolicy::default(), later).pace.obstacle().is_some());
            }
        }
    }

    #[test]
    fn what_was_passed_is_in_order_of_the_way_and_of_time((account, way) in any_account()) {
        let passed = Funnel::of(&account, &way, &CodePolicy::default(), START).passed;
        prop_assert!(passed.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1), "{passed:?}");
        prop_assert_eq!(passed[0].0, Milestone::Issued);
        let end = account.state.active_since().map(|since| (Milestone::Active, since));
        prop_assert!(end.is_none_or(|end| passed.last() == Some(&end)));
    }
}
