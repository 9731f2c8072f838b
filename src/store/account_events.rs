//! What happened to accounts: in each stream numbered without gaps, in the order of commits.
//!
//! Changes note here what they did, and the unit writes it last of all: whoever writes to a stream holds it until the
//! commit, and nobody is to wait for longer than that takes. A reader who saw number n has seen everything below it.

use std::collections::BTreeMap;

use super::engine::{Conn, Number, Row, insert as adding, query};
use super::error::StoreError;
use super::{Reader, accounts};
use crate::domain::account::Account;
use crate::domain::account_event::{AccountEvent, AccountVerb, SHARDS, Shard};
use crate::domain::audit::Entry;
use crate::domain::contact::FailureReason;
use crate::domain::ids::{AccountId, ChangeId};
use crate::domain::life::Hold;
use crate::domain::lock::LockClass;
use crate::domain::time::Timestamp;

pub(super) const EVENTS_AFTER: &str = "SELECT position, account_id, verb, at, activated_at, window_closes_at, locked, closed_at \
     FROM account_event WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3";
pub(super) const LAST_EVENTS: &str =
    "SELECT shard, last FROM account_stream WHERE shard >= 0 AND shard < $1 ORDER BY shard";

/// An event of an account with its place in its stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredAccountEvent {
    /// The place, from 1.
    pub position: u64,
    /// What happened.
    pub event: AccountEvent,
}

/// What the changes of a unit did to accounts, until it is written, and which contact changes they ended.
#[derive(Default)]
pub(super) struct Happened {
    told: Vec<(AccountId, AccountVerb)>,
    /// The accounts that changed, and whether each has a device now, where that is another than before.
    changed: BTreeMap<AccountId, Option<bool>>,
    ended: BTreeMap<ChangeId, FailureReason>,
}

impl Happened {
    /// Notes that an account changed, whether or not anybody is told.
    pub(super) fn follow(&mut self, account: AccountId) {
        self.changed.entry(account).or_default();
    }

    /// Notes that this happened to an account; once is enough, however many changes of the unit say so.
    pub(super) fn note(&mut self, account: AccountId, verb: AccountVerb) {
        self.follow(account);
        if !self.told.contains(&(account, verb)) {
            self.told.push((account, verb));
        }
    }

    /// Notes that an account has a device from now on, or has none.
    pub(super) fn note_device(&mut self, account: AccountId, verb: AccountVerb) {
        self.note(account, verb);
        self.changed.insert(account, Some(verb == AccountVerb::DeviceBound));
    }

    /// Notes that a contact change came to nothing.
    pub(super) fn note_ended(&mut self, change: ChangeId, reason: FailureReason) {
        self.ended.insert(change, reason);
    }

    /// The entry of the unit with the contact changes that ended by it, and why; without the one that the entry is about.
    pub(super) fn told(&self, entry: Entry) -> Entry {
        let about = entry.facts.get("change").cloned();
        let others = self.ended.iter().map(|(change, reason)| (change.to_string(), reason.name()));
        let others = others.filter(|(change, _)| about.as_ref() != Some(change));
        let ended: Vec<_> = others.map(|(change, reason)| format!("{change}={reason}")).collect();
        if ended.is_empty() { entry } else { entry.with("ended_changes", ended.join(",")) }
    }

    /// Writes it. Accounts are held before their streams, so that each event tells what is true when it gets its place; both
    /// are taken in their order, so that two units never wait for each other.
    pub(super) async fn write(mut self, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let mut accounts = BTreeMap::new();
        for (id, has_device) in self.changed {
            accounts.insert(id, accounts::follow(id, has_device, conn).await?);
        }
        self.told.sort_by_key(|(account, _)| Shard::of(*account));
        for of_shard in self.told.chunk_by(|(one, _), (other, _)| Shard::of(*one) == Shard::of(*other)) {
            let happened: Vec<_> = of_shard.iter().filter_map(|(id, verb)| Some((accounts.get(id)?, *verb))).collect();
            append(&happened, at, conn).await?;
        }
        Ok(())
    }
}

/// Appends to the stream of these accounts.
async fn append(happened: &[(&Account, AccountVerb)], at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let Some((first, _)) = happened.first() else { return Ok(()) };
    let (shard, count) = (Shard::of(first.id), i64::try_from(happened.len()).unwrap_or(i64::MAX));
    let last = adding(
        "INSERT INTO account_stream (shard, last) VALUES ($1, $2) \
         ON CONFLICT (shard) DO UPDATE SET last = account_stream.last + excluded.last RETURNING last",
    )
    .bind(shard.number())
    .bind(count)
    .number("last", conn)
    .await?;
    for (back, (account, verb)) in (1 - count..).zip(happened) {
        insert((shard, last.plus(back)), &AccountEvent::new(*verb, account, at), conn).await?;
    }
    Ok(())
}

async fn insert(
    (shard, position): (Shard, Number),
    event: &AccountEvent,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let activated = event.state.active_since().map(Timestamp::micros);
    let closed = if let Hold::Closed(at) = event.hold { Some(at.micros()) } else { None };
    adding(
        "INSERT INTO account_event (shard, position, account_id, verb, at, activated_at, window_closes_at, \
         locked, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(shard.number())
    .bind(position)
    .bind(event.account.uuid())
    .bind(event.verb.name())
    .bind(event.at.micros())
    .bind(activated)
    .bind(event.window_closes_at.map(Timestamp::micros))
    .bind(event.hold.class().map(LockClass::name))
    .bind(closed)
    .execute_one(conn)
    .await
}

impl Reader {
    /// What happened in a stream after `position`, at most `limit` events, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn account_events_after(
        &mut self,
        shard: Shard,
        position: u64,
        limit: u32,
    ) -> Result<Vec<StoredAccountEvent>, StoreError> {
        let rows = query(EVENTS_AFTER)
            .bind(shard.number())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(stored).collect()
    }

    /// The last position of every stream in which anything happened.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn last_account_events(&mut self) -> Result<Vec<(Shard, u64)>, StoreError> {
        let rows = query(LAST_EVENTS).bind(i64::from(SHARDS)).fetch_all(&mut self.conn()).await?;
        let last = |row: &Row| {
            let shard = Shard::numbered(row.get("shard")?).ok_or(StoreError::Corrupt { column: "shard" })?;
            Ok((shard, unsigned(row, "last")?))
        };
        rows.iter().map(last).collect()
    }
}

fn unsigned(row: &Row, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.get::<i64>(column)?).map_err(|_| StoreError::Corrupt { column })
}

fn stored(row: &Row) -> Result<StoredAccountEvent, StoreError> {
    let instant = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp::from_micros));
    let locked = row.get::<Option<String>>("locked")?;
    let hold = match (instant("closed_at")?, locked.as_deref().map(LockClass::from_name)) {
        (Some(at), _) => Hold::Closed(at),
        (None, Some(class)) => Hold::Locked(class.ok_or(StoreError::Corrupt { column: "locked" })?),
        (None, None) => Hold::Open,
    };
    let verb = AccountVerb::from_name(&row.get::<String>("verb")?);
    let event = AccountEvent {
        account: AccountId::new(row.get("account_id")?),
        verb: verb.ok_or(StoreError::Corrupt { column: "verb" })?,
        at: Timestamp::from_micros(row.get("at")?),
        state: accounts::state(row)?,
        window_closes_at: instant("window_closes_at")?,
        hold,
    };
    Ok(StoredAccountEvent { position: unsigned(row, "position")?, event })
}
