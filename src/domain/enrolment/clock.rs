//! The legal clock of a request as it moves, and until when whoever holds it should act.

use super::{Enrolment, Stage};
use crate::domain::calendar::{Calendar, CalendarLacks};
use crate::domain::deadline::{Deadline, StageLimits};
use crate::domain::time::Timestamp;

impl Enrolment {
    /// Sets the clock to where the request stands: started with its receipt, stopped while the office has it back for
    /// correction, running on afterwards. To be called after each passage; doing so again changes nothing, so that a request
    /// can be counted again on another calendar. One that has ended keeps its deadline as it was, on any calendar.
    ///
    /// # Errors
    /// If the calendar lacks a year. The request is as it was.
    pub fn keep_time(&mut self, calendar: &Calendar, limits: &StageLimits) -> Result<(), CalendarLacks> {
        if self.stage.name().is_final() {
            self.act_by = None;
            return Ok(());
        }
        let deadline = match &self.deadline {
            Some(deadline) => deadline.clone(),
            None => Deadline::start(calendar, self.received_at, self.biometrics_on_file)?,
        };
        let deadline = match self.stage {
            Stage::Returned { .. } => deadline.suspended(calendar, self.since)?,
            _ => deadline.resumed(calendar, self.since, self.biometrics_on_file)?,
        };
        let deadline = deadline.recomputed(calendar)?;
        self.act_by = Some(match self.stage {
            Stage::Referred => limits.review_by(calendar, self.since, &deadline)?,
            Stage::Returned { .. } => limits.correction_by(calendar, self.since)?,
            _ => deadline.due_at,
        });
        self.deadline = Some(deadline);
        Ok(())
    }

    /// Whether whoever holds it should have acted by now.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.act_by.is_some_and(|act_by| act_by <= now)
    }
}
