//! What holders of accounts were called since their requests: sealed, found by a keyed hash, never deleted.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Reader;
use super::engine::{Conn, Row, insert as adding, query};
use super::error::StoreError;
use crate::domain::ids::{AccountId, UpdateId};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::time::Timestamp;

/// Names of one account that are read at most, the latest.
const NAMES_MAX: i64 = 20;
/// Accounts of one statement.
const ROWS: usize = 100;

static NAMES: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<_> = (1..=ROWS).map(|place| format!("${place}")).collect();
    format!(
        "SELECT id, account_id, content, person_index, since FROM (SELECT account_name.*, ROW_NUMBER() OVER \
         (PARTITION BY account_id ORDER BY since DESC, id DESC) AS place FROM account_name WHERE account_id IN ({})) AS named \
         WHERE place <= {NAMES_MAX} ORDER BY since DESC, id DESC",
        places.join(", ")
    )
});

/// Who the holder of an account is since a supervisor approved documents that say so.
#[derive(Clone, Debug)]
pub struct StoredName {
    /// The documents that say so: those that waited for the supervisor.
    pub id: UpdateId,
    /// The account.
    pub account: AccountId,
    /// Name, day of birth and nationality, sealed.
    pub content: Sealed,
    /// Keyed hash of the letters of the name and the day of birth.
    pub person: BlindIndex,
    /// Since when.
    pub since: Timestamp,
}

/// Adds a name. Those from before stay.
pub(super) async fn insert(stored: &StoredName, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    adding("INSERT INTO account_name (id, account_id, content, person_index, since) VALUES ($1, $2, $3, $4, $5)")
        .bind(stored.id.uuid())
        .bind(stored.account.uuid())
        .bind(stored.content.as_bytes())
        .bind(stored.person.as_bytes())
        .bind(stored.since.micros())
        .execute_one(conn)
        .await
}

impl Reader {
    /// What the holders of accounts were called since their requests, the latest name first; of each account the latest 20.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn names_of(
        &mut self,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, Vec<StoredName>>, StoreError> {
        let mut names = BTreeMap::<_, Vec<_>>::new();
        for asked in accounts.chunks(ROWS) {
            // Who is asked for twice is found once.
            let padded = asked.iter().cycle().take(ROWS);
            let asked = padded.fold(query(&NAMES), |query, account| query.bind(account.uuid()));
            for row in asked.fetch_all(&mut self.conn()).await? {
                let name = stored(&row)?;
                names.entry(name.account).or_default().push(name);
            }
        }
        Ok(names)
    }

    /// Names that share a keyed hash, the latest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn accounts_named(&mut self, person: &BlindIndex, limit: u32) -> Result<Vec<StoredName>, StoreError> {
        let rows = query(
            "SELECT id, account_id, content, person_index, since FROM account_name WHERE person_index = $1 \
             ORDER BY since DESC, id DESC LIMIT $2",
        )
        .bind(person.as_bytes())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<StoredName, StoreError> {
    Ok(StoredName {
        id: UpdateId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        content: Sealed::from_bytes(row.get("content")?),
        person: BlindIndex::from_bytes(row.get("person_index")?),
        since: Timestamp::from_micros(row.get("since")?),
    })
}
