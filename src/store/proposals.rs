//! What waits for a second person.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::ids::{ProposalId, StaffId, Version};
use crate::domain::proposal::{Act, Proposal, ProposalKind, ProposalState};
use crate::domain::sealed::Sealed;
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// A proposal as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredProposal {
    /// What may be known without opening it.
    pub proposal: Proposal,
    /// The sealed reason.
    pub reason: Sealed,
    /// How often it was changed.
    pub version: Version,
}

/// Which proposals that wait are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// Behind this one.
    pub after: Option<ProposalId>,
    /// Of these kinds.
    pub kinds: &'a [ProposalKind],
    /// Of this office, and those that are of none; `None`: only those that are of none.
    pub office: Option<&'a OfficeCode>,
    /// Whose time is not over then.
    pub now: Timestamp,
    /// How many at most.
    pub limit: u32,
}

/// Adds a proposal, in place of one of its kind for the same target that lapsed, or whose target changed since.
pub(super) async fn insert(stored: &StoredProposal, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let proposal = &stored.proposal;
    let (kind, target) = (proposal.act.kind().name(), proposal.act.target());
    query(
        "UPDATE proposal SET state = 'lapsed', version = version + 1 \
         WHERE kind = $1 AND target = $2 AND state = 'pending' \
         AND (expires_at <= $3 OR (seen_version <> 0 AND seen_version <> $4))",
    )
    .bind(kind)
    .bind(target)
    .bind(proposal.asked_at.micros())
    .bind(proposal.seen.get())
    .execute(conn)
    .await?;
    query(
        "INSERT INTO proposal (id, kind, target, detail, seen_version, reason, office, asked_by, asked_at, expires_at, \
         state, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
    )
    .bind(proposal.id.uuid())
    .bind(kind)
    .bind(target)
    .bind(proposal.act.detail())
    .bind(proposal.seen.get())
    .bind(stored.reason.as_bytes())
    .bind(proposal.office.as_ref().map(|office| office.as_str().to_owned()))
    .bind(proposal.asked_by.uuid())
    .bind(proposal.asked_at.micros())
    .bind(proposal.expires_at.micros())
    .bind(proposal.state.name())
    .execute_one(conn)
    .await
}

/// Settles a proposal, if it is still as the caller saw it.
pub(super) async fn save(proposal: &Proposal, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let settled = proposal.state.settled();
    query(
        "UPDATE proposal SET state = $1, settled_by = $2, settled_at = $3, version = version + 1 \
         WHERE id = $4 AND version = $5",
    )
    .bind(proposal.state.name())
    .bind(settled.map(|(by, _)| by.uuid()))
    .bind(settled.map(|(_, at)| at.micros()))
    .bind(proposal.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

impl Reader {
    /// A proposal.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn proposal(&mut self, id: ProposalId) -> Result<Option<StoredProposal>, StoreError> {
        let row =
            query("SELECT * FROM proposal WHERE id = $1").bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// The proposal of a kind that was not settled, perhaps out of time.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn pending_proposal(&mut self, act: &Act) -> Result<Option<StoredProposal>, StoreError> {
        let row = query("SELECT * FROM proposal WHERE kind = $1 AND target = $2 AND state = 'pending'")
            .bind(act.kind().name())
            .bind(act.target())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Proposals that wait, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn proposals(&mut self, asked: &Waiting<'_>) -> Result<Vec<StoredProposal>, StoreError> {
        // A list of any length in one statement that both engines read: names are words without commas.
        let kinds = asked.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",");
        let rows = query(
            "SELECT * FROM proposal WHERE state = 'pending' AND id > $1 AND expires_at > $2 \
             AND $3 LIKE '%,' || kind || ',%' AND (office IS NULL OR office = $4) ORDER BY id LIMIT $5",
        )
        .bind(asked.after.map_or(uuid::Uuid::nil(), ProposalId::uuid))
        .bind(asked.now.micros())
        .bind(format!(",{kinds},"))
        .bind(asked.office.map_or("", OfficeCode::as_str))
        .bind(i64::from(asked.limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<StoredProposal, StoreError> {
    let by = row.get::<Option<uuid::Uuid>>("settled_by")?.map(StaffId::new);
    let at = row.get::<Option<i64>>("settled_at")?.map(Timestamp::from_micros);
    let state = ProposalState::from_parts(&row.get::<String>("state")?, by.zip(at));
    let detail = row.get::<Option<String>>("detail")?;
    let act = Act::from_parts(&row.get::<String>("kind")?, row.get("target")?, detail.as_deref());
    let office = row.get::<Option<String>>("office")?;
    let office = office.map(|code| OfficeCode::parse(&code)).transpose();
    let proposal = Proposal {
        id: ProposalId::new(row.get("id")?),
        act: act.map_err(|_| StoreError::Corrupt { column: "kind" })?,
        seen: Version::new(row.get("seen_version")?),
        asked_by: StaffId::new(row.get("asked_by")?),
        office: office.map_err(|_| StoreError::Corrupt { column: "office" })?,
        asked_at: Timestamp::from_micros(row.get("asked_at")?),
        expires_at: Timestamp::from_micros(row.get("expires_at")?),
        state: state.ok_or(StoreError::Corrupt { column: "state" })?,
    };
    let reason = Sealed::from_bytes(row.get("reason")?);
    Ok(StoredProposal { proposal, reason, version: Version::new(row.get("version")?) })
}
