//! Taking stock: what the service itself says there is at the end, asked as those ask whose business it is.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use time::Date;
use tonic::transport::Channel;

use super::calls::Caller;
use super::counters::Counters;
use super::plan::Totals;
use crate::domain::time::{Timestamp, format_date};
use crate::proto::contact_service_client::ContactServiceClient;
use crate::proto::follow_up_service_client::FollowUpServiceClient;
use crate::proto::{CountChangesRequest, CountChangesResponse, CountFunnelRequest, EnrolmentState, FunnelStage};

/// The longest span of which a funnel is told.
const SPAN_DAYS: i64 = 31;
/// How often the contact changes are looked at while one is open whose time is over: a worker settles them.
const LOOKS_MAX: u32 = 300;
/// And how long after one another.
const REST: Duration = Duration::from_millis(200);

/// What there is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(super) struct Found {
    pub(super) totals: Totals,
    /// Requests that were refused.
    pub(super) refused: u32,
    /// Requests that nobody has decided.
    pub(super) undecided: u32,
    /// Requests in any other state.
    pub(super) elsewhere: u32,
    /// Accounts that were issued, as those see it who follow up on them.
    pub(super) followed: u32,
    /// Contact changes that are open.
    pub(super) open: u32,
    /// Why contact changes failed, and how many for each reason.
    pub(super) failed: BTreeMap<String, u32>,
}

impl Found {
    /// Sums that do not hold.
    pub(super) fn wrong_sums(&self) -> Vec<&'static str> {
        let Totals { received, issued, activated, changes, changed } = self.totals;
        let sums = [
            ("received = issued + refused + undecided", received, issued + self.refused + self.undecided),
            ("requests in other states = 0", self.elsewhere, 0),
            ("issued = accounts that are followed up on", issued, self.followed),
            ("activated + waiting = issued", activated + self.totals.waiting(), issued),
            ("changes = confirmed + failed + open", changes, changed + self.failed.values().sum::<u32>() + self.open),
        ];
        sums.iter().filter(|(_, whole, parts)| whole != parts).map(|(sum, ..)| *sum).collect()
    }
}

/// Somebody of the hotline, who sees all accounts and counts changes.
pub(super) struct Hotline<'a> {
    accounts: FollowUpServiceClient<Channel>,
    changes: ContactServiceClient<Channel>,
    caller: &'a Caller,
}

impl<'a> Hotline<'a> {
    pub(super) fn new(channel: Channel, caller: &'a Caller) -> Self {
        let (accounts, changes) = (FollowUpServiceClient::new(channel.clone()), ContactServiceClient::new(channel));
        Self { accounts, changes, caller }
    }

    /// Takes stock of what came between.
    ///
    /// # Errors
    /// If the service cannot be asked, or does not settle what is over.
    pub(super) async fn take_stock(
        &self,
        counters: &Counters<'_>,
        (from, until): (Timestamp, Timestamp),
    ) -> anyhow::Result<Found> {
        let mut found = Found::default();
        for unit in counters.count().await? {
            found.totals.received += whole(unit.total)?;
            for state in unit.by_state {
                let count = whole(state.count)?;
                match state.state() {
                    EnrolmentState::Issued => found.totals.issued += count,
                    EnrolmentState::Refused => found.refused += count,
                    EnrolmentState::Forwarded => found.undecided += count,
                    _ => found.elsewhere += count,
                }
            }
        }
        let (mut day, last) = (from.local_date(), until.local_date());
        while day <= last {
            let to = last.min(day + time::Duration::days(SPAN_DAYS - 1));
            self.follow(&mut found, (day, to)).await?;
            day = to + time::Duration::DAY;
        }
        let counted = self.settled(from, until).await?;
        for one in counted.counts {
            found.totals.changes += whole(one.requested)?;
            found.totals.changed += whole(one.done)?;
            found.open += whole(one.open)?;
            for failed in one.failed {
                if failed.count == 0 {
                    continue;
                }
                let name = failed.reason().as_str_name().trim_start_matches("CONTACT_FAILURE_");
                *found.failed.entry(name.to_owned()).or_default() += whole(failed.count)?;
            }
        }
        Ok(found)
    }

    async fn follow(&self, found: &mut Found, (from, until): (Date, Date)) -> anyhow::Result<()> {
        let request = CountFunnelRequest { issued_from: format_date(from), issued_until: format_date(until) };
        let counting = async |q| self.accounts.clone().count_funnel(q).await;
        let funnel = self.caller.call("CountFunnel", request, counting).await?;
        found.followed += whole(funnel.total)?;
        let active = funnel.by_stage.iter().filter(|stage| stage.stage() == FunnelStage::Active);
        found.totals.activated += whole(active.map(|stage| stage.count).sum())?;
        Ok(())
    }

    /// How the contact changes of a span ended.
    ///
    /// # Errors
    /// If the service cannot be asked.
    pub(super) async fn count(&self, from: Timestamp, until: Timestamp) -> anyhow::Result<CountChangesResponse> {
        let request = CountChangesRequest { from: Some(instant(from)), until: Some(instant(until)) };
        self.caller.call("CountChanges", request, async |q| self.changes.clone().count_changes(q).await).await
    }

    /// The same, once nothing is open any more.
    async fn settled(&self, from: Timestamp, until: Timestamp) -> anyhow::Result<CountChangesResponse> {
        for _ in 0..LOOKS_MAX {
            let counted = self.count(from, until).await?;
            if counted.counts.iter().all(|one| one.open == 0) {
                return Ok(counted);
            }
            tokio::time::sleep(REST).await;
        }
        anyhow::bail!("contact changes whose time is over are open still")
    }
}

fn whole(count: i64) -> anyhow::Result<u32> {
    u32::try_from(count).with_context(|| format!("the service counts {count}"))
}

fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.micros().div_euclid(1_000_000), nanos: 0 }
}
