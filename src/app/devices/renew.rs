//! Renewal: another certificate for a device that shows it still has its key.

use serde::{Deserialize, Serialize};

use super::Answer;
use super::bind::lost;
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Repeat};
use crate::domain::audit::Action;
use crate::domain::device::{
    About, ChallengeValue, DeviceCertificate, DevicePurpose, DeviceSignature, NotProven, Serial,
};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::store::{Change, Unit};

/// What became of a wish for another certificate.
#[derive(Debug)]
pub enum Renewed {
    /// Here it is.
    Renewed(DeviceCertificate),
    /// The one before is good for long enough.
    TooEarly {
        /// When to ask again.
        from: Timestamp,
    },
    /// The account has no device.
    NoDevice,
    /// The account is locked or closed.
    Locked,
    /// The challenge was answered before, has ended, or is for something else.
    ChallengeUnusable,
    /// The account's device did not sign it.
    WrongSignature,
}

/// The first answer to a wish.
#[derive(Serialize, Deserialize)]
enum First {
    Renewed(String),
    WrongSignature,
}

impl App {
    /// Issues another certificate to the account's device.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn renew_device(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        (challenge, signature): (ChallengeValue, &DeviceSignature),
    ) -> Result<Renewed, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.renew_once(by, repeat, account, (challenge, signature), now)).await
    }

    async fn renew_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        (challenge, signature): (ChallengeValue, &DeviceSignature),
        now: Timestamp,
    ) -> Result<Attempt<Renewed>, Error> {
        let authority = self.issuing_authority().await?;
        let mut reader = self.store().reader().await?;
        match self.first_answer(&mut reader, by, repeat).await? {
            Some(First::WrongSignature) => return Ok(Attempt::Answered(Renewed::WrongSignature)),
            Some(First::Renewed(serial)) => {
                let serial = hex::decode(serial).ok().and_then(|bytes| Serial::from_bytes(&bytes));
                let kept = match serial {
                    Some(serial) => reader.device_certificate(serial).await?,
                    None => None,
                };
                return kept
                    .map(|kept| Attempt::Answered(Renewed::Renewed(kept)))
                    .ok_or_else(|| lost("device_certificate"));
            }
            None => {}
        }
        let Some(device) = reader.active_device(account).await? else {
            return Ok(Attempt::Unchanged(Renewed::NoDevice));
        };
        if self.is_held(&mut reader, account, now).await? {
            return Ok(Attempt::Unchanged(Renewed::Locked));
        }
        let latest = reader.latest_certificate(device.id).await?;
        if let Some(from) = latest.map(|latest| latest.renewable_from()).filter(|from| now < *from) {
            return Ok(Attempt::Unchanged(Renewed::TooEarly { from }));
        }
        let purpose = DevicePurpose::Renewal;
        let answer = Answer { account, purpose, key: &device.key, challenge, signature, about: &About::Nothing };
        let spent = Change::SpendDeviceChallenge(challenge);
        match self.proven(&mut reader, &answer, now).await? {
            Err(NotProven::Unusable) => Ok(Attempt::Unchanged(Renewed::ChallengeUnusable)),
            Err(NotProven::WrongSignature) => {
                let entry = self.device_refused(by, account, purpose, now);
                let unit = Unit::new(entry).with(repeat.remember(by, &First::WrongSignature)?).with(spent);
                Ok(Attempt::Change(Renewed::WrongSignature, unit))
            }
            Ok(_) => {
                let certificate = self.certificate(&authority, &device, now)?;
                let entry = self
                    .entry(now, by.actor(), Action::DeviceRenewed, account.uuid())
                    .with("device", device.id.to_string())
                    .with("certificate", certificate.serial.to_string());
                let unit = Unit::new(entry)
                    .with(repeat.remember(by, &First::Renewed(certificate.serial.to_string()))?)
                    .with(spent)
                    .with(Change::RenewDevice(Box::new(certificate.clone())));
                Ok(Attempt::Change(Renewed::Renewed(certificate), unit))
            }
        }
    }
}
