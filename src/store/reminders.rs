//! Reminders: which accounts are to be looked at, and what their holders were reminded of.
//!
//! Nothing is claimed: whoever looks first moves the account on in the transaction that queues the message, and whoever read
//! the same row finds it changed.

use super::Reader;
use super::accounts::{self, StoredAccount, place};
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::follow_up::Reminded;
use crate::domain::ids::{AccountId, Version};
use crate::domain::time::Timestamp;

/// An account that is to be looked at.
#[derive(Clone, Debug)]
pub struct AccountToLookAt {
    /// The account.
    pub stored: StoredAccount,
    /// What its holder was reminded of last.
    pub reminded: Option<Reminded>,
}

/// Remembers that the holder is reminded, and when to look again.
pub(super) async fn remind(
    id: AccountId,
    reminded: Reminded,
    then: Option<Timestamp>,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(concat!(
        "UPDATE account SET reminded_day = $1, reminded_window = $2, look_at = $3, version = version + 1, ",
        place!(),
        " WHERE id = $4 AND version = $5 AND activated_at IS NULL"
    ))
    .bind(i64::from(reminded.day))
    .bind(reminded.window.map_or(0, Timestamp::micros))
    .bind(then.map(Timestamp::micros))
    .bind(id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

/// Sets when to look at accounts again. One that was changed meanwhile is looked at anyway, for that reason.
pub(super) async fn look_again(
    looks: &[(AccountId, Option<Timestamp>, Version)],
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    for (id, at, seen) in looks {
        query(concat!("UPDATE account SET look_at = $1, ", place!(), " WHERE id = $2 AND version = $3"))
            .bind(at.map(Timestamp::micros))
            .bind(id.uuid())
            .bind(seen.get())
            .execute(conn)
            .await?;
    }
    Ok(())
}

impl Reader {
    /// Accounts that are to be looked at by `now`, those that wait longest first; apart from them, those whose row cannot be
    /// read, so that they do not stand in the way of the others.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn accounts_to_look_at(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<(Vec<AccountToLookAt>, Vec<(AccountId, Version)>), StoreError> {
        let rows =
            query("SELECT * FROM account WHERE look_at IS NOT NULL AND look_at <= $1 ORDER BY look_at, id LIMIT $2")
                .bind(now.micros())
                .bind(i64::from(limit))
                .fetch_all(&mut self.conn())
                .await?;
        accounts::readable(&rows, to_look_at)
    }
}

fn to_look_at(row: &Row) -> Result<AccountToLookAt, StoreError> {
    let day = row.get::<Option<i64>>("reminded_day")?.and_then(|day| u8::try_from(day).ok());
    let window = row.get::<Option<i64>>("reminded_window")?.filter(|at| *at != 0).map(Timestamp::from_micros);
    Ok(AccountToLookAt { stored: accounts::stored(row)?, reminded: day.map(|day| Reminded { window, day }) })
}
