//! Verifying: is this the account's device, and is it there? Revoked, expired and unknown are answers, not errors.

use serde::{Deserialize, Serialize};

use super::Answer;
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Repeat};
use crate::device_ca::serial_of;
use crate::domain::audit::Action;
use crate::domain::device::{
    About, Assurance, CertificateStanding, ChallengeValue, Device, DeviceCertificate, DevicePurpose, DeviceSignature,
    KeyThumbprint, NotProven,
};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, Unit};

/// By what a device is named.
#[derive(Clone, Debug)]
pub enum ShownDevice {
    /// One of its certificates, in DER.
    Certificate(Vec<u8>),
    /// Its key: its latest certificate is meant.
    Key(KeyThumbprint),
}

/// What a device that was shown is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum VerifiedDevice {
    /// It is the account's device, it is there, and its certificate is good.
    Valid {
        /// Which.
        device: DeviceId,
        /// Whether the binding is of the high level of assurance; substantial otherwise.
        high: bool,
        /// When its certificate ends.
        expires_at: Timestamp,
    },
    /// It was ended, or the certificate was revoked.
    Revoked,
    /// The certificate's days are over.
    Expired,
    /// There is no such device, or it is another account's.
    Unknown,
    /// The challenge was answered before, has ended, or is for something else.
    ChallengeUnusable,
    /// The device did not sign it.
    WrongSignature,
    /// It is the account's device, and the account is locked or closed.
    Locked,
}

impl VerifiedDevice {
    const fn name(self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::ChallengeUnusable => "challenge-unusable",
            Self::WrongSignature => "wrong-signature",
            Self::Locked => "locked",
        }
    }

    fn of(device: &Device, certificate: &DeviceCertificate, now: Timestamp) -> Self {
        match certificate.standing(now) {
            _ if !device.is_active() => Self::Revoked,
            CertificateStanding::Revoked => Self::Revoked,
            CertificateStanding::Expired => Self::Expired,
            CertificateStanding::Valid => Self::Valid {
                device: device.id,
                high: device.assurance == Assurance::High,
                expires_at: certificate.expires_at,
            },
        }
    }
}

impl App {
    /// Judges a device and its answer to a challenge.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn verify_device(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, shown): (AccountId, &ShownDevice),
        (challenge, signature): (ChallengeValue, &DeviceSignature),
    ) -> Result<VerifiedDevice, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.verify_once(by, repeat, (account, shown), (challenge, signature), now)).await
    }

    async fn verify_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, shown): (AccountId, &ShownDevice),
        (challenge, signature): (ChallengeValue, &DeviceSignature),
        now: Timestamp,
    ) -> Result<Attempt<VerifiedDevice>, Error> {
        let mut reader = self.store().snapshot().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let found = named(&mut reader, shown).await?.filter(|(device, _)| device.account == account);
        let Some((device, certificate)) = found else { return Ok(Attempt::Unchanged(VerifiedDevice::Unknown)) };
        let purpose = DevicePurpose::Verification;
        let answer = Answer { account, purpose, key: &device.key, challenge, signature, about: &About::Nothing };
        let verified = match self.proven(&mut reader, &answer, now).await? {
            Ok(_) => match VerifiedDevice::of(&device, &certificate, now) {
                VerifiedDevice::Valid { .. } if self.is_held(&mut reader, account, now).await? => {
                    VerifiedDevice::Locked
                }
                verified => verified,
            },
            Err(NotProven::WrongSignature) => VerifiedDevice::WrongSignature,
            Err(NotProven::Unusable) => return Ok(Attempt::Unchanged(VerifiedDevice::ChallengeUnusable)),
        };
        let entry = self
            .entry(now, by.actor(), Action::DeviceVerified, account.uuid())
            .with("device", device.id.to_string())
            .with("outcome", verified.name());
        let unit = Unit::new(entry).with(repeat.remember(by, &verified)?).with(Change::SpendDeviceChallenge(challenge));
        Ok(Attempt::Change(verified, unit))
    }
}

/// The device that is shown, with the certificate that is meant. A certificate is ours if it is the one that was issued,
/// byte for byte: its signature need not be asked.
async fn named(reader: &mut Reader, shown: &ShownDevice) -> Result<Option<(Device, DeviceCertificate)>, Error> {
    let (device, certificate) = match shown {
        ShownDevice::Certificate(der) => {
            let Some(serial) = serial_of(der) else { return Ok(None) };
            let Some(kept) = reader.device_certificate(serial).await?.filter(|kept| kept.der == *der) else {
                return Ok(None);
            };
            (reader.device(kept.device).await?, Some(kept))
        }
        ShownDevice::Key(key) => {
            let Some(device) = reader.device_by_key(*key).await? else { return Ok(None) };
            let latest = reader.latest_certificate(device.id).await?;
            (Some(device), latest)
        }
    };
    Ok(device.zip(certificate))
}
