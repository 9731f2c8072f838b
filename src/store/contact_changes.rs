//! Requests for another phone or e-mail address, open and ended.
//!
//! The columns `state`, `settled_at` and `expires_at` keep the meaning that they have for the release before, which may run
//! beside this one; the others say more.

use super::Reader;
use super::account_events::Happened;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::contact::{AccountPrint, ChangeState, ContactChange, ContactKind, FailureReason, Tier};
use crate::domain::ids::{AccountId, ChangeId, MessageId, Version};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// Requests of an account that are listed at most.
const LISTED_MAX: i64 = 50;

/// A request as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredChange {
    /// What may be known without opening it.
    pub change: ContactChange,
    /// The sealed new value.
    pub new_value: Sealed,
    /// The account as it was when the request was begun; absent if a release before began it.
    pub print: Option<AccountPrint>,
    /// Index of the code by which a reader of a notice stops it.
    pub link: Option<BlindIndex>,
    /// Where it was begun, if at an office.
    pub office: Option<OfficeCode>,
    /// How often it was changed.
    pub version: Version,
}

/// How many requests of a span share what is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChangeCount {
    /// What changes.
    pub kind: ContactKind,
    /// How it was asked for.
    pub tier: Tier,
    /// Where they stand.
    pub standing: CountedChange,
    /// How many.
    pub count: u64,
}

/// Where requests stand, as far as they are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CountedChange {
    /// Not ended.
    Open,
    /// The new value is live.
    Done,
    /// It came to nothing.
    Failed(FailureReason),
}

pub(super) async fn insert(stored: &StoredChange, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let change = &stored.change;
    let (state, phase, until) = columns(change.state);
    query(
        "INSERT INTO contact_change (id, account_id, kind, new_value, begun_at, expires_at, state, phase, waits_until, \
         settled_at, failure, due_at, tier, account_print, link_index, office, repeats, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)",
    )
    .bind(change.id.uuid())
    .bind(change.account.uuid())
    .bind(change.kind.name())
    .bind(stored.new_value.as_bytes())
    .bind(change.begun_at.micros())
    .bind(change.expires_at.micros())
    .bind(state)
    .bind(phase)
    .bind(until)
    .bind(change.state.settled_at().map(Timestamp::micros))
    .bind(change.state.failure().map(FailureReason::name))
    .bind(change.due_at().map(Timestamp::micros))
    .bind(change.tier.name())
    .bind(stored.print.map(|print| print.0.to_vec()))
    .bind(stored.link.as_ref().map(|link| link.as_bytes().to_vec()))
    .bind(stored.office.as_ref().map(OfficeCode::as_str))
    .bind(change.repeats.map(ChangeId::uuid))
    .execute_one(conn)
    .await
}

/// Moves a request on, if it is still as the caller saw it.
pub(super) async fn save(
    change: &ContactChange,
    seen: Version,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let (state, phase, until) = columns(change.state);
    if let Some(reason) = change.state.failure() {
        happened.note_ended(change.id, reason);
    }
    query(
        "UPDATE contact_change SET state = $1, phase = $2, waits_until = $3, settled_at = $4, failure = $5, due_at = $6, \
         expires_at = $7, version = version + 1 WHERE id = $8 AND version = $9",
    )
    .bind(state)
    .bind(phase)
    .bind(until)
    .bind(change.state.settled_at().map(Timestamp::micros))
    .bind(change.state.failure().map(FailureReason::name))
    .bind(change.due_at().map(Timestamp::micros))
    .bind(change.expires_at.micros())
    .bind(change.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

/// Ends a request whose second person declined it; one that waits for nobody stays as it is.
pub(super) async fn decline(
    id: ChangeId,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let ended = query(
        "UPDATE contact_change SET state = 'cancelled', phase = NULL, failure = $1, settled_at = $2, due_at = NULL, \
         version = version + 1 WHERE id = $3 AND state = 'pending' AND phase = $4 RETURNING id",
    )
    .bind(FailureReason::NotApproved.name())
    .bind(at.micros())
    .bind(id.uuid())
    .bind(ChangeState::AwaitingApproval.name())
    .fetch_all(conn)
    .await?;
    note_ended(&ended, FailureReason::NotApproved, happened)
}

/// Ends the requests of an account that are under way, because the account is another by now.
pub(super) async fn void(
    account: AccountId,
    reason: FailureReason,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let ended = query(
        "UPDATE contact_change SET state = 'cancelled', phase = NULL, failure = $1, settled_at = $2, due_at = NULL, \
         version = version + 1 WHERE account_id = $3 AND state = 'pending' RETURNING id",
    )
    .bind(reason.name())
    .bind(at.micros())
    .bind(account.uuid())
    .fetch_all(conn)
    .await?;
    note_ended(&ended, reason, happened)
}

fn note_ended(ended: &[Row], reason: FailureReason, happened: &mut Happened) -> Result<(), StoreError> {
    for row in ended {
        happened.note_ended(ChangeId::new(row.get("id")?), reason);
    }
    Ok(())
}

/// Keeps which message carried the last code of a request.
pub(super) async fn note_message(id: ChangeId, message: MessageId, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE contact_change SET message_id = $1 WHERE id = $2")
        .bind(message.uuid())
        .bind(id.uuid())
        .execute_one(conn)
        .await
}

/// Has a request looked at later; one that was changed meanwhile is looked at for that reason anyway.
pub(super) async fn postpone(
    id: ChangeId,
    at: Timestamp,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE contact_change SET due_at = $1 WHERE id = $2 AND version = $3 AND due_at IS NOT NULL")
        .bind(at.micros())
        .bind(id.uuid())
        .bind(seen.get())
        .execute(conn)
        .await
        .map(drop)
}

impl Reader {
    /// A request.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn contact_change(&mut self, id: ChangeId) -> Result<Option<StoredChange>, StoreError> {
        let row = query("SELECT * FROM contact_change WHERE id = $1")
            .bind(id.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The request that a code in a notice stops.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn change_by_link(&mut self, link: &BlindIndex) -> Result<Option<StoredChange>, StoreError> {
        let row = query("SELECT * FROM contact_change WHERE link_index = $1")
            .bind(link.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The requests of an account that were not settled; one of each kind at most, and perhaps out of time.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn pending_changes(&mut self, account: AccountId) -> Result<Vec<StoredChange>, StoreError> {
        let rows =
            query("SELECT * FROM contact_change WHERE account_id = $1 AND state = 'pending' ORDER BY id LIMIT 2")
                .bind(account.uuid())
                .fetch_all(&mut self.conn())
                .await?;
        rows.iter().map(stored).collect()
    }

    /// The requests of an account, the latest first, at most 50.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn contact_changes(&mut self, account: AccountId) -> Result<Vec<StoredChange>, StoreError> {
        let rows = query("SELECT * FROM contact_change WHERE account_id = $1 ORDER BY begun_at DESC, id DESC LIMIT $2")
            .bind(account.uuid())
            .bind(LISTED_MAX)
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(stored).collect()
    }

    /// Whether the message that carried the last code of a request was given up.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn contact_code_failed(&mut self, id: ChangeId) -> Result<bool, StoreError> {
        let row = query(
            "SELECT outbox.state AS state FROM contact_change JOIN outbox ON outbox.id = contact_change.message_id \
             WHERE contact_change.id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        let state = row.map(|row| row.get::<String>("state")).transpose()?;
        Ok(state.is_some_and(|state| matches!(state.as_str(), "failed" | "given-up")))
    }

    /// Open requests that are to be looked at by `now`, those that wait longest first: names and versions alone, so that one
    /// that cannot be read does not stand in the way of the others.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn changes_due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<(ChangeId, Version)>, StoreError> {
        let rows = query(
            "SELECT id, version FROM contact_change WHERE due_at IS NOT NULL AND due_at <= $1 \
             ORDER BY due_at, id LIMIT $2",
        )
        .bind(now.micros())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(|row| Ok((ChangeId::new(row.get("id")?), Version::new(row.get("version")?)))).collect()
    }

    /// How the requests that were begun from `from` and before `until` stand at `now`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn count_changes(
        &mut self,
        from: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<ChangeCount>, StoreError> {
        let rows = query(
            "SELECT kind, tier, state, phase, failure, \
             CAST(CASE WHEN expires_at <= $3 THEN 1 ELSE 0 END AS BIGINT) AS overdue, COUNT(*) AS counted \
             FROM contact_change WHERE begun_at >= $1 AND begun_at < $2 GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6",
        )
        .bind(from.micros())
        .bind(until.micros())
        .bind(now.micros())
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(counted).collect()
    }
}

/// What the columns `state`, `phase` and `waits_until` hold.
fn columns(state: ChangeState) -> (&'static str, Option<&'static str>, Option<i64>) {
    match state {
        ChangeState::Waiting { until } => ("pending", Some(state.name()), Some(until.micros())),
        ChangeState::AwaitingApproval | ChangeState::ProvingOld | ChangeState::AwaitingCode => {
            ("pending", Some(state.name()), None)
        }
        ChangeState::Done { .. } => ("confirmed", None, None),
        ChangeState::Failed { reason: FailureReason::Expired, .. } => ("lapsed", None, None),
        ChangeState::Failed { .. } => ("cancelled", None, None),
    }
}

fn stored(row: &Row) -> Result<StoredChange, StoreError> {
    let office = row.get::<Option<String>>("office")?.map(|code| OfficeCode::parse(&code)).transpose();
    let print = row.get::<Option<Vec<u8>>>("account_print")?.map(<[u8; 32]>::try_from).transpose();
    let (kind, tier) = named(row)?;
    let change = ContactChange {
        id: ChangeId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        kind,
        tier,
        begun_at: Timestamp::from_micros(row.get("begun_at")?),
        expires_at: Timestamp::from_micros(row.get("expires_at")?),
        repeats: row.get::<Option<uuid::Uuid>>("repeats")?.map(ChangeId::new),
        state: state(row)?,
    };
    Ok(StoredChange {
        change,
        new_value: Sealed::from_bytes(row.get("new_value")?),
        print: print.map_err(|_| StoreError::Corrupt { column: "account_print" })?.map(AccountPrint),
        link: row.get::<Option<Vec<u8>>>("link_index")?.map(BlindIndex::from_bytes),
        office: office.map_err(|_| StoreError::Corrupt { column: "office" })?,
        version: Version::new(row.get("version")?),
    })
}

fn named(row: &Row) -> Result<(ContactKind, Tier), StoreError> {
    let kind = ContactKind::from_name(&row.get::<String>("kind")?).ok_or(StoreError::Corrupt { column: "kind" })?;
    // A release before this one had administrators alone.
    let tier = row.get::<Option<String>>("tier")?.map_or(Some(Tier::ByAuthority), |name| Tier::from_name(&name));
    Ok((kind, tier.ok_or(StoreError::Corrupt { column: "tier" })?))
}

fn state(row: &Row) -> Result<ChangeState, StoreError> {
    let instant = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp::from_micros));
    let (state, phase) = (row.get::<String>("state")?, row.get::<Option<String>>("phase")?);
    Ok(match (state.as_str(), phase.as_deref(), instant("settled_at")?) {
        ("pending", Some("awaiting-approval"), None) => ChangeState::AwaitingApproval,
        ("pending", Some("proving-old"), None) => ChangeState::ProvingOld,
        ("pending", Some("awaiting-code"), None) => ChangeState::AwaitingCode,
        ("pending", Some("waiting"), None) => ChangeState::Waiting {
            until: instant("waits_until")?.ok_or(StoreError::Corrupt { column: "waits_until" })?,
        },
        // Begun by a release before this one, alone.
        ("pending", None, None) => {
            let at = Timestamp::from_micros(row.get("begun_at")?);
            ChangeState::Failed { reason: FailureReason::Superseded, at }
        }
        ("confirmed", None, Some(at)) => ChangeState::Done { at },
        ("cancelled" | "lapsed", None, Some(at)) => ChangeState::Failed { reason: failure(row, &state)?, at },
        _ => return Err(StoreError::Corrupt { column: "state" }),
    })
}

/// Why a request failed; a release before this one says it by the state alone.
fn failure(row: &Row, state: &str) -> Result<FailureReason, StoreError> {
    match row.get::<Option<String>>("failure")? {
        Some(name) => FailureReason::from_name(&name).ok_or(StoreError::Corrupt { column: "failure" }),
        None if state == "lapsed" => Ok(FailureReason::Expired),
        None => Ok(FailureReason::CancelledByStaff),
    }
}

fn counted(row: &Row) -> Result<ChangeCount, StoreError> {
    let (kind, tier) = named(row)?;
    let (state, phase) = (row.get::<String>("state")?, row.get::<Option<String>>("phase")?);
    let overdue = row.get::<i64>("overdue")? != 0;
    let standing = match (state.as_str(), phase.as_deref(), overdue) {
        ("pending", None, _) => CountedChange::Failed(FailureReason::Superseded),
        ("pending", Some("awaiting-approval"), true) => CountedChange::Failed(FailureReason::NotApproved),
        ("pending", Some(_), true) => CountedChange::Failed(FailureReason::Expired),
        ("pending", Some(_), false) => CountedChange::Open,
        ("confirmed", ..) => CountedChange::Done,
        ("cancelled" | "lapsed", ..) => CountedChange::Failed(failure(row, &state)?),
        _ => return Err(StoreError::Corrupt { column: "state" }),
    };
    let count = u64::try_from(row.get::<i64>("counted")?).unwrap_or(0);
    Ok(ChangeCount { kind, tier, standing, count })
}
