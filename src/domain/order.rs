//! Orders of competent authorities to lock or unlock an account: form TK03 (DOMAIN 1.8).
//!
//! Each goes two steps, and each step has a limit in working days: the unit that received it forwards it, and another person
//! decides. What is overdue stays open: nothing is decided by the passing of time.

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, CalendarLacks, Edition};
use super::ids::{AccountId, LockId, OrderId, StaffId};
use super::law::orders;
use super::person::personal_text;
use super::review::ReviewReason;
use super::text::Malformed;
use super::time::Timestamp;

personal_text! {
    /// The reference number of an order, or the authority that gave it, as the form writes it.
    OrderText;
}

impl OrderText {
    /// Reads a text; white space around it is dropped.
    ///
    /// # Errors
    /// If it has fewer than 2 or more than 200 characters, or control characters.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Write it in 2 to 200 characters as the form does.",
            "Hãy ghi đúng như trên mẫu, từ 2 đến 200 ký tự.",
        );
        let text = text.trim();
        let right = (2..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        right.then(|| Self(text.to_owned())).ok_or(WRONG)
    }
}

/// What an order says. It is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrderContent {
    /// Which authority gave it.
    pub authority: OrderText,
    /// Under which reference number.
    pub reference: OrderText,
    /// On what it rests.
    pub evidence: ReviewReason,
}

impl std::fmt::Debug for OrderContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OrderContent(…)")
    }
}

/// What is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderKind {
    /// To lock the account.
    Lock,
    /// To lift what an order locked.
    Unlock,
}

/// An order. What it says is sealed beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its name.
    pub id: OrderId,
    /// The account.
    pub account: AccountId,
    /// What is ordered.
    pub kind: OrderKind,
    /// Of an order to unlock: the ground that it lets go.
    pub lifts: Option<LockId>,
    /// Whether it forbids that the holder is told.
    pub is_silent: bool,
    /// Who filed it.
    pub filed_by: StaffId,
    /// When.
    pub filed_at: Timestamp,
    /// How far it is.
    pub state: OrderState,
    /// Until when the next step is due.
    pub due: StepDue,
}

/// How far an order is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderState {
    /// It was filed, and is to be forwarded.
    Filed,
    /// It was forwarded, and is to be decided.
    Forwarded(Step),
    /// It was approved: a lock stands since then, and a lift may be proposed.
    Approved(Step, Step),
    /// It was refused, in writing.
    Refused(Step, Step),
}

/// Who did a step, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// Until when a step is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepDue {
    /// Midnight in Viet Nam after the last day.
    pub at: Timestamp,
    /// The edition of the calendar on which it was counted.
    pub edition: Edition,
    /// Whether that leaves something undecided in a year that was counted in.
    pub is_provisional: bool,
}

/// Why a step is not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotStep {
    /// It is not at that step.
    #[error("the order is not at that step")]
    WrongStep,
    /// Whoever filed or forwarded it would decide.
    #[error("whoever filed or forwarded the order does not decide it")]
    OwnForwarding,
}

impl StepDue {
    /// So many working days after `event`, whose own day is not counted.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn after(calendar: &Calendar, event: Timestamp, days: u32) -> Result<Self, CalendarLacks> {
        let counted = calendar.after(event.local_date(), days)?;
        Ok(Self { at: counted.end(), edition: calendar.edition().clone(), is_provisional: counted.provisional })
    }
}

impl OrderKind {
    /// The name that the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Unlock => "unlock",
        }
    }

    /// Reads a name written by [`OrderKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Lock, Self::Unlock].into_iter().find(|kind| kind.name() == name)
    }
}

impl OrderState {
    /// The name that the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Forwarded(_) => "forwarded",
            Self::Approved(..) => "approved",
            Self::Refused(..) => "refused",
        }
    }

    /// Who forwarded it, and who decided it.
    pub const fn steps(self) -> (Option<Step>, Option<Step>) {
        match self {
            Self::Filed => (None, None),
            Self::Forwarded(forwarded) => (Some(forwarded), None),
            Self::Approved(forwarded, decided) | Self::Refused(forwarded, decided) => (Some(forwarded), Some(decided)),
        }
    }

    /// Reads what [`OrderState::name`] and [`OrderState::steps`] wrote.
    pub fn from_parts(name: &str, steps: (Option<Step>, Option<Step>)) -> Option<Self> {
        Some(match (name, steps) {
            ("filed", (None, None)) => Self::Filed,
            ("forwarded", (Some(forwarded), None)) => Self::Forwarded(forwarded),
            ("approved", (Some(forwarded), Some(decided))) => Self::Approved(forwarded, decided),
            ("refused", (Some(forwarded), Some(decided))) => Self::Refused(forwarded, decided),
            _ => return None,
        })
    }

    /// Whether a step is due.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Filed | Self::Forwarded(_))
    }
}

impl Order {
    /// Forwards it; `due` is until when it is to be decided.
    ///
    /// # Errors
    /// If it was forwarded before.
    pub fn forward(self, step: Step, due: StepDue) -> Result<Self, CannotStep> {
        match self.state {
            OrderState::Filed => Ok(Self { state: OrderState::Forwarded(step), due, ..self }),
            _ => Err(CannotStep::WrongStep),
        }
    }

    /// Decides it.
    ///
    /// # Errors
    /// If it does not wait for that, or the same person filed or forwarded it.
    pub fn decide(self, step: Step, approve: bool) -> Result<Self, CannotStep> {
        match self.state {
            OrderState::Forwarded(forwarded) if forwarded.by == step.by || self.filed_by == step.by => {
                Err(CannotStep::OwnForwarding)
            }
            OrderState::Forwarded(forwarded) => {
                let state =
                    if approve { OrderState::Approved(forwarded, step) } else { OrderState::Refused(forwarded, step) };
                Ok(Self { state, ..self })
            }
            _ => Err(CannotStep::WrongStep),
        }
    }

    /// Whether a step is due and was not done in time.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state.is_open() && now >= self.due.at
    }

    /// The same with the step that is due counted on another calendar.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn recounted(self, calendar: &Calendar) -> Result<Self, CalendarLacks> {
        let due = match self.state {
            OrderState::Filed => Self::forward_due(calendar, self.filed_at)?,
            OrderState::Forwarded(step) => Self::decide_due(calendar, step.at)?,
            OrderState::Approved(..) | OrderState::Refused(..) => self.due,
        };
        Ok(Self { due, ..self })
    }

    /// Until when a newly filed one is to be forwarded.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn forward_due(calendar: &Calendar, filed_at: Timestamp) -> Result<StepDue, CalendarLacks> {
        let days = orders::WORKING_DAYS.on(filed_at.local_date()).map_or(0, |days| days.forward);
        StepDue::after(calendar, filed_at, u32::from(days))
    }

    /// Until when one that was forwarded is to be decided.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn decide_due(calendar: &Calendar, forwarded_at: Timestamp) -> Result<StepDue, CalendarLacks> {
        let days = orders::WORKING_DAYS.on(forwarded_at.local_date()).map_or(0, |days| days.decide);
        StepDue::after(calendar, forwarded_at, u32::from(days))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;
    use uuid::Uuid;

    use super::*;
    use crate::domain::calendar::SHIPPED;

    fn step(by: u128) -> Step {
        Step { by: StaffId::new(Uuid::from_u128(by)), at: Timestamp::start_of(date!(2026 - 11 - 23)) }
    }

    fn filed() -> (Calendar, Order) {
        let calendar = Calendar::read(SHIPPED).unwrap();
        let filed_at = Timestamp::start_of(date!(2026 - 11 - 20));
        let order = Order {
            id: OrderId::new(Uuid::nil()),
            account: AccountId::new(Uuid::nil()),
            kind: OrderKind::Lock,
            lifts: None,
            is_silent: false,
            filed_by: step(1).by,
            filed_at,
            state: OrderState::Filed,
            due: Order::forward_due(&calendar, filed_at).unwrap(),
        };
        (calendar, order)
    }

    #[test]
    fn one_working_day_to_forward_and_two_to_decide_with_rest_days_and_holidays_in_between() {
        let (calendar, order) = filed();
        // A Friday; the Monday is worked on, and the 24th is a holiday.
        assert_eq!(order.due.at, Timestamp::start_of(date!(2026 - 11 - 24)));
        assert!(!order.is_overdue(Timestamp::start_of(date!(2026 - 11 - 23))) && order.is_overdue(order.due.at));
        let forwarded = order.forward(step(2), Order::decide_due(&calendar, step(2).at).unwrap()).unwrap();
        assert_eq!(forwarded.due.at, Timestamp::start_of(date!(2026 - 11 - 27)));
    }

    #[test]
    fn a_step_that_is_due_is_counted_from_its_own_day_on_another_calendar_and_nothing_else_is() {
        let (calendar, order) = filed();
        let off = |due: &StepDue| StepDue { at: Timestamp::from_micros(0), ..due.clone() };
        let moved = Order { due: off(&order.due), ..order.clone() };
        assert_eq!(moved.recounted(&calendar).unwrap(), order);
        let due = Order::decide_due(&calendar, step(2).at).unwrap();
        let forwarded = order.forward(step(2), due).unwrap();
        let moved = Order { due: off(&forwarded.due), ..forwarded.clone() };
        assert_eq!(moved.recounted(&calendar).unwrap(), forwarded);
        let decided = forwarded.decide(step(3), true).unwrap();
        let moved = Order { due: off(&decided.due), ..decided };
        assert_eq!(moved.clone().recounted(&calendar).unwrap(), moved, "nothing is due any more");
    }

    #[test]
    fn each_step_is_done_once_and_decided_by_nobody_who_filed_or_forwarded() {
        let (_, order) = filed();
        let due = order.due.clone();
        assert_eq!(order.clone().decide(step(2), true), Err(CannotStep::WrongStep));
        let forwarded = order.forward(step(2), due.clone()).unwrap();
        assert_eq!(forwarded.clone().forward(step(3), due), Err(CannotStep::WrongStep));
        assert_eq!(forwarded.clone().decide(step(2), true), Err(CannotStep::OwnForwarding));
        assert_eq!(forwarded.clone().decide(step(1), true), Err(CannotStep::OwnForwarding), "nor who filed it");
        for approve in [true, false] {
            let decided = forwarded.clone().decide(step(3), approve).unwrap();
            assert_eq!(decided.clone().decide(step(4), true), Err(CannotStep::WrongStep));
            assert!(!decided.is_overdue(Timestamp::from_micros(i64::MAX)), "nothing is left to be done");
        }
    }

    #[test]
    fn states_are_read_back_and_nothing_else_is() {
        let (one, other) = (step(1), step(2));
        for state in [
            OrderState::Filed,
            OrderState::Forwarded(one),
            OrderState::Approved(one, other),
            OrderState::Refused(one, other),
        ] {
            assert_eq!(OrderState::from_parts(state.name(), state.steps()), Some(state));
        }
        assert_eq!(OrderState::from_parts("approved", (Some(one), None)), None);
        assert_eq!(OrderKind::from_name(OrderKind::Unlock.name()), Some(OrderKind::Unlock));
    }
}
