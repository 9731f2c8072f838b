//! What operators see that has to be asked for: what waits, and which parts are well.

use std::time::Duration;

use super::{App, Error, Registry};
use crate::domain::enrolment::StageName;
use crate::domain::time::Timestamp;
use crate::limits::Limits;
use crate::observe::{Part, PoolUse, Queue};
use crate::store::{Lacking, Overdue};

impl App {
    /// Counts what waits, for the metrics.
    ///
    /// # Errors
    /// If the store cannot be asked; what was counted before stands.
    pub async fn count_backlog(&self) -> Result<(), Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let (queues, failed) = (reader.outbox_backlog().await?, reader.messages_in("failed").await?);
        let queue = |name, urgent| match queues.iter().find(|queue| queue.urgent == urgent) {
            Some(queue) => {
                let (oldest, overdue) = (age(Some(queue.oldest), now), age(Some(queue.due), now));
                Queue { name, waiting: queue.waiting, oldest, overdue }
            }
            None => Queue { name, waiting: 0, oldest: Duration::ZERO, overdue: Duration::ZERO },
        };
        self.meters().outbox(&[queue("codes", true), queue("messages", false)], failed);
        let open = reader.open_requests(now).await?;
        for stage in StageName::ALL.into_iter().filter(|stage| !stage.is_final()) {
            let count = open.iter().find(|count| count.stage == stage);
            let (all, overdue) = count.map_or((0, 0), |count| (count.count, count.overdue));
            self.meters().requests(stage.name(), all, overdue);
        }
        let waits = reader.hand_over_backlog(now).await?;
        self.meters().hand_over(age(waits.oldest, now), waits.leases, age(waits.lapsed, now));
        Ok(())
    }

    /// Tells the metrics of captures that should be gone.
    pub fn count_overdue_captures(&self, overdue: &[Overdue]) {
        for lacks in [Lacking::Confirmation, Lacking::Deletion] {
            let requests = overdue.iter().filter(|one| one.lacks == lacks).count();
            self.meters().captures_overdue(lacks.name(), requests);
        }
    }

    /// Tells the metrics how the connections to the database are used. Asks nothing of it.
    pub fn count_connections(&self) {
        let used = self.store().pool_use();
        let (busy, idle, max, writes_waiting) = (used.busy, used.idle, used.max, used.writes_waiting);
        self.meters().pool(PoolUse { busy, idle, max, writes_waiting });
    }

    /// Whether the database answers, and has the schema of this release.
    pub async fn look_at_database(&self) -> Vec<(Part, bool)> {
        let schema = self.database_answers().await;
        vec![(Part::Database, schema.is_some()), (Part::Schema, schema.unwrap_or_default())]
    }

    /// How the other parts are that are set up: each is asked, or judged by what it did lately.
    pub async fn look_at_neighbours(&self) -> Vec<(Part, bool)> {
        let (shared, archive) = tokio::join!(self.limits().are_shared(), self.archive().answers());
        let (sms, email) = self.parts.carriers.take(self.clock().now());
        let registry = match self.registry() {
            Registry::None | Registry::Table => None,
            Registry::Remote(remote) => Some(remote.answers()),
        };
        let told = [
            (Part::Redis, shared),
            (Part::Archive, Some(archive)),
            (Part::Registry, registry),
            (Part::Sms, Some(sms)),
            (Part::Email, Some(email)),
        ];
        told.into_iter().filter_map(|(part, well)| Some((part, well?))).collect()
    }

    /// The parts that are set up. Asks none of them.
    pub fn parts_set_up(&self) -> Vec<Part> {
        let always = [Part::Database, Part::Schema, Part::Archive, Part::Sms, Part::Email];
        let redis = matches!(self.limits(), Limits::Redis(_)).then_some(Part::Redis);
        let registry = matches!(self.registry(), Registry::Remote(_)).then_some(Part::Registry);
        always.into_iter().chain(redis).chain(registry).collect()
    }

    /// Whether the database has the schema; `None` if it does not answer.
    async fn database_answers(&self) -> Option<bool> {
        let mut reader = self.store().reader().await.ok()?;
        match reader.ping().await {
            Ok(()) => Some(reader.has_schema().await.unwrap_or_default()),
            Err(_) => None,
        }
    }
}

/// How long ago that was; nothing, if it is yet to come.
fn age(since: Option<Timestamp>, now: Timestamp) -> Duration {
    since.map(|since| now.since(since)).unwrap_or_default()
}
