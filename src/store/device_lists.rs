//! Authorities that issue certificates to devices, and the latest list of what each revoked.

use super::Reader;
use super::devices::serial;
use super::engine::{Conn, query};
use super::error::StoreError;
use crate::device_ca::Revoked;
use crate::domain::device::{AuthorityId, EndReason, Serial};
use crate::domain::ids::Version;
use crate::domain::time::Timestamp;

/// Revoked certificates that are read at a time.
const PAGE: usize = 1_000;

/// The latest list of an authority.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredList {
    /// Whose.
    pub authority: AuthorityId,
    /// Its number; [`Version::NONE`] before the first.
    pub number: Version,
    /// The list in DER.
    pub der: Vec<u8>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When the next one is there at the latest.
    pub next_at: Timestamp,
}

/// A revoked certificate as a list needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RevokedCertificate {
    /// What the list says.
    pub revoked: Revoked,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Whether it stood in a list before.
    pub listed: bool,
}

/// Keeps the certificate of an authority; taken if it has one.
pub(super) async fn found(
    id: AuthorityId,
    certificate: &[u8],
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("INSERT INTO device_authority (id, certificate, founded_at) VALUES ($1, $2, $3)")
        .bind(id.as_bytes())
        .bind(certificate)
        .bind(at.micros())
        .execute_one(conn)
        .await
}

/// Puts a list in place of the one before, if that has the number seen, and notes what stands in a list for the first time.
pub(super) async fn publish(
    list: &StoredList,
    newly: &[Serial],
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO device_list (authority_id, number, der, made_at, next_at) \
         SELECT $1, $2, $3, $4, $5 \
         WHERE $6 = 0 OR EXISTS (SELECT 1 FROM device_list WHERE authority_id = $1) \
         ON CONFLICT (authority_id) DO UPDATE SET number = excluded.number, der = excluded.der, \
         made_at = excluded.made_at, next_at = excluded.next_at WHERE device_list.number = $6",
    )
    .bind(list.authority.as_bytes())
    .bind(list.number.get())
    .bind(list.der.as_slice())
    .bind(list.made_at.micros())
    .bind(list.next_at.micros())
    .bind(seen.get())
    .execute_one(conn)
    .await?;
    for serial in newly {
        query("UPDATE device_certificate SET list_number = $1 WHERE serial = $2 AND list_number IS NULL")
            .bind(list.number.get())
            .bind(serial.as_bytes())
            .execute_one(conn)
            .await?;
    }
    Ok(())
}

impl Reader {
    /// The certificate of an authority, in DER.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn device_authority(&mut self, id: AuthorityId) -> Result<Option<Vec<u8>>, StoreError> {
        let row = query("SELECT certificate FROM device_authority WHERE id = $1")
            .bind(id.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| row.get("certificate")).transpose()
    }

    /// The latest list of an authority.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn device_list(&mut self, authority: AuthorityId) -> Result<Option<StoredList>, StoreError> {
        let row = query("SELECT number, der, made_at, next_at FROM device_list WHERE authority_id = $1")
            .bind(authority.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| {
            Ok(StoredList {
                authority,
                number: Version::new(row.get("number")?),
                der: row.get("der")?,
                made_at: Timestamp::from_micros(row.get("made_at")?),
                next_at: Timestamp::from_micros(row.get("next_at")?),
            })
        })
        .transpose()
    }

    /// Whether an authority revoked a certificate that has not ended at `now` and stands in no list.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn has_unlisted(&mut self, authority: AuthorityId, now: Timestamp) -> Result<bool, StoreError> {
        let row = query(
            "SELECT serial FROM device_certificate WHERE authority_id = $1 AND expires_at > $2 \
             AND revoked_at IS NOT NULL AND list_number IS NULL LIMIT 1",
        )
        .bind(authority.as_bytes())
        .bind(now.micros())
        .fetch_optional(&mut self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// Every certificate that an authority revoked and that ends after `since`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn revoked_certificates(
        &mut self,
        authority: AuthorityId,
        since: Timestamp,
    ) -> Result<Vec<RevokedCertificate>, StoreError> {
        let mut all: Vec<RevokedCertificate> = Vec::new();
        loop {
            let (after, serial) = all.last().map_or_else(
                || (since, vec![0xff; 20]),
                |last| (last.expires_at, last.revoked.serial.as_bytes().to_vec()),
            );
            let page = self.revoked_page(authority, after, serial).await?;
            let full = page.len() == PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }

    async fn revoked_page(
        &mut self,
        authority: AuthorityId,
        expires_at: Timestamp,
        after: Vec<u8>,
    ) -> Result<Vec<RevokedCertificate>, StoreError> {
        let rows = query(
            "SELECT c.serial, c.revoked_at, c.expires_at, c.list_number, d.end_reason \
             FROM device_certificate c JOIN device d ON d.id = c.device_id \
             WHERE c.authority_id = $1 AND c.revoked_at IS NOT NULL AND (c.expires_at, c.serial) > ($2, $3) \
             ORDER BY c.expires_at, c.serial LIMIT $4",
        )
        .bind(authority.as_bytes())
        .bind(expires_at.micros())
        .bind(after)
        .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
        .fetch_all(&mut self.conn())
        .await?;
        let read = |row: &super::engine::Row| {
            let reason = row.get::<Option<String>>("end_reason")?.and_then(|name| EndReason::from_name(&name));
            let revoked = Revoked {
                serial: serial(row)?,
                at: Timestamp::from_micros(row.get("revoked_at")?),
                reason: reason.ok_or(StoreError::Corrupt { column: "end_reason" })?,
            };
            let expires_at = Timestamp::from_micros(row.get("expires_at")?);
            Ok(RevokedCertificate { revoked, expires_at, listed: row.get::<Option<i64>>("list_number")?.is_some() })
        };
        rows.iter().map(read).collect()
    }
}
