//! The calendar of working days: every edition that was in force, as it was published. Nothing is deleted.

use super::Reader;
use super::engine::{Conn, query};
use super::error::StoreError;
use crate::domain::calendar::Edition;
use crate::domain::ids::Version;
use crate::domain::time::Timestamp;
use crate::domain::trust::Sha256;

/// An edition as it was published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarText {
    /// Its name.
    pub edition: Edition,
    /// Its text.
    pub text: String,
    /// Of the text.
    pub sha256: Sha256,
}

/// Puts an edition in force after the one that was seen there: whoever comes at the same time finds its place taken.
pub(super) async fn insert(
    calendar: &CalendarText,
    seen: Version,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("INSERT INTO calendar (version, edition, text, sha256, adopted_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(seen.get() + 1)
        .bind(calendar.edition.as_str())
        .bind(calendar.text.as_str())
        .bind(calendar.sha256.bytes().as_slice())
        .bind(at.micros())
        .execute_one(conn)
        .await
}

impl Reader {
    /// How many editions have been in force: [`Version::NONE`] before the first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn calendar_version(&mut self) -> Result<Version, StoreError> {
        let row = query("SELECT version FROM calendar ORDER BY version DESC LIMIT 1")
            .fetch_optional(&mut self.conn())
            .await?;
        row.map_or(Ok(Version::NONE), |row| row.get("version").map(Version::new))
    }

    /// An edition, by its place among those that have been in force.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn calendar_text(&mut self, version: Version) -> Result<Option<CalendarText>, StoreError> {
        let row = query("SELECT edition, text, sha256 FROM calendar WHERE version = $1")
            .bind(version.get())
            .fetch_optional(&mut self.conn())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let edition = Edition::parse(&row.get::<String>("edition")?);
        let sha256 = row.get::<Vec<u8>>("sha256")?.try_into().map(Sha256::new);
        Ok(Some(CalendarText {
            edition: edition.ok_or(StoreError::Corrupt { column: "edition" })?,
            text: row.get("text")?,
            sha256: sha256.map_err(|_| StoreError::Corrupt { column: "sha256" })?,
        }))
    }
}
