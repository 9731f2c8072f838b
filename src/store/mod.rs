//! The store: what is kept, in SQLite or PostgreSQL.
//!
//! Owns every SQL statement. Refuses personal data in clear: it takes [`crate::domain::sealed`] values only. A change
//! reaches it as a [`Unit`]: the changes, one audit entry, the messages, and the first answer to remember; all of it is
//! committed, or nothing.

mod account_events;
mod accounts;
mod audit;
mod backlog;
mod backup;
mod bindings;
mod calendars;
mod captures;
mod cards;
mod challenges;
mod codes;
mod contact_changes;
mod contact_disputes;
mod deadlines;
mod delivery;
mod device_challenges;
mod device_lists;
mod device_tries;
mod devices;
mod documents;
mod duplicates;
mod engine;
mod enrolments;
mod error;
mod events;
mod follow_up;
mod intake;
mod life;
mod lists;
mod locks;
mod names;
mod offices;
mod orders;
mod outbox;
mod proposals;
mod receipts;
mod registry;
mod reminders;
mod requests;
mod staff;
mod staff_codes;
mod standings;
mod trust;
mod turns;
mod unit;
mod workstations;

pub use account_events::StoredAccountEvent;
pub use accounts::{AccountKey, StoredAccount};
pub use backlog::{BACKLOG_STATEMENTS, HandOver, PoolUse, QueueLength};
pub use backup::{BackupFault, Contents, Restoring, back_up};
pub use bindings::{Binding, BindingKind, Owner};
pub use calendars::CalendarText;
pub use captures::{ClaimedObject, Lacking, Overdue, StoredCaptures, StoredObject};
pub use cards::NotedCard;
pub use challenges::ChipChallenge;
pub use contact_changes::{ChangeCount, CountedChange, StoredChange};
pub use contact_disputes::StoredDispute;
pub use delivery::{Attempt, CarriedMessage, Report};
pub use device_lists::{RevokedCertificate, StoredList};
pub use device_tries::{CounterTry, TotpTry};
pub use devices::BoundDevice;
pub use documents::{StoredDocument, StoredUpdate};
pub use duplicates::{DuplicateKeys, KeyChanges, NotTheSame, Replaced, StoredKey};
pub use engine::Schema;
pub use enrolments::{Claim, Correction, EnrolmentPage, Revision, StoredEnrolment};
pub use error::{StoreError, Table};
pub use events::{StoredEvent, ToldEvent};
pub use follow_up::{FOLLOW_UP_STATEMENTS, FollowedAccount, ShelvedAccount};
pub use intake::{Asked, Found, INTAKE_STATEMENTS};
pub use life::{AccountToLive, LifeLook};
pub use lists::{LIST_STATEMENTS, ListedEnrolment, StageCount};
pub use locks::StoredLock;
pub use names::StoredName;
pub use orders::StoredOrder;
pub use outbox::{ClaimedMessage, ListedMessage, SealedMessage, Settled};
pub use proposals::{StoredProposal, Waiting};
pub use receipts::StoredReceipt;
pub use registry::{Holder, LookedAt, RecordBatch, StoredRecord};
pub use reminders::AccountToLookAt;
pub use requests::FirstAnswer;
pub use staff::StaffFilter;
pub use staff_codes::{StaffTry, StoredTotp};
pub use standings::{STATUS_STATEMENTS, StoredStanding};
pub use trust::StoredMaterial;
pub use unit::{Change, Unit};
pub use workstations::{Arrived, NotedCapture, ReleasedWorkstation, SeenWorkstation, StoredWorkstation};

use std::sync::Arc;

use engine::Engine;
use tracing::Instrument as _;

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

/// A connection that reads. Its methods stand beside the tables they read.
pub struct Reader {
    inner: engine::Reader,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(…)")
    }
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…` with at most `connections` at a time (SQLite: readers, beside one writer).
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn open(url: &str, connections: u32) -> Result<Self, StoreError> {
        Ok(Self { engine: Engine::open(url, connections, None).await? })
    }

    /// Opens the store within a schema made for it, so that practice leaves the rest of a server alone. On SQLite the
    /// file itself is that.
    ///
    /// # Errors
    /// If the database cannot be reached, or the caller may not make schemas there.
    pub async fn open_practice(url: &str, connections: u32, schema: &Schema) -> Result<Self, StoreError> {
        Engine::create_schema(url, schema).await?;
        Ok(Self { engine: Engine::open(url, connections, Some(schema)).await? })
    }

    /// Removes what [`Store::open_practice`] made. The store must have been closed.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn drop_practice(url: &str, schema: &Schema) -> Result<(), StoreError> {
        Engine::drop_schema(url, schema).await
    }

    /// Brings the schema up to date. On PostgreSQL several processes may do so at once.
    ///
    /// # Errors
    /// If a migration fails; nothing of it remains.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.engine.migrate().await
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// If none is to be had in time.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader { inner: self.engine.reader().await? })
    }

    /// A connection that reads one state of the store, whatever is committed meanwhile: for answers that several questions
    /// make together.
    ///
    /// # Errors
    /// If none is to be had in time.
    pub async fn snapshot(&self) -> Result<Reader, StoreError> {
        Ok(Reader { inner: self.engine.snapshot().await? })
    }

    /// Commits a unit of work: all of it, or nothing. Answers after the commit.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if a record is not as the unit saw it, [`StoreError::Taken`] if a value is.
    pub async fn commit(&self, unit: Unit) -> Result<(), StoreError> {
        let (span, unit) = (unit.span(), Arc::new(unit));
        let committing = self.engine.commit(move |conn| {
            let unit = unit.clone();
            Box::pin(async move { unit.apply(conn).await })
        });
        committing.instrument(span).await
    }

    /// Lets what was handed over finish, then closes every connection. Clones that live on are closed with it.
    pub async fn close(self) {
        self.engine.close().await;
    }
}

impl Reader {
    fn conn(&mut self) -> engine::Conn<'_> {
        self.inner.conn()
    }

    /// Asks the database for a sign of life, with its schema in place.
    ///
    /// # Errors
    /// If there is none, or the schema is not there yet.
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        engine::query("SELECT id FROM staff LIMIT 1").fetch_optional(&mut self.conn()).await.map(drop)
    }
}
