//! Units and offices: their dated records, and how often they were imported.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::ids::Version;
use crate::domain::office::{RECORDS_MAX, Record};

/// The name of the one row of `office_revision`.
const REVISION: &str = "offices";

/// Adds the records of an import, if offices were imported as often as `seen`. None is overwritten.
pub(super) async fn add(records: &[Record], seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO office_revision (name, revision) SELECT $1, 1 \
         WHERE $2 = 0 OR EXISTS (SELECT 1 FROM office_revision WHERE name = $1) \
         ON CONFLICT (name) DO UPDATE SET revision = office_revision.revision + 1 WHERE office_revision.revision = $2",
    )
    .bind(REVISION)
    .bind(seen.get())
    .execute_one(conn)
    .await?;
    for record in records {
        insert(record, seen.get().saturating_add(1), conn).await?;
    }
    Ok(())
}

async fn insert(record: &Record, revision: i64, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let statement = query(
        "INSERT INTO office (revision, line, record, code, valid_from, valid_until, name_vi, name_ascii, kind, \
         city_since, seat, successor, basis) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(revision)
    .bind(i64::from(record.line));
    record.fields().into_iter().fold(statement, super::engine::Query::bind).execute_one(conn).await
}

impl Reader {
    /// How often offices were imported: [`Version::NONE`] if never.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn office_revision(&mut self) -> Result<Version, StoreError> {
        let row = query("SELECT revision FROM office_revision WHERE name = $1")
            .bind(REVISION)
            .fetch_optional(&mut self.conn())
            .await?;
        row.map_or(Ok(Version::NONE), |row| row.get("revision").map(Version::new))
    }

    /// Every record as it stands: of those with the same subject, code and first day, the latest.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn office_records(&mut self) -> Result<Vec<Record>, StoreError> {
        let rows = query(
            "SELECT line, record, code, valid_from, valid_until, name_vi, name_ascii, kind, city_since, seat, successor, \
             basis FROM office WHERE revision = (SELECT MAX(revision) FROM office AS later WHERE \
             later.record = office.record AND later.code = office.code AND later.valid_from = office.valid_from) \
             ORDER BY record, code, valid_from LIMIT $1",
        )
        .bind(i64::try_from(RECORDS_MAX).unwrap_or(i64::MAX))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<Record, StoreError> {
    const NAMES: [&str; 11] = [
        "record",
        "code",
        "valid_from",
        "valid_until",
        "name_vi",
        "name_ascii",
        "kind",
        "city_since",
        "seat",
        "successor",
        "basis",
    ];
    let texts = NAMES.iter().map(|name| row.get::<String>(name)).collect::<Result<Vec<_>, _>>()?;
    let fields: [String; 11] = texts.try_into().map_err(|_| StoreError::Corrupt { column: "record" })?;
    let line = u32::try_from(row.get::<i64>("line")?).map_err(|_| StoreError::Corrupt { column: "line" })?;
    let read = Record::read(line, &fields);
    let record = read.map_err(|faults| StoreError::Corrupt { column: faults.first().map_or("record", |f| f.field) })?;
    Ok(Record { kept: true, ..record })
}
