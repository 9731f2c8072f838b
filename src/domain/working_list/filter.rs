//! Which requests a list shows or a count counts.

use std::collections::BTreeSet;

use crate::domain::enrolment::{Holder, StageName};
use crate::domain::time::Timestamp;

/// What a request must be like to be listed. One filter serves lists and counts, so that they cannot disagree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    stages: BTreeSet<StageName>,
    from: Timestamp,
    until: Timestamp,
    overdue: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self::all()
    }
}

impl Filter {
    /// Every request.
    pub fn all() -> Self {
        let (from, until) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
        Self { stages: StageName::ALL.into_iter().collect(), from, until, overdue: false }
    }

    /// Of those, the ones in these stages; any of them if none is named.
    pub fn in_stages(mut self, stages: &[StageName]) -> Self {
        if !stages.is_empty() {
            self.stages.retain(|stage| stages.contains(stage));
        }
        self
    }

    /// Of those, the ones on which `holder` must act next.
    pub fn held_by(mut self, holder: Holder) -> Self {
        self.stages.retain(|stage| stage.holder() == holder);
        self
    }

    /// Of those, the ones that were taken in at or after an instant.
    pub fn received_from(self, from: Timestamp) -> Self {
        Self { from: self.from.max(from), ..self }
    }

    /// Of those, the ones that were taken in before an instant.
    pub fn received_until(self, until: Timestamp) -> Self {
        Self { until: self.until.min(until), ..self }
    }

    /// Of those, the ones whose holder should have acted by now. What has ended is never overdue.
    pub fn overdue(mut self) -> Self {
        self.stages.retain(|stage| !stage.is_final());
        Self { overdue: true, ..self }
    }

    /// The stages, each of which will do.
    pub const fn stages(&self) -> &BTreeSet<StageName> {
        &self.stages
    }

    /// The instants of receipt: from the first, included, to the second, not included.
    pub const fn received(&self) -> (Timestamp, Timestamp) {
        (self.from, self.until)
    }

    /// Whether only those are meant whose holder should have acted by now.
    pub const fn is_overdue(&self) -> bool {
        self.overdue
    }

    /// Whether nothing can be found.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty() || self.until <= self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(filter: &Filter) -> Vec<StageName> {
        filter.stages().iter().copied().collect()
    }

    #[test]
    fn states_and_holder_are_both_to_be_met() {
        use StageName::{Forwarded, Issued, Referred, Returned};
        assert_eq!(stages(&Filter::all()).len(), StageName::ALL.len());
        assert_eq!(stages(&Filter::all().in_stages(&[])).len(), StageName::ALL.len());
        let some = Filter::all().in_stages(&[Returned, Forwarded, Issued]);
        assert_eq!(stages(&some.clone().held_by(Holder::Office)), [Returned]);
        assert!(some.held_by(Holder::Supervisor).is_empty());
        assert_eq!(stages(&Filter::all().held_by(Holder::Supervisor)), [Referred]);
    }

    #[test]
    fn what_has_ended_is_not_overdue() {
        let overdue = Filter::all().overdue();
        assert!(overdue.is_overdue() && overdue.stages().iter().all(|stage| !stage.is_final()));
        assert!(Filter::all().in_stages(&[StageName::Issued]).overdue().is_empty());
    }

    #[test]
    fn a_span_is_no_wider_than_each_of_its_bounds() {
        let at = Timestamp::from_micros;
        let span = Filter::all().received_from(at(5)).received_until(at(9)).received_from(at(3));
        assert_eq!(span.received(), (at(5), at(9)));
        assert!(!span.is_empty() && span.received_until(at(5)).is_empty());
    }
}
