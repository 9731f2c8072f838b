//! Accounts as those who help see them: how far each has come, shelf by shelf, of an office or of all.

use uuid::Uuid;

use super::Reader;
use super::accounts::{self, StoredAccount};
use super::codes;
use super::engine::{Query, Row, query};
use super::error::StoreError;
use crate::domain::account::Account;
use crate::domain::follow_up::{NoticeState, Shelf, Way};
use crate::domain::ids::AccountId;
use crate::domain::law::activation::lapsed_if_received_before;
use crate::domain::office::OfficeSpan;
use crate::domain::time::Timestamp;

/// An account with what is known of its way.
#[derive(Clone, Debug)]
pub struct FollowedAccount {
    /// The account.
    pub stored: StoredAccount,
    /// Its way.
    pub way: Way,
}

/// An account in a list.
#[derive(Clone, Debug)]
pub struct ShelvedAccount {
    /// Its place on the shelf.
    pub place: (Timestamp, AccountId),
    /// The account; absent if its row cannot be read, which has been logged and must not hold up the others.
    pub followed: Option<FollowedAccount>,
}

/// A column of the latest notice of an account. Asked for row by row, not joined: no engine may come to read the outbox.
macro_rules! of_notice {
    ($column:literal) => {
        concat!(
            "(SELECT notice.",
            $column,
            " FROM outbox AS notice WHERE notice.account_id = account.id AND notice.kind = 'account_notice' \
             ORDER BY notice.id DESC LIMIT 1)"
        )
    };
}

/// Accounts with their ways, of which the condition is true.
macro_rules! followed {
    ($condition:expr) => {
        concat!(
            "SELECT account.*, ",
            of_notice!("state"),
            " AS notice_state, ",
            of_notice!("sent_at"),
            " AS last_notice_sent_at, ",
            of_notice!("delivered_at"),
            " AS last_notice_delivered_at, \
             (SELECT code.sent_at FROM code WHERE code.account_id = account.id AND code.purpose = 'activation') \
             AS code_sent_at, \
             (SELECT MIN(device.bound_at) FROM device WHERE device.account_id = account.id) AS device_bound_at \
             FROM account WHERE ",
            $condition
        )
    };
}

/// The condition that an account is of an office's span: $4 the code, $5 and $6 the instants of receipt.
macro_rules! of_office {
    () => {
        "account.office = $4 AND account.received_at >= $5 AND account.received_at < $6 AND "
    };
}

/// The statements of a shelf, for all accounts and for an office's: at most $3 behind the account of instant $1 and name $2.
macro_rules! shelf {
    ($condition:literal) => {
        [followed!($condition), followed!(concat!(of_office!(), $condition))]
    };
}

const OPEN: [&str; 2] = shelf!(
    "account.activated_at IS NULL AND (account.window_from, account.id) > ($1, $2) \
     ORDER BY account.window_from, account.id LIMIT $3"
);
const UNSENT: [&str; 2] = shelf!(
    "account.activated_at IS NULL AND account.window_from = 0 AND (account.window_from, account.id) > ($1, $2) \
     ORDER BY account.window_from, account.id LIMIT $3"
);
const LAPSED: [&str; 2] = shelf!(
    "account.activated_at IS NULL AND account.window_from > 0 AND (account.window_from, account.id) < ($1, $2) \
     ORDER BY account.window_from DESC, account.id DESC LIMIT $3"
);
const DEVICELESS: [&str; 2] = shelf!(
    "account.activated_at IS NOT NULL AND NOT account.has_device AND (account.activated_at, account.id) > ($1, $2) \
     ORDER BY account.activated_at, account.id LIMIT $3"
);
const ISSUED: [&str; 2] = [
    followed!(
        "(account.issued_at, account.id) > ($1, $2) AND account.issued_at < $4 \
         ORDER BY account.issued_at, account.id LIMIT $3"
    ),
    followed!(concat!(
        of_office!(),
        "(account.issued_at, account.id) > ($1, $2) AND account.issued_at < $7 \
         ORDER BY account.issued_at, account.id LIMIT $3"
    )),
];

/// Every statement of these lists with a name for it, for whoever wants to see how an engine goes about them.
pub const FOLLOW_UP_STATEMENTS: [(&str, &str); 10] = [
    ("open of all", OPEN[0]),
    ("open of an office", OPEN[1]),
    ("unsent of all", UNSENT[0]),
    ("unsent of an office", UNSENT[1]),
    ("lapsed of all", LAPSED[0]),
    ("lapsed of an office", LAPSED[1]),
    ("deviceless of all", DEVICELESS[0]),
    ("deviceless of an office", DEVICELESS[1]),
    ("issued of all", ISSUED[0]),
    ("issued of an office", ISSUED[1]),
];

impl Reader {
    /// An account with its way.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn followed(&mut self, id: AccountId) -> Result<Option<FollowedAccount>, StoreError> {
        let row = query(followed!("account.id = $1")).bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(followed).transpose()
    }

    /// Accounts of a shelf as it was at `asked_at`, in its order, behind `after`: of a span, or of all.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn shelved(
        &mut self,
        (shelf, asked_at): (Shelf, Timestamp),
        span: Option<&OfficeSpan>,
        after: Option<(Timestamp, AccountId)>,
        limit: u32,
    ) -> Result<Vec<ShelvedAccount>, StoreError> {
        // No account has this name, so that behind it, or before it, is all of that instant.
        let nobody = AccountId::new(Uuid::nil());
        let (statements, column, start) = match shelf {
            Shelf::Open => (OPEN, "window_from", lapsed_if_received_before(asked_at)),
            Shelf::Unsent => (UNSENT, "window_from", Timestamp::from_micros(0)),
            Shelf::Lapsed => (LAPSED, "window_from", lapsed_if_received_before(asked_at)),
            Shelf::Deviceless => (DEVICELESS, "activated_at", Timestamp::from_micros(i64::MIN)),
        };
        let asked = asked(statements, span, after.unwrap_or((start, nobody)), limit);
        let rows = asked.fetch_all(&mut self.conn()).await?;
        rows.iter().map(|row| shelved(row, column)).collect()
    }

    /// Accounts that were issued before `until`, in that order, behind `after`: of a span, or of all.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn issued(
        &mut self,
        span: Option<&OfficeSpan>,
        (after, until): ((Timestamp, AccountId), Timestamp),
        limit: u32,
    ) -> Result<Vec<ShelvedAccount>, StoreError> {
        let asked = asked(ISSUED, span, after, limit).bind(until.micros());
        let rows = asked.fetch_all(&mut self.conn()).await?;
        rows.iter().map(|row| shelved(row, "issued_at")).collect()
    }
}

fn asked(
    [of_all, of_office]: [&'static str; 2],
    span: Option<&OfficeSpan>,
    (at, id): (Timestamp, AccountId),
    limit: u32,
) -> Query {
    let asked = query(if span.is_some() { of_office } else { of_all });
    let asked = asked.bind(at.micros()).bind(id.uuid()).bind(i64::from(limit));
    match span {
        Some(span) => {
            let (from, until) = span.instants();
            asked.bind(span.code.as_str()).bind(from.micros()).bind(until.micros())
        }
        None => asked,
    }
}

fn shelved(row: &Row, column: &'static str) -> Result<ShelvedAccount, StoreError> {
    let place = (Timestamp::from_micros(row.get(column)?), AccountId::new(row.get("id")?));
    // What is wrong with it was logged when it was read.
    Ok(ShelvedAccount { place, followed: followed(row).ok() })
}

fn followed(row: &Row) -> Result<FollowedAccount, StoreError> {
    let stored = accounts::stored(row)?;
    let way = Way {
        failures: codes::failures(row)?,
        code_sent_at: instant(row, "code_sent_at")?,
        notice: notice(row, &stored.account)?,
        device_bound_at: instant(row, "device_bound_at")?,
        has_device: row.get("has_device")?,
    };
    Ok(FollowedAccount { stored, way })
}

/// What became of the latest notice; by the account's own word if the message is not kept.
fn notice(row: &Row, account: &Account) -> Result<NoticeState, StoreError> {
    let (sent, delivered) = (instant(row, "last_notice_sent_at")?, instant(row, "last_notice_delivered_at")?);
    let state = row.get::<Option<String>>("notice_state")?;
    Ok(match (state.as_deref(), sent) {
        (Some("failed" | "given-up"), None) => NoticeState::Failed,
        (Some("failed" | "given-up"), Some(_)) => NoticeState::Lost,
        (Some("sent"), Some(at)) => {
            let told = account.notice.delivered_at.is_some_and(|told| told >= at);
            NoticeState::Sent { at, delivered: told || delivered.is_some() }
        }
        (Some(_), _) => NoticeState::Waiting,
        (None, _) => match account.notice.sent_at {
            Some(at) => NoticeState::Sent { at, delivered: account.notice.delivered_at.is_some() },
            None => NoticeState::Waiting,
        },
    })
}

fn instant(row: &Row, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.get::<Option<i64>>(column)?.map(Timestamp::from_micros))
}
