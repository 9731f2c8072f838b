//! The staff directory. What is guessed at in it stands in `staff_codes`.

use std::sync::LazyLock;

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::ids::{StaffId, Version};
use crate::domain::staff::{
    CertificateName, DisabledFor, IdleDays, OfficeCode, Post, Role, StaffCertificate, StaffMember,
};
use crate::domain::time::Timestamp;

/// An entry beside one of its certificates.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT staff.id, issuer, uri, role, office, enabled, staff.created_at, posted_at, disabled_for, seen_at, \
             active_at, reviewed_at, version, announced, ended_at, staff_certificate.created_at AS added_at, \
             (SELECT revision FROM office_revision WHERE name = 'offices') AS office_revision \
             FROM staff JOIN staff_certificate ON staff_certificate.staff_id = staff.id WHERE ",
            $rest
        )
    };
}

/// An entry beside the certificate that is in use: where it is not asked for by one.
macro_rules! entries_once {
    ($rest:literal) => {
        concat!(
            "SELECT staff.id, issuer, uri, role, office, enabled, staff.created_at, posted_at, disabled_for, seen_at, \
             active_at, reviewed_at, version \
             FROM staff JOIN staff_certificate ON staff_certificate.staff_id = staff.id \
             WHERE (issuer, uri) = (SELECT c.issuer, c.uri FROM staff_certificate AS c WHERE c.staff_id = staff.id \
             ORDER BY c.ended_at IS NOT NULL, c.announced, c.created_at DESC, c.issuer, c.uri LIMIT 1) AND ",
            $rest
        )
    };
}

/// Persons of a page whose entries are enabled and were last heard of by an instant. Who is no person, the domain says.
static IDLE: LazyLock<String> = LazyLock::new(|| {
    let systems = Role::ALL.into_iter().filter(|role| !role.is_person()).map(|role| format!("'{}'", role.name()));
    format!(
        entries_once!("enabled AND role NOT IN ({}) AND active_at <= $1 AND staff.id > $2 ORDER BY staff.id LIMIT $3"),
        systems.collect::<Vec<_>>().join(", ")
    )
});

/// Which entries are listed: all of these at once.
#[derive(Clone, Debug, Default)]
pub struct StaffFilter {
    /// Of this role.
    pub role: Option<Role>,
    /// That carry this code.
    pub office: Option<OfficeCode>,
    /// That are enabled, and were entered and last reviewed before this instant.
    pub review_due: Option<Timestamp>,
}

pub(super) async fn insert(member: &StaffMember, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO staff (id, role, office, enabled, created_at, version, posted_at, disabled_for, seen_at, active_at, \
         reviewed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(member.id.uuid())
    .bind(member.post.role().name())
    .bind(member.post.office().map(|office| office.as_str().to_owned()))
    .bind(member.enabled)
    .bind(member.registered_at.micros())
    .bind(member.version.get())
    .bind(member.posted_at.micros())
    .bind(member.disabled_for.map(|reason| reason.name().to_owned()))
    .bind(member.seen_at.map(Timestamp::micros))
    .bind(member.active_at.map(Timestamp::micros))
    .bind(member.reviewed_at.map(Timestamp::micros))
    .execute_one(conn)
    .await?;
    certify(member.id, &member.certificate, false, member.registered_at, conn).await
}

async fn certify(
    id: StaffId,
    name: &CertificateName,
    announced: bool,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("INSERT INTO staff_certificate (issuer, uri, staff_id, created_at, announced) VALUES ($1, $2, $3, $4, $5)")
        .bind(name.issuer.as_str())
        .bind(name.uri.as_str())
        .bind(id.uuid())
        .bind(at.micros())
        .bind(announced)
        .execute_one(conn)
        .await
}

/// Waits for every other change of the directory that is under way: what the next statement reads is what it left.
async fn queue(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE staff_directory SET revision = revision + 1 WHERE id = 1").execute_one(conn).await
}

/// Saves an entry that is at the version it carries, unless it was the last administrator who may call and would be one no
/// longer. Somebody whose idle days are over at `at` is not counted as one. Calls that were noted since it was read stay noted.
pub(super) async fn save(
    member: &StaffMember,
    idle: IdleDays,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    queue(conn).await?;
    let stays = member.enabled && member.post.role() == Role::Administrator;
    query(
        "UPDATE staff SET role = $1, office = $2, enabled = $3, posted_at = $4, disabled_for = $5, \
         active_at = CASE WHEN active_at IS NULL OR active_at < $6 THEN $6 ELSE active_at END, reviewed_at = $7, version = version + 1 WHERE id = $8 AND version = $9 \
         AND ($10 OR role <> 'administrator' OR NOT enabled OR EXISTS (SELECT 1 FROM staff AS other \
         WHERE other.id <> $8 AND other.role = 'administrator' AND other.enabled \
         AND (other.active_at IS NULL OR other.active_at > $11)))",
    )
    .bind(member.post.role().name())
    .bind(member.post.office().map(|office| office.as_str().to_owned()))
    .bind(member.enabled)
    .bind(member.posted_at.micros())
    .bind(member.disabled_for.map(|reason| reason.name().to_owned()))
    .bind(member.active_at.map(Timestamp::micros))
    .bind(member.reviewed_at.map(Timestamp::micros))
    .bind(member.id.uuid())
    .bind(member.version.get())
    .bind(stays)
    .bind(idle.before(at).micros())
    .execute_one(conn)
    .await
}

/// Enters another certificate of an entry that is at the version seen. It takes the place of the others when it is shown.
pub(super) async fn announce(
    id: StaffId,
    name: &CertificateName,
    seen: Version,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE staff SET version = version + 1 WHERE id = $1 AND version = $2")
        .bind(id.uuid())
        .bind(seen.get())
        .execute_one(conn)
        .await?;
    certify(id, name, true, at, conn).await
}

/// Ends every other certificate of an entry, announced or not: this one, which was announced, is shown.
pub(super) async fn take_up(
    id: StaffId,
    name: &CertificateName,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    // Two that are shown at once would end each other.
    queue(conn).await?;
    query(
        "UPDATE staff_certificate SET announced = $1 WHERE issuer = $2 AND uri = $3 AND staff_id = $4 AND announced \
         AND ended_at IS NULL",
    )
    .bind(false)
    .bind(name.issuer.as_str())
    .bind(name.uri.as_str())
    .bind(id.uuid())
    .execute_one(conn)
    .await?;
    query(
        "UPDATE staff_certificate SET ended_at = $1 WHERE staff_id = $2 AND ended_at IS NULL \
         AND (issuer <> $3 OR uri <> $4)",
    )
    .bind(at.micros())
    .bind(id.uuid())
    .bind(name.issuer.as_str())
    .bind(name.uri.as_str())
    .execute(conn)
    .await
    .map(drop)
}

/// Notes when entries called last. The version stays: nobody changed anything.
pub(super) async fn note_seen(seen: &[(StaffId, Timestamp)], conn: &mut Conn<'_>) -> Result<(), StoreError> {
    for (id, at) in seen {
        query(
            "UPDATE staff SET seen_at = $1, active_at = CASE WHEN active_at > $1 THEN active_at ELSE $1 END \
             WHERE id = $2 AND (seen_at IS NULL OR seen_at < $1)",
        )
        .bind(at.micros())
        .bind(id.uuid())
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Begins to count the idle days of entries of which nobody knows when they called last.
pub(super) async fn begin_count(at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE staff SET active_at = $1 WHERE active_at IS NULL").bind(at.micros()).execute(conn).await.map(drop)
}

impl Reader {
    /// The entry for a certificate that has not ended, enabled or not.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_by_certificate(&mut self, name: &CertificateName) -> Result<Option<StaffMember>, StoreError> {
        let found = self.staff_showing(name).await?;
        Ok(found.filter(|(_, certificate, _)| certificate.ended_at.is_none()).map(|(member, ..)| member))
    }

    /// The same, with what is known of the certificate, ended or not, and how often offices were imported.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_showing(
        &mut self,
        name: &CertificateName,
    ) -> Result<Option<(StaffMember, StaffCertificate, Version)>, StoreError> {
        let row = query(entries!("issuer = $1 AND uri = $2"))
            .bind(name.issuer.as_str())
            .bind(name.uri.as_str())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| {
            let offices = row.get::<Option<i64>>("office_revision")?.map_or(Version::NONE, Version::new);
            Ok((member(&row)?, certificate(&row)?, offices))
        })
        .transpose()
    }

    /// An entry, with the certificate that is in use.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff(&mut self, id: StaffId) -> Result<Option<StaffMember>, StoreError> {
        let row = query(entries_once!("staff.id = $1")).bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(member).transpose()
    }

    /// The certificates of an entry, newest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_certificates(&mut self, id: StaffId) -> Result<Vec<StaffCertificate>, StoreError> {
        let rows = query(
            "SELECT issuer, uri, created_at AS added_at, announced, ended_at FROM staff_certificate WHERE staff_id = $1 \
             ORDER BY added_at DESC, issuer, uri LIMIT 100",
        )
        .bind(id.uuid())
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(certificate).collect()
    }

    /// Entries that match, after `after`, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_listed(
        &mut self,
        filter: &StaffFilter,
        after: Option<StaffId>,
        limit: u32,
    ) -> Result<Vec<StaffMember>, StoreError> {
        let rows = query(entries_once!(
            "($1 = '' OR role = $1) AND ($2 = '' OR office = $2) \
             AND ($3 = 0 OR (enabled AND COALESCE(reviewed_at, staff.created_at) < $3)) \
             AND staff.id > $4 ORDER BY staff.id LIMIT $5"
        ))
        .bind(filter.role.map_or("", Role::name))
        .bind(filter.office.as_ref().map_or("", OfficeCode::as_str))
        .bind(filter.review_due.map_or(0, Timestamp::micros))
        .bind(after.map_or(uuid::Uuid::nil(), StaffId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(member).collect()
    }

    /// Persons whose entries are enabled and were last heard of by `before`, after `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_idle(
        &mut self,
        before: Timestamp,
        after: Option<StaffId>,
        limit: u32,
    ) -> Result<Vec<StaffMember>, StoreError> {
        let rows = query(&IDLE)
            .bind(before.micros())
            .bind(after.map_or(uuid::Uuid::nil(), StaffId::uuid))
            .bind(i64::from(limit))
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(member).collect()
    }

    /// Whether there is another administrator who may call: enabled, and heard of after `idle_before`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn has_other_administrator(&mut self, than: StaffId, idle_before: Timestamp) -> Result<bool, StoreError> {
        let row = query(
            "SELECT id FROM staff WHERE id <> $1 AND role = 'administrator' AND enabled \
             AND (active_at IS NULL OR active_at > $2) LIMIT 1",
        )
        .bind(than.uuid())
        .bind(idle_before.micros())
        .fetch_optional(&mut self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// Whether there are entries whose idle days nobody counts yet.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn has_uncounted_staff(&mut self) -> Result<bool, StoreError> {
        let row =
            query("SELECT id FROM staff WHERE active_at IS NULL LIMIT 1").fetch_optional(&mut self.conn()).await?;
        Ok(row.is_some())
    }
}

fn instant(row: &Row, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.get::<Option<i64>>(column)?.map(Timestamp::from_micros))
}

fn certificate(row: &Row) -> Result<StaffCertificate, StoreError> {
    Ok(StaffCertificate {
        name: CertificateName { issuer: row.get("issuer")?, uri: row.get("uri")? },
        added_at: Timestamp::from_micros(row.get("added_at")?),
        announced: row.get("announced")?,
        ended_at: instant(row, "ended_at")?,
    })
}

fn member(row: &Row) -> Result<StaffMember, StoreError> {
    let role = Role::from_name(&row.get::<String>("role")?).ok_or(StoreError::Corrupt { column: "role" })?;
    let office = row.get::<Option<String>>("office")?;
    let office = office.map(|code| OfficeCode::parse(&code)).transpose();
    let office = office.map_err(|_| StoreError::Corrupt { column: "office" })?;
    let reason = row.get::<Option<String>>("disabled_for")?;
    let disabled_for = reason
        .map(|reason| DisabledFor::from_name(&reason).ok_or(StoreError::Corrupt { column: "disabled_for" }))
        .transpose()?;
    let registered_at = Timestamp::from_micros(row.get("created_at")?);
    Ok(StaffMember {
        id: StaffId::new(row.get("id")?),
        certificate: CertificateName { issuer: row.get("issuer")?, uri: row.get("uri")? },
        post: Post::new(role, office).ok_or(StoreError::Corrupt { column: "office" })?,
        registered_at,
        posted_at: instant(row, "posted_at")?.unwrap_or(registered_at),
        enabled: row.get("enabled")?,
        disabled_for,
        seen_at: instant(row, "seen_at")?,
        active_at: instant(row, "active_at")?,
        reviewed_at: instant(row, "reviewed_at")?,
        version: Version::new(row.get("version")?),
    })
}
