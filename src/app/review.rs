//! The second pair of eyes: a supervisor overrides what was referred, declines the request, or sends it back for correction.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::repeat::Attempt;
use super::stood::{self, Stood};
use super::{App, Caller, Error, Officer, Repeat};
use crate::domain::audit::Action;
use crate::domain::capture::EndReason;
use crate::domain::enrolment::{Enrolment, RefusalReason, ReturnReason};
use crate::domain::finding::DUPLICATE_LIKELY;
use crate::domain::ids::EnrolmentId;
use crate::domain::review::{CannotReview, ReturnNote, ReviewReason};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredEnrolment, Unit};

/// What a supervisor decides.
#[derive(Debug)]
pub enum ReviewVerdict {
    /// The request goes on.
    Override {
        /// The rules that the supervisor has seen.
        rules: BTreeSet<String>,
        /// The likely duplicates that they have seen, and that are other persons'.
        not_the_same: HashSet<EnrolmentId>,
    },
    /// It ends, for that reason.
    Decline(RefusalReason),
    /// It goes back to the officers: what is to be corrected.
    Return(ReturnReason),
}

/// A request as it stands after the decision, with its reason.
#[derive(Debug)]
pub struct Reviewed {
    /// The request.
    pub enrolment: Enrolment,
    /// Why.
    pub reason: Option<ReviewReason>,
}

/// The first answer to a review: the request's name, and how it stood then.
#[derive(Serialize, Deserialize)]
struct Recorded {
    enrolment: EnrolmentId,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "stood::lenient")]
    stood: Option<Stood>,
}

impl App {
    /// Records what a supervisor decides about a referred request of their office.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::CannotReview`], [`Error::RequestIdReused`].
    pub async fn review(
        &self,
        by: &Caller,
        supervisor: &Officer,
        repeat: &Repeat,
        id: EnrolmentId,
        (verdict, reason): (&ReviewVerdict, &ReviewReason),
    ) -> Result<Reviewed, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.review_once(by, supervisor, repeat, id, (verdict, reason), now)).await?
    }

    async fn review_once(
        &self,
        by: &Caller,
        supervisor: &Officer,
        repeat: &Repeat,
        id: EnrolmentId,
        (verdict, reason): (&ReviewVerdict, &ReviewReason),
        now: Timestamp,
    ) -> Result<Attempt<Result<Reviewed, Error>>, Error> {
        let mut reader = self.store().reader().await?;
        let before: Option<Recorded> = self.first_answer(&mut reader, by, repeat).await?;
        let id = before.as_ref().map_or(id, |first| first.enrolment);
        let stored = self.held_enrolment(&mut reader, supervisor, id).await?;
        if let Some(first) = before {
            let enrolment = self.as_answered(&mut reader, stored.enrolment, first.stood).await?;
            // The reason of this very call: another one under the same name would have been refused.
            return Ok(Attempt::Answered(Ok(Reviewed { enrolment, reason: Some(reason.clone()) })));
        }
        let ended = match verdict {
            // Nobody needs what was captured for a request that ends here.
            ReviewVerdict::Decline(_) => self.end_captures(&mut reader, id, EndReason::Refused).await?,
            ReviewVerdict::Override { .. } | ReviewVerdict::Return(_) => None,
        };
        let reviewed = self.reviewed(&mut reader, by, repeat, &stored, (verdict, reason), now).await;
        Ok(match reviewed.map(|(enrolment, unit)| (enrolment, unit.with_all(ended))) {
            Ok((enrolment, unit)) => Attempt::Change(Ok(Reviewed { enrolment, reason: Some(reason.clone()) }), unit),
            Err(refusal) => Attempt::Unchanged(Err(refusal)),
        })
    }

    async fn reviewed(
        &self,
        reader: &mut Reader,
        by: &Caller,
        repeat: &Repeat,
        stored: &StoredEnrolment,
        (verdict, reason): (&ReviewVerdict, &ReviewReason),
        now: Timestamp,
    ) -> Result<(Enrolment, Unit), Error> {
        let (id, before) = (stored.enrolment.id, stored.enrolment.clone());
        let (mut passage, action) = match verdict {
            ReviewVerdict::Override { rules, .. } => {
                let rules = rules.iter().map(String::as_str).collect();
                (before.override_referral(by.id(), &rules, now)?, Action::ReferralOverridden)
            }
            ReviewVerdict::Decline(reason) => {
                let likely = before.referred_by().contains(DUPLICATE_LIKELY.id);
                let passage = before.decline(by.id(), *reason, now)?;
                if *reason == RefusalReason::Duplicate && !likely {
                    return Err(CannotReview::NoDuplicate.into());
                }
                (passage, Action::ReferralDeclined)
            }
            ReviewVerdict::Return(reason) => {
                (before.return_referred(by.id(), *reason, now)?, Action::EnrolmentReturned)
            }
        };
        self.keep_time(reader, &mut passage).await?;
        let enrolment = passage.enrolment().clone();
        let rules = enrolment.referred_by().into_iter().collect::<Vec<_>>().join(",");
        let entry = self.entry(now, by.actor(), action, id.uuid()).with("rules", rules);
        let recorded = Recorded { enrolment: id, stood: Some(Stood::of(&enrolment)) };
        let unit = Unit::new(entry).with(repeat.remember(by, &recorded)?);
        let (passage, seen) = (Box::new(passage), stored.version);
        let unit = match verdict {
            ReviewVerdict::Override { not_the_same, .. } => {
                let apart = self.told_apart(reader, by.id(), stored, not_the_same).await?;
                unit.with(Change::Review(passage, self.seal_review_reason(id, reason)?, seen)).with_all(apart)
            }
            ReviewVerdict::Decline(_) => {
                let application = self.open_application(stored)?;
                unit.with(Change::Review(passage, self.seal_review_reason(id, reason)?, seen))
                    .with_all(self.set_free(id, &application))
            }
            ReviewVerdict::Return(_) => {
                let note = self.seal_return_note(id, &ReturnNote::from(reason))?;
                unit.with(Change::SendBack(passage, note, seen))
            }
        };
        Ok((enrolment, unit))
    }
}
