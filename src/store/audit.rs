//! The audit log: appended to, never read on the write path, no row depending on another.

use ring::digest::{SHA256, digest};
use uuid::Uuid;

use super::Reader;
use super::engine::{Conn, insert, query};
use super::error::StoreError;
use crate::domain::audit::Entry;

pub(super) async fn append(entry: &Entry, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let canonical = entry.canonical();
    insert(
        "INSERT INTO audit_entry (id, at, actor, subject, action, canonical, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(entry.id.uuid())
    .bind(entry.at.micros())
    .bind(entry.actor.to_string())
    .bind(entry.subject)
    .bind(entry.action.name())
    .bind(canonical.as_slice())
    .bind(digest(&SHA256, &canonical).as_ref())
    .execute_one(conn)
    .await
}

impl Reader {
    /// The canonical entries about `subject`, oldest first, at most 1,000, each with whether its hash holds.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn audit_of(&mut self, subject: Uuid) -> Result<Vec<(Vec<u8>, bool)>, StoreError> {
        let rows = query("SELECT canonical, hash FROM audit_entry WHERE subject = $1 ORDER BY id LIMIT 1000")
            .bind(subject)
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter()
            .map(|row| {
                let (canonical, hash): (Vec<u8>, Vec<u8>) = (row.get("canonical")?, row.get("hash")?);
                let holds = digest(&SHA256, &canonical).as_ref() == hash;
                Ok((canonical, holds))
            })
            .collect()
    }
}
