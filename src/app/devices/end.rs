//! Ending a device without another in its place: it is lost, or the holder gives it up.

use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Repeat};
use crate::domain::audit::Action;
use crate::domain::device::{Device, DeviceState, EndReason};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::message::NoticeText;
use crate::domain::time::Timestamp;
use crate::store::{Change, Unit};

impl App {
    /// Ends a device and revokes its certificates; when. One that was ended before stays as it was.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a device that is none of the account's, [`Error::RequestIdReused`].
    pub async fn revoke_device(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, device): (AccountId, DeviceId),
        reason: EndReason,
    ) -> Result<Timestamp, Error> {
        let now = self.clock().now();
        let ended_at = self.once(by, repeat, || self.revoke_once(by, repeat, (account, device), reason, now)).await?;
        self.publish_soon().await;
        Ok(ended_at)
    }

    async fn revoke_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, device): (AccountId, DeviceId),
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Attempt<Timestamp>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let missing = || Error::NotFound(Missing::Device);
        let found = reader.device(device).await?.filter(|found| found.account == account).ok_or_else(missing)?;
        if let DeviceState::Ended { at, .. } = found.state {
            return Ok(Attempt::Unchanged(at));
        }
        let stored = reader.account(account).await?.ok_or_else(missing)?;
        drop(reader);
        let entry = self
            .entry(now, by.actor(), Action::DeviceEnded, account.uuid())
            .with("device", device.to_string())
            .with("reason", reason.name());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &now)?)
            .with(Change::EndDevice(device, reason))
            .with_all(self.tell(&stored, &NoticeText::DeviceChanged, now)?);
        Ok(Attempt::Change(now, unit))
    }

    /// Every device that was bound to an account, the latest first. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account.
    pub async fn devices_of(&self, by: &Caller, account: AccountId) -> Result<Vec<Device>, Error> {
        let mut reader = self.store().reader().await?;
        reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        let devices = reader.devices_of(account).await?;
        drop(reader);
        let now = self.clock().now();
        let entry = self.entry(now, by.actor(), Action::DevicesListed, account.uuid());
        self.commit(Unit::new(entry.with("found", devices.len().to_string()))).await?;
        Ok(devices)
    }
}
