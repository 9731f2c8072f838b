//! Where accounts stand, for those who know number and phone: many of them by one question, each found by its key.

use super::Reader;
use super::account_events::{EVENTS_AFTER, LAST_EVENTS};
use super::accounts::{self, StoredAccount};
use super::codes;
use super::engine::query;
use super::error::StoreError;
use crate::domain::code::{Failures, Purpose, Slot};
use crate::domain::sealed::BlindIndex;

/// Length of a blind index.
const INDEX_BYTES: usize = 32;

/// The accounts of $2 logins that follow one another in $1, each with the place of its login there, and with its slot for
/// codes of the purpose $3. CROSS JOIN: SQLite then takes one login after the other, as PostgreSQL does by itself.
const STANDINGS: &str = "WITH RECURSIVE asked(place) AS \
     (SELECT CAST(0 AS BIGINT) UNION ALL SELECT place + 1 FROM asked WHERE place + 1 < $2) \
     SELECT asked.place AS place, account.*, code_id, sealed, device_key, first_sent_at, sent_at, expires_at, tries, tries_max, \
     spent_at, sends_day, sends_today, COALESCE(code.version, 0) AS slot_version \
     FROM asked CROSS JOIN account LEFT JOIN code ON code.account_id = account.id AND code.purpose = $3 \
     WHERE account.login_index = substr($1, CAST(place * 32 + 1 AS INTEGER), 32)";

/// The account of the login $1, with its slot for codes of the purpose $2: what is asked most often of all.
const STANDING: &str = "SELECT CAST(0 AS BIGINT) AS place, account.*, code_id, sealed, device_key, first_sent_at, sent_at, \
     expires_at, tries, tries_max, spent_at, sends_day, sends_today, COALESCE(code.version, 0) AS slot_version \
     FROM account LEFT JOIN code ON code.account_id = account.id AND code.purpose = $2 WHERE account.login_index = $1";

/// The statements by which it is told where accounts stand, by their names, for whoever asks how the engines go about them.
pub const STATUS_STATEMENTS: [(&str, &str); 4] = [
    ("standing", STANDING),
    ("standings", STANDINGS),
    ("account events", EVENTS_AFTER),
    ("last account events", LAST_EVENTS),
];

/// An account with what its holder did about codes for activation.
#[derive(Clone, Debug)]
pub struct StoredStanding {
    /// The account.
    pub stored: StoredAccount,
    /// Failures over all its slots.
    pub failures: Failures,
    /// The slot of codes for activation.
    pub slot: Slot,
}

impl Reader {
    /// The accounts of these logins, in the order asked; `None` where there is none. One question, however many they are,
    /// and the same one for a login that is unknown.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn standings(&mut self, logins: &[BlindIndex]) -> Result<Vec<Option<StoredStanding>>, StoreError> {
        let asked = match logins {
            [] => return Ok(Vec::new()),
            [login] => query(STANDING).bind(login.as_bytes()),
            logins => {
                let whole = |login: &'_ BlindIndex| {
                    login.as_bytes().iter().copied().chain(std::iter::repeat(0)).take(INDEX_BYTES).collect::<Vec<_>>()
                };
                let packed: Vec<u8> = logins.iter().flat_map(whole).collect();
                query(STANDINGS).bind(packed).bind(i64::try_from(logins.len()).unwrap_or(i64::MAX))
            }
        };
        let rows = asked.bind(Purpose::Activation.name()).fetch_all(&mut self.conn()).await?;
        let mut found = vec![None; logins.len()];
        for row in &rows {
            let place = usize::try_from(row.get::<i64>("place")?).ok();
            if let Some(found) = place.and_then(|place| found.get_mut(place)) {
                let (failures, slot) = codes::failures_and_slot(row)?;
                *found = Some(StoredStanding { stored: accounts::stored(row)?, failures, slot });
            }
        }
        Ok(found)
    }
}
