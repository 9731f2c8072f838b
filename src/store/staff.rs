//! The staff directory.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::ids::StaffId;
use crate::domain::staff::{CertificateName, OfficeCode, Post, Role, StaffMember};
use crate::domain::time::Timestamp;

pub(super) async fn insert(member: &StaffMember, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("INSERT INTO staff (id, role, office, enabled, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(member.id.uuid())
        .bind(member.post.role().name())
        .bind(member.post.office().map(|office| office.as_str().to_owned()))
        .bind(member.enabled)
        .bind(member.registered_at.micros())
        .execute_one(conn)
        .await?;
    query("INSERT INTO staff_certificate (issuer, uri, staff_id, created_at) VALUES ($1, $2, $3, $4)")
        .bind(member.certificate.issuer.as_str())
        .bind(member.certificate.uri.as_str())
        .bind(member.id.uuid())
        .bind(member.registered_at.micros())
        .execute_one(conn)
        .await
}

/// Disables an entry that is enabled.
pub(super) async fn disable(id: StaffId, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE staff SET enabled = $1 WHERE id = $2 AND enabled = $3")
        .bind(false)
        .bind(id.uuid())
        .bind(true)
        .execute_one(conn)
        .await
}

impl Reader {
    /// The entry for a certificate, enabled or not.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_by_certificate(&mut self, name: &CertificateName) -> Result<Option<StaffMember>, StoreError> {
        let row = query(
            "SELECT staff.id, issuer, uri, role, office, enabled, staff.created_at FROM staff_certificate \
             JOIN staff ON staff.id = staff_certificate.staff_id WHERE issuer = $1 AND uri = $2",
        )
        .bind(name.issuer.as_str())
        .bind(name.uri.as_str())
        .fetch_optional(&mut self.conn())
        .await?;
        row.as_ref().map(member).transpose()
    }
}

fn member(row: &Row) -> Result<StaffMember, StoreError> {
    let role = Role::from_name(&row.get::<String>("role")?).ok_or(StoreError::Corrupt { column: "role" })?;
    let office = row.get::<Option<String>>("office")?;
    let office = office.map(|code| OfficeCode::parse(&code)).transpose();
    let office = office.map_err(|_| StoreError::Corrupt { column: "office" })?;
    Ok(StaffMember {
        id: StaffId::new(row.get("id")?),
        certificate: CertificateName { issuer: row.get("issuer")?, uri: row.get("uri")? },
        post: Post::new(role, office).ok_or(StoreError::Corrupt { column: "office" })?,
        registered_at: Timestamp::from_micros(row.get("created_at")?),
        enabled: row.get("enabled")?,
    })
}
