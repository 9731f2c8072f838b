//! The life of accounts: what locks them, their end, and when to look at them for what comes by itself.
//!
//! The account's own row keeps what decides, so that whoever reads it needs nothing else. It is settled in the transaction
//! of every change that bears on it, and watchers are told there if the lock changed.

use super::account_events::Happened;
use super::accounts::{self, StoredAccount};
use super::engine::{Conn, Row, change, query};
use super::error::StoreError;
use super::{Reader, cards, contact_changes, documents};
use crate::domain::account_event::AccountVerb;
use crate::domain::code::day_number;
use crate::domain::contact::FailureReason;
use crate::domain::ids::{AccountId, Version};
use crate::domain::life::{Closed, ClosingReason, Hold, Life, Paper, Papers, Warned};
use crate::domain::lock::{GroundSet, LockClass};
use crate::domain::time::Timestamp;

/// An account that is to be looked at.
#[derive(Clone, Debug)]
pub struct AccountToLive {
    /// The account.
    pub stored: StoredAccount,
    /// The lock that watchers were told of.
    pub told: Option<LockClass>,
    /// The lock that its holder was told of.
    pub noticed: Option<LockClass>,
    /// The last warnings, of each of [`Paper::ALL`].
    pub warned: [Option<Warned>; 2],
}

/// What came of looking at an account.
#[derive(Clone, Debug)]
pub struct LifeLook {
    /// The account.
    pub account: AccountId,
    /// As it was when it was looked at.
    pub seen: Version,
    /// The lock that its holder was told of, before and now.
    pub noticed: (Option<LockClass>, Option<LockClass>),
    /// The last warnings, before and now.
    pub warned: ([Option<Warned>; 2], [Option<Warned>; 2]),
    /// When to look again; `None`: when something happens.
    pub then: Option<Timestamp>,
}

/// What decides about an account, as its row keeps it.
pub(super) fn life(row: &Row) -> Result<Life, StoreError> {
    let set = GroundSet::from_number(row.get("lock_set")?).ok_or(StoreError::Corrupt { column: "lock_set" })?;
    let until = |column| row.get::<Option<i64>>(column)?.map(cards::day).transpose();
    let papers = Papers { passport_until: until("passport_until")?, residence_until: until("residence_until")? };
    let reason = row.get::<Option<String>>("closed_for")?;
    let closed = match (row.get::<Option<i64>>("closed_at")?, reason.as_deref().map(ClosingReason::from_name)) {
        (None, None) => None,
        (Some(at), Some(Some(reason))) => Some(Closed { at: Timestamp::from_micros(at), reason }),
        _ => return Err(StoreError::Corrupt { column: "closed_for" }),
    };
    Ok(Life { set, papers, closed })
}

/// Settles what decides about an account, from its grounds and its documents, and tells watchers if the lock changed. It is
/// looked at soon, for what the holder is to be told.
pub(super) async fn settle(
    id: AccountId,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    // Holds the account: what is read below is what was committed last.
    let row = query("UPDATE account SET version = version + 1, life_look_at = 0 WHERE id = $1 RETURNING *")
        .bind(id.uuid())
        .fetch_optional(conn)
        .await?
        .ok_or(StoreError::Changed)?;
    let set = super::locks::standing(id, conn).await?;
    let life = Life { set, papers: documents::papers(id, conn).await?, closed: life(&row)?.closed };
    happened.follow(id);
    let told = tell(id, (class(&row, "told_lock")?, life.hold(at)), happened);
    change(
        "UPDATE account SET lock_set = $1, passport_until = $2, residence_until = $3, told_lock = $4 WHERE id = $5",
        accounts::TABLE,
        id.bytes(),
    )
    .bind(life.set.number())
    .bind(life.papers.passport_until.map(day_number))
    .bind(life.papers.residence_until.map(day_number))
    .bind(told.map(LockClass::name))
    .bind(id.uuid())
    .execute_one(conn)
    .await
}

/// Has watchers told if the lock is another than they were told of. What they have been told then.
fn tell(id: AccountId, (told, hold): (Option<LockClass>, Hold), happened: &mut Happened) -> Option<LockClass> {
    let now = hold.class();
    match (now, hold) {
        _ if told == now => {}
        (Some(_), _) => happened.note(id, AccountVerb::Locked),
        (None, Hold::Open) => happened.note(id, AccountVerb::Unlocked),
        // That it was closed was told, and is the last word.
        (None, _) => {}
    }
    now
}

/// Closes an account that is not closed, if it is at the version seen. The number stays used: rows are never deleted.
pub(super) async fn close(
    (id, seen): (AccountId, Version),
    reason: ClosingReason,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE account SET closed_at = $1, closed_for = $2 WHERE id = $3 AND version = $4 AND closed_at IS NULL")
        .bind(at.micros())
        .bind(reason.name())
        .bind(id.uuid())
        .bind(seen.get())
        .execute_one(conn)
        .await?;
    contact_changes::void(id, FailureReason::AccountUnusable, at, happened, conn).await?;
    happened.note(id, AccountVerb::Closed);
    settle(id, at, happened, conn).await
}

/// Keeps what came of looking at an account, if it is as it was seen; tells watchers of a lock that came by itself.
pub(super) async fn look(
    look: &LifeLook,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let (days, before) = (numbers(look.warned.1), numbers(look.warned.0));
    let row = query(
        "UPDATE account SET life_look_at = $1, noticed_lock = $2, warned_passport_until = $3, warned_passport_days = $4, \
         warned_residence_until = $5, warned_residence_days = $6 WHERE id = $7 AND version = $8 \
         AND COALESCE(noticed_lock, '') = $9 AND COALESCE(warned_passport_until, 0) = $10 \
         AND COALESCE(warned_passport_days, 0) = $11 AND COALESCE(warned_residence_until, 0) = $12 \
         AND COALESCE(warned_residence_days, 0) = $13 RETURNING *",
    )
    .bind(look.then.map(Timestamp::micros))
    .bind(look.noticed.1.map(LockClass::name))
    .bind(days[0])
    .bind(days[1])
    .bind(days[2])
    .bind(days[3])
    .bind(look.account.uuid())
    .bind(look.seen.get())
    .bind(look.noticed.0.map_or("", LockClass::name))
    .bind(before[0].unwrap_or_default())
    .bind(before[1].unwrap_or_default())
    .bind(before[2].unwrap_or_default())
    .bind(before[3].unwrap_or_default())
    .fetch_optional(conn)
    .await?
    .ok_or(StoreError::Changed)?;
    let before = class(&row, "told_lock")?;
    let told = tell(look.account, (before, life(&row)?.hold(at)), happened);
    if told == before {
        return Ok(());
    }
    // The lock is news for whoever decided on the account as it was before.
    change(
        "UPDATE account SET told_lock = $1, version = version + 1 WHERE id = $2",
        accounts::TABLE,
        look.account.bytes(),
    )
    .bind(told.map(LockClass::name))
    .bind(look.account.uuid())
    .execute_one(conn)
    .await
}

fn numbers(warned: [Option<Warned>; 2]) -> [Option<i64>; 4] {
    let [passport, residence] = warned.map(|warned| {
        warned.map_or((None, None), |warned| (Some(day_number(warned.until)), Some(i64::from(warned.days))))
    });
    [passport.0, passport.1, residence.0, residence.1]
}

fn class(row: &Row, column: &'static str) -> Result<Option<LockClass>, StoreError> {
    let named = row.get::<Option<String>>(column)?;
    named.map(|name| LockClass::from_name(&name).ok_or(StoreError::Corrupt { column })).transpose()
}

fn warned(row: &Row, paper: Paper) -> Result<Option<Warned>, StoreError> {
    let (until, days) = match paper {
        Paper::Passport => ("warned_passport_until", "warned_passport_days"),
        Paper::Residence => ("warned_residence_until", "warned_residence_days"),
    };
    let until = row.get::<Option<i64>>(until)?.map(cards::day).transpose()?;
    let days = row.get::<Option<i64>>(days)?.and_then(|days| u16::try_from(days).ok());
    Ok(until.zip(days).map(|(until, days)| Warned { until, days }))
}

impl Reader {
    /// Accounts that are to be looked at by `now`, those that wait longest first; apart from them, those whose row cannot be
    /// read, so that they do not stand in the way of the others.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn accounts_to_live(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<(Vec<AccountToLive>, Vec<(AccountId, Version)>), StoreError> {
        let rows = query(
            "SELECT * FROM account WHERE life_look_at IS NOT NULL AND life_look_at <= $1 \
             ORDER BY life_look_at, id LIMIT $2",
        )
        .bind(now.micros())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        accounts::readable(&rows, to_live)
    }
}

/// Sets when to look at accounts again. One that was changed meanwhile is looked at anyway, for that reason.
pub(super) async fn look_later(
    looks: &[(AccountId, Option<Timestamp>, Version)],
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    for (account, then, seen) in looks {
        query("UPDATE account SET life_look_at = $1 WHERE id = $2 AND version = $3")
            .bind(then.map(Timestamp::micros))
            .bind(account.uuid())
            .bind(seen.get())
            .execute(conn)
            .await?;
    }
    Ok(())
}

fn to_live(row: &Row) -> Result<AccountToLive, StoreError> {
    Ok(AccountToLive {
        stored: accounts::stored(row)?,
        told: class(row, "told_lock")?,
        noticed: class(row, "noticed_lock")?,
        warned: [warned(row, Paper::Passport)?, warned(row, Paper::Residence)?],
    })
}
