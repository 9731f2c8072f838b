//! The funnel: how far an account has come on the way to use, and whether it moves.

use std::time::Duration;

use super::obstacle::Obstacle;
use crate::domain::account::{Account, Standing};
use crate::domain::code::{CodePolicy, Failures};
use crate::domain::time::Timestamp;

/// How long a notice may wait for a carrier until the operator should look.
const NOTICE_SENT_WITHIN: Duration = Duration::from_hours(1);
/// How long a carrier may take to tell that the notice arrived.
const NOTICE_DELIVERED_WITHIN: Duration = Duration::from_hours(24);
/// How long a holder who has the notice may take to ask for a code.
const CODE_ASKED_WITHIN: Duration = Duration::from_hours(72);
/// How long after a code was sent something should come of it. A code has ended by then, whatever its life.
const CODE_USED_WITHIN: Duration = Duration::from_hours(1);

/// What is passed on the way, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Milestone {
    /// The authority approved.
    Issued,
    /// A carrier took the notice.
    Notified,
    /// The notice reached the holder. Not every carrier tells.
    Delivered,
    /// The holder came to the app by the notice.
    Opened,
    /// A code was asked for.
    CodeAsked,
    /// A code was tried.
    CodeTried,
    /// A device was bound.
    KeyBound,
    /// The account is in use.
    Active,
}

impl Milestone {
    /// Every one, in order.
    pub const ALL: [Self; 8] = [
        Self::Issued,
        Self::Notified,
        Self::Delivered,
        Self::Opened,
        Self::CodeAsked,
        Self::CodeTried,
        Self::KeyBound,
        Self::Active,
    ];

    /// When an account passed it, by its own record.
    fn recorded(self, account: &Account, way: &Way) -> Option<Timestamp> {
        match self {
            Self::Issued => Some(account.issued_at),
            Self::Notified => account.notice.sent_at,
            Self::Delivered => account.notice.delivered_at,
            Self::Opened => account.notice.opened_at,
            Self::CodeAsked => account.progress.code_asked_at,
            Self::CodeTried => account.progress.code_tried_at,
            Self::KeyBound => way.device_bound_at,
            Self::Active => account.state.active_since(),
        }
    }
}

/// What became of the latest notice to a holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoticeState {
    /// It waits for a carrier, or will be tried again.
    Waiting,
    /// A carrier took it.
    Sent {
        /// When.
        at: Timestamp,
        /// Whether a carrier told that it arrived.
        delivered: bool,
    },
    /// No carrier took it.
    Failed,
    /// A carrier took it and then told that it did not arrive.
    Lost,
}

/// What is known of the way beside the account itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Way {
    /// Wrong codes.
    pub failures: Failures,
    /// When a code for activation was sent last.
    pub code_sent_at: Option<Timestamp>,
    /// What became of the latest notice.
    pub notice: NoticeState,
    /// When the first device was bound.
    pub device_bound_at: Option<Timestamp>,
    /// Whether a device is bound now.
    pub has_device: bool,
}

/// Whether an account gets on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// It is in use; nothing is left to do.
    Done,
    /// Nothing is overdue yet.
    Moving,
    /// It stands still.
    Stands(Obstacle),
    /// It is locked or closed: those who help on the way to activation cannot.
    Held,
}

impl Pace {
    /// Why it stands still, if it does.
    pub const fn obstacle(self) -> Option<Obstacle> {
        match self {
            Self::Stands(obstacle) => Some(obstacle),
            Self::Done | Self::Moving | Self::Held => None,
        }
    }
}

/// How far an account has come, and whether it gets on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Funnel {
    /// What it has passed, with the moment by which it had, in order.
    pub passed: Vec<(Milestone, Timestamp)>,
    /// Whether it gets on.
    pub pace: Pace,
}

impl Funnel {
    /// The funnel of an account at `now`.
    pub fn of(account: &Account, way: &Way, policy: &CodePolicy, now: Timestamp) -> Self {
        Self { passed: passed(account, way), pace: pace(account, way, policy, now) }
    }

    /// The furthest that it has come.
    pub fn furthest(&self) -> Milestone {
        self.passed.last().map_or(Milestone::Issued, |(milestone, _)| *milestone)
    }
}

/// What was passed. A carrier's report may come late and a clock may have been set: what is behind was passed no later than
/// what is ahead of it. What came after the account was active is not of the way.
fn passed(account: &Account, way: &Way) -> Vec<(Milestone, Timestamp)> {
    let end = account.state.active_since();
    let (mut passed, mut latest) = (Vec::with_capacity(Milestone::ALL.len()), None::<Timestamp>);
    for milestone in Milestone::ALL.into_iter().rev() {
        let Some(at) = milestone.recorded(account, way) else { continue };
        if milestone != Milestone::Issued && end.is_some_and(|end| at > end) {
            continue;
        }
        let by = latest.map_or(at, |latest| at.min(latest));
        latest = Some(by);
        passed.push((milestone, by));
    }
    passed.reverse();
    passed
}

fn pace(account: &Account, way: &Way, policy: &CodePolicy, now: Timestamp) -> Pace {
    match account.standing(now) {
        Standing::Active { .. } if way.has_device => Pace::Done,
        Standing::Active { .. } => Pace::Stands(Obstacle::NoDevice),
        Standing::Lapsed { .. } => Pace::Stands(Obstacle::WindowLapsed),
        Standing::Locked { .. } | Standing::Closed { .. } => Pace::Held,
        Standing::Awaiting { .. } => awaiting(account, way, policy, now).map_or(Pace::Moving, Pace::Stands),
    }
}

/// What is in the way of an account whose days are not over.
fn awaiting(account: &Account, way: &Way, policy: &CodePolicy, now: Timestamp) -> Option<Obstacle> {
    if let Err(fault) = way.failures.allowance(policy, now) {
        return Some(if fault.retry_at.is_some() { Obstacle::FailedToday } else { Obstacle::FailedInRow });
    }
    // What happened before the window was opened again says nothing about this one.
    let since = account.reopened.map_or(account.issued_at, |reopened| reopened.at);
    match way.code_sent_at.filter(|at| *at >= since) {
        Some(sent) if now.since(sent) < CODE_USED_WITHIN => None,
        Some(_) => {
            let tried = way.failures.in_row > 0 || account.progress.code_tried_at.is_some_and(|at| at >= since);
            Some(if tried { Obstacle::WrongCodes } else { Obstacle::CodeNotTried })
        }
        None => unasked(account, way, since, now),
    }
}

/// What is in the way of a holder who has asked for no code since the days began.
fn unasked(account: &Account, way: &Way, since: Timestamp, now: Timestamp) -> Option<Obstacle> {
    let opened = account.notice.opened_at.filter(|at| *at >= since);
    let known = match way.notice {
        // Whoever opened the notice has it, whatever carriers tell.
        _ if opened.is_some() => opened,
        NoticeState::Failed => return Some(Obstacle::NoticeFailed),
        NoticeState::Lost => return Some(Obstacle::NoticeLost),
        NoticeState::Waiting if now.since(since) >= NOTICE_SENT_WITHIN => return Some(Obstacle::NoticeWaits),
        NoticeState::Sent { at, delivered: false } if now.since(at) >= NOTICE_DELIVERED_WITHIN => {
            return Some(Obstacle::NoticeNotDelivered);
        }
        NoticeState::Waiting => None,
        NoticeState::Sent { at, .. } => account.window_from().or(Some(at)),
    };
    known.filter(|known| now.since(*known) >= CODE_ASKED_WITHIN).map(|_| Obstacle::CodeNotAsked)
}

#[cfg(test)]
mod tests;
