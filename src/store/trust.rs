//! Trust material: files, where each stands, and how often the whole was changed.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::ids::{MaterialId, StaffId, Version};
use crate::domain::time::Timestamp;
use crate::domain::trust::{Decided, Kind, Material, Report, Sha256, Stage};

/// The name of the one row of `trust_revision`.
const REVISION: &str = "trust";

/// A file of trust material as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredMaterial {
    /// What is known of it.
    pub material: Material,
    /// The file as it came.
    pub content: Vec<u8>,
    /// How often it was changed.
    pub version: Version,
}

pub(super) async fn insert(stored: &StoredMaterial, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let material = &stored.material;
    let (decided_by, decided_at, replaced_at) = decision(&material.stage);
    query(
        "INSERT INTO trust_material (id, kind, publisher, edition, sha256, content, report, state, proposed_by, \
         proposed_at, decided_by, decided_at, replaced_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)",
    )
    .bind(material.id.uuid())
    .bind(material.kind.name())
    .bind(material.publisher.as_str())
    .bind(material.edition.micros())
    .bind(material.sha256.bytes().as_slice())
    .bind(stored.content.as_slice())
    .bind(written(&material.report)?)
    .bind(material.stage.name())
    .bind(material.proposed_by.uuid())
    .bind(material.proposed_at.micros())
    .bind(decided_by)
    .bind(decided_at)
    .bind(replaced_at)
    .execute_one(conn)
    .await
}

/// Moves a file on. Only its stage changes: what was found in it stays as the first person saw it.
pub(super) async fn save(material: &Material, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let (decided_by, decided_at, replaced_at) = decision(&material.stage);
    query(
        "UPDATE trust_material SET state = $1, decided_by = $2, decided_at = $3, replaced_at = $4, \
         version = version + 1 WHERE id = $5 AND version = $6",
    )
    .bind(material.stage.name())
    .bind(decided_by)
    .bind(decided_at)
    .bind(replaced_at)
    .bind(material.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

/// Counts a change: what was examined against the trust store as it was seen comes in force on no other.
pub(super) async fn revise(seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO trust_revision (name, revision) SELECT $1, 1 \
         WHERE $2 = 0 OR EXISTS (SELECT 1 FROM trust_revision WHERE name = $1) \
         ON CONFLICT (name) DO UPDATE SET revision = trust_revision.revision + 1 WHERE trust_revision.revision = $2",
    )
    .bind(REVISION)
    .bind(seen.get())
    .execute_one(conn)
    .await
}

impl Reader {
    /// How often the trust store was changed: [`Version::NONE`] if never.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn trust_revision(&mut self) -> Result<Version, StoreError> {
        let row = query("SELECT revision FROM trust_revision WHERE name = $1")
            .bind(REVISION)
            .fetch_optional(&mut self.conn())
            .await?;
        row.map_or(Ok(Version::NONE), |row| row.get("revision").map(Version::new))
    }

    /// A file with its content.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn trust_material(&mut self, id: MaterialId) -> Result<Option<StoredMaterial>, StoreError> {
        let row = query(
            "SELECT id, kind, publisher, edition, sha256, content, report, state, proposed_by, proposed_at, decided_by, \
             decided_at, replaced_at, version FROM trust_material WHERE id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The file of that kind and publisher that is in force, without its content, and its version.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn trust_of(&mut self, kind: Kind, publisher: &str) -> Result<Option<(Material, Version)>, StoreError> {
        let row = query(
            "SELECT id, kind, publisher, edition, sha256, report, state, proposed_by, proposed_at, decided_by, \
             decided_at, replaced_at, version FROM trust_material \
             WHERE kind = $1 AND publisher = $2 AND state = 'in-force'",
        )
        .bind(kind.name())
        .bind(publisher)
        .fetch_optional(&mut self.conn())
        .await?;
        row.map(|row| Ok((material(&row)?, Version::new(row.get("version")?)))).transpose()
    }

    /// At most `limit` files in a state, by its name, without their content, oldest proposal first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn trust_in_state(&mut self, state: &'static str, limit: u32) -> Result<Vec<Material>, StoreError> {
        let rows = query(
            "SELECT id, kind, publisher, edition, sha256, report, state, proposed_by, proposed_at, decided_by, \
             decided_at, replaced_at FROM trust_material WHERE state = $1 ORDER BY id LIMIT $2",
        )
        .bind(state)
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(material).collect()
    }

    /// At most `limit` files that are in force, with their content, oldest proposal first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn trust_in_force(&mut self, limit: u32) -> Result<Vec<StoredMaterial>, StoreError> {
        let rows = query(
            "SELECT id, kind, publisher, edition, sha256, content, report, state, proposed_by, proposed_at, decided_by, \
             decided_at, replaced_at, version FROM trust_material WHERE state = 'in-force' ORDER BY id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<StoredMaterial, StoreError> {
    Ok(StoredMaterial {
        material: material(row)?,
        content: row.get("content")?,
        version: Version::new(row.get("version")?),
    })
}

fn material(row: &Row) -> Result<Material, StoreError> {
    let corrupt = |column| StoreError::Corrupt { column };
    let digest = row.get::<Vec<u8>>("sha256")?.try_into().map_err(|_| corrupt("sha256"))?;
    Ok(Material {
        id: MaterialId::new(row.get("id")?),
        kind: Kind::from_name(&row.get::<String>("kind")?).ok_or(corrupt("kind"))?,
        publisher: row.get("publisher")?,
        edition: Timestamp::from_micros(row.get("edition")?),
        sha256: Sha256::new(digest),
        report: serde_json::from_str(&row.get::<String>("report")?).map_err(|_| corrupt("report"))?,
        proposed_by: StaffId::new(row.get("proposed_by")?),
        proposed_at: Timestamp::from_micros(row.get("proposed_at")?),
        stage: stage(row)?,
    })
}

fn stage(row: &Row) -> Result<Stage, StoreError> {
    let by = row.get::<Option<uuid::Uuid>>("decided_by")?.map(StaffId::new);
    let at = row.get::<Option<i64>>("decided_at")?.map(Timestamp::from_micros);
    let decided = by.zip(at).map(|(by, at)| Decided { by, at });
    let replaced = row.get::<Option<i64>>("replaced_at")?.map(Timestamp::from_micros);
    match (row.get::<String>("state")?.as_str(), decided, replaced) {
        ("proposed", None, None) => Ok(Stage::Proposed),
        ("in-force", Some(decided), None) => Ok(Stage::InForce(decided)),
        ("replaced", Some(approved), Some(at)) => Ok(Stage::Replaced { approved, at }),
        ("rejected", Some(decided), None) => Ok(Stage::Rejected(decided)),
        _ => Err(StoreError::Corrupt { column: "state" }),
    }
}

/// The columns that hold a decision: by whom, when, and when another took the place.
fn decision(stage: &Stage) -> (Option<uuid::Uuid>, Option<i64>, Option<i64>) {
    let decided = stage.decided();
    let replaced = match stage {
        Stage::Replaced { at, .. } => Some(at.micros()),
        _ => None,
    };
    (decided.map(|decided| decided.by.uuid()), decided.map(|decided| decided.at.micros()), replaced)
}

fn written(report: &Report) -> Result<String, StoreError> {
    serde_json::to_string(report).map_err(|_| StoreError::Corrupt { column: "report" })
}
