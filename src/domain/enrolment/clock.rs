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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::calendar::SHIPPED;
    use crate::domain::enrolment::{Lease, RefusalReason, ReturnReason, WithdrawalReason};
    use crate::domain::finding::Findings;
    use crate::domain::ids::{AccountId, EnrolmentId, LeaseId, StaffId};
    use crate::domain::staff::OfficeCode;

    /// 21 November 2026.
    const NOW: Timestamp = Timestamp::from_micros(1_795_237_200_000_000);

    fn at(stage: Stage) -> Enrolment {
        let (id, staff) = (EnrolmentId::new(Uuid::nil()), StaffId::new(Uuid::nil()));
        let cleared = Findings::default().cleared().unwrap();
        let received = Enrolment::receive(id, OfficeCode::parse("79-01").unwrap(), staff, cleared, NOW);
        Enrolment { stage, ..received.into_enrolment() }
    }

    #[test]
    fn no_stage_that_somebody_holds_is_without_a_moment_to_act_and_none_that_ended_has_one() {
        let calendar = Calendar::read(SHIPPED).unwrap();
        let lease = Some(Lease { id: LeaseId::new(Uuid::nil()), expires_at: NOW });
        let stages = [
            Stage::Received,
            Stage::Referred,
            Stage::Forwarded { lease: None },
            Stage::Forwarded { lease },
            Stage::Returned { reason: ReturnReason::Data },
            Stage::Issued { account: AccountId::new(Uuid::nil()), at: NOW },
            Stage::Refused { reason: RefusalReason::Other, at: NOW },
            Stage::Withdrawn { reason: WithdrawalReason::Applicant, at: NOW },
        ];
        for stage in stages {
            let mut request = at(stage);
            request.keep_time(&calendar, &StageLimits::default()).unwrap();
            let open = !request.stage.name().is_final();
            assert_eq!(
                (request.act_by.is_some(), request.deadline.is_some()),
                (open, open),
                "{}",
                request.stage.name()
            );
            assert!(!request.is_overdue(NOW));
            assert_eq!(request.is_overdue(Timestamp::from_micros(i64::MAX)), open);
            let once = request.clone();
            request.keep_time(&calendar, &StageLimits::default()).unwrap();
            assert_eq!(request, once, "again changes nothing");
        }
    }

    #[test]
    fn a_request_that_cannot_be_counted_is_as_it_was_and_one_that_ended_needs_no_calendar() {
        let text = "edition = \"none\"\npublished = 2026-01-01\n[[year]]\nyear = 2030\nprovisional = true\nundecided = [\"all\"]\n";
        let calendar = Calendar::read(text).unwrap();
        let mut open = at(Stage::Referred);
        assert_eq!(open.keep_time(&calendar, &StageLimits::default()), Err(CalendarLacks { year: 2026 }));
        assert_eq!(open, at(Stage::Referred));
        let mut ended = at(Stage::Refused { reason: RefusalReason::Other, at: NOW });
        assert_eq!(ended.keep_time(&calendar, &StageLimits::default()), Ok(()));
    }
}
