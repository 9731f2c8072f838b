//! Devices, every one that was ever bound, with their certificates.

use super::account_events::Happened;
use super::engine::{Conn, Row, insert, query};
use super::error::StoreError;
use super::{Reader, contact_changes};
use crate::domain::account_event::AccountVerb;
use crate::domain::contact::FailureReason;
use crate::domain::device::{
    Assurance, AuthorityId, Device, DeviceCertificate, DeviceKey, DeviceState, EndReason, KeyThumbprint, Route, Serial,
};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// Devices of an account that are shown at most.
const SHOWN_MAX: i64 = 100;

/// A device with what it gets when it is bound.
#[derive(Clone, Debug)]
pub struct BoundDevice {
    /// The device.
    pub device: Device,
    /// Its first certificate.
    pub certificate: DeviceCertificate,
    /// The sealed secret of its offline codes.
    pub secret: Sealed,
}

/// Binds a device; taken if the account has one, or the key was used before.
pub(super) async fn bind(bound: &BoundDevice, happened: &mut Happened, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let device = &bound.device;
    happened.note_device(device.account, AccountVerb::DeviceBound);
    insert(
        "INSERT INTO device (id, account_id, key_thumbprint, spki, route, assurance, bound_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(device.id.uuid())
    .bind(device.account.uuid())
    .bind(device.key.thumbprint().as_bytes())
    .bind(device.key.spki())
    .bind(device.route.name())
    .bind(device.assurance.name())
    .bind(device.bound_at.micros())
    .execute_one(conn)
    .await?;
    insert_certificate(&bound.certificate, conn).await?;
    insert(
        "INSERT INTO device_totp (device_id, secret, last_step, failures_day, failures_today, failures_in_row) \
         VALUES ($1, $2, -1, 0, 0, 0)",
    )
    .bind(device.id.uuid())
    .bind(bound.secret.as_bytes())
    .execute_one(conn)
    .await
}

/// Ends a device that is active, and revokes those of its certificates that have not ended by themselves.
pub(super) async fn end(
    (id, reason): (DeviceId, EndReason),
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let ended = query(
        "UPDATE device SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL RETURNING account_id",
    )
    .bind(at.micros())
    .bind(reason.name())
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    let account = AccountId::new(ended.ok_or(StoreError::Changed)?.get("account_id")?);
    happened.note_device(account, AccountVerb::DeviceEnded);
    contact_changes::void(account, FailureReason::AccountChanged, at, happened, conn).await?;
    query(
        "UPDATE device_certificate SET revoked_at = $1 WHERE device_id = $2 AND expires_at > $3 AND revoked_at IS NULL",
    )
    .bind(at.micros())
    .bind(id.uuid())
    .bind(at.micros())
    .execute(conn)
    .await
    .map(drop)
}

/// Adds another certificate of a device that is active. The device's row is held meanwhile, so that no certificate slips
/// past an end that happens at the same time.
pub(super) async fn renew(certificate: &DeviceCertificate, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE device SET ended_at = NULL WHERE id = $1 AND ended_at IS NULL")
        .bind(certificate.device.uuid())
        .execute_one(conn)
        .await?;
    insert_certificate(certificate, conn).await
}

async fn insert_certificate(certificate: &DeviceCertificate, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    insert(
        "INSERT INTO device_certificate (serial, device_id, authority_id, der, issued_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(certificate.serial.as_bytes())
    .bind(certificate.device.uuid())
    .bind(certificate.authority.as_bytes())
    .bind(certificate.der.as_slice())
    .bind(certificate.issued_at.micros())
    .bind(certificate.expires_at.micros())
    .execute_one(conn)
    .await
}

impl Reader {
    /// The device that an account has now.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn active_device(&mut self, account: AccountId) -> Result<Option<Device>, StoreError> {
        let row = query("SELECT * FROM device WHERE account_id = $1 AND ended_at IS NULL")
            .bind(account.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(device).transpose()
    }

    /// The device of that name.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn device(&mut self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        let row = query("SELECT * FROM device WHERE id = $1").bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(device).transpose()
    }

    /// The device that has, or had, that key.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn device_by_key(&mut self, key: KeyThumbprint) -> Result<Option<Device>, StoreError> {
        let row = query("SELECT * FROM device WHERE key_thumbprint = $1")
            .bind(key.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(device).transpose()
    }

    /// Every device that was bound to an account, the latest first, at most a hundred.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn devices_of(&mut self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        let rows = query("SELECT * FROM device WHERE account_id = $1 ORDER BY bound_at DESC, id DESC LIMIT $2")
            .bind(account.uuid())
            .bind(SHOWN_MAX)
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(device).collect()
    }

    /// The certificate with that serial number.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn device_certificate(&mut self, serial: Serial) -> Result<Option<DeviceCertificate>, StoreError> {
        let row = query("SELECT * FROM device_certificate WHERE serial = $1")
            .bind(serial.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(certificate).transpose()
    }

    /// The latest certificate of a device.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn latest_certificate(&mut self, device: DeviceId) -> Result<Option<DeviceCertificate>, StoreError> {
        let row = query(
            "SELECT * FROM device_certificate WHERE device_id = $1 ORDER BY issued_at DESC, expires_at DESC LIMIT 1",
        )
        .bind(device.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        row.as_ref().map(certificate).transpose()
    }
}

const fn corrupt(column: &'static str) -> StoreError {
    StoreError::Corrupt { column }
}

fn device(row: &Row) -> Result<Device, StoreError> {
    let ended = row.get::<Option<i64>>("ended_at")?.map(Timestamp::from_micros);
    let reason = row.get::<Option<String>>("end_reason")?.map(|name| EndReason::from_name(&name));
    let state = match (ended, reason) {
        (None, None) => DeviceState::Active,
        (Some(at), Some(Some(reason))) => DeviceState::Ended { at, reason },
        _ => return Err(corrupt("end_reason")),
    };
    Ok(Device {
        id: DeviceId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        key: DeviceKey::parse(&row.get::<Vec<u8>>("spki")?).map_err(|_| corrupt("spki"))?,
        bound_at: Timestamp::from_micros(row.get("bound_at")?),
        route: Route::from_name(&row.get::<String>("route")?).ok_or(corrupt("route"))?,
        assurance: Assurance::from_name(&row.get::<String>("assurance")?).ok_or(corrupt("assurance"))?,
        state,
    })
}

pub(super) fn serial(row: &Row) -> Result<Serial, StoreError> {
    Serial::from_bytes(&row.get::<Vec<u8>>("serial")?).ok_or(corrupt("serial"))
}

fn certificate(row: &Row) -> Result<DeviceCertificate, StoreError> {
    let authority = AuthorityId::parse(&row.get::<Vec<u8>>("authority_id")?);
    Ok(DeviceCertificate {
        serial: serial(row)?,
        device: DeviceId::new(row.get("device_id")?),
        authority: authority.map_err(|_| corrupt("authority_id"))?,
        der: row.get("der")?,
        issued_at: Timestamp::from_micros(row.get("issued_at")?),
        expires_at: Timestamp::from_micros(row.get("expires_at")?),
        revoked_at: row.get::<Option<i64>>("revoked_at")?.map(Timestamp::from_micros),
    })
}
