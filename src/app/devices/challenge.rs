//! Challenges: drawn for an account, a purpose and a key, and answered once; what a device that is to be bound shows.

use serde::{Deserialize, Serialize};

use crate::app::{App, Caller, Error, Missing};
use crate::domain::audit::Action;
use crate::domain::device::{
    About, Assurance, Challenge, ChallengeValue, DeviceKey, DevicePurpose, DeviceSignature, KeyProof, KeyThumbprint,
    NotProven,
};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, Unit};

/// A signature as it came, and what it should be of.
#[derive(Clone, Debug)]
pub(in crate::app) struct Answer<'a> {
    /// For which account.
    pub(in crate::app) account: AccountId,
    /// For what.
    pub(in crate::app) purpose: DevicePurpose,
    /// The key that signed.
    pub(in crate::app) key: &'a DeviceKey,
    /// The challenge.
    pub(in crate::app) challenge: ChallengeValue,
    /// What was answered to it.
    pub(in crate::app) signature: &'a DeviceSignature,
    /// What the signed text names beside the purpose.
    pub(in crate::app) about: &'a About,
}

/// A device that is to be bound: its key, and what shows that it is there. No Debug: the evidence is a token.
#[derive(Clone)]
pub struct NewDevice {
    /// Its key.
    pub key: DeviceKey,
    /// The challenge that it answers.
    pub challenge: ChallengeValue,
    /// What it answers.
    pub signature: DeviceSignature,
    /// Signed evidence of a face check.
    pub face_check: Option<String>,
}

/// Why a device cannot be bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NotBindable {
    /// The challenge was answered before, has ended, or is for something else.
    ChallengeUnusable,
    /// It did not sign the challenge.
    WrongSignature,
    /// The key serves, or served, a device.
    KeyUsed,
    /// The evidence of a face check does not count.
    FaceCheckNotAccepted,
}

impl App {
    /// Draws a challenge for an account's device, or for one that is to be.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account.
    pub async fn challenge_device(
        &self,
        by: &Caller,
        account: AccountId,
        purpose: DevicePurpose,
        key: KeyThumbprint,
    ) -> Result<Challenge, Error> {
        let now = self.clock().now();
        let found = self.store().reader().await?.account(account).await?;
        found.ok_or(Error::NotFound(Missing::Account))?;
        let (drawn, change) = self.draw_challenge((account, purpose, key), now);
        let entry =
            self.entry(now, by.actor(), Action::DeviceChallenged, account.uuid()).with("purpose", purpose.name());
        self.commit(Unit::new(entry).with(change)).await?;
        Ok(drawn)
    }

    /// A challenge, and the change that keeps it: for whatever unit draws it.
    pub(in crate::app) fn draw_challenge(
        &self,
        meant: (AccountId, DevicePurpose, KeyThumbprint),
        now: Timestamp,
    ) -> (Challenge, Change) {
        let value = ChallengeValue::new(self.dice().bytes());
        let lifetime = match meant.1 {
            // It is answered together with the code.
            DevicePurpose::Activation => self.settings().codes.lifetime,
            _ => self.settings().devices.challenge_lifetime,
        };
        let drawn = Challenge::new(value, meant, lifetime, now);
        (drawn.clone(), Change::NewDeviceChallenge(drawn))
    }

    /// Checks an answer to a challenge. Whoever acts on the proof spends the challenge ([`Change::SpendDeviceChallenge`]) in the
    /// same unit, and whoever acts on a wrong signature does too, but for an activation.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub(in crate::app) async fn proven(
        &self,
        reader: &mut Reader,
        answer: &Answer<'_>,
        now: Timestamp,
    ) -> Result<Result<KeyProof, NotProven>, Error> {
        let Some(drawn) = reader.device_challenge(answer.challenge).await? else { return Ok(Err(NotProven::Unusable)) };
        let meant = (answer.account, answer.purpose);
        Ok(drawn.answered_about(meant, answer.about, answer.key.clone(), answer.signature, now))
    }

    /// Checks what a device shows that is to be bound to `account`: proof of its key, and how sure the binding is.
    ///
    /// # Errors
    /// If the store cannot be asked. Inside: why it cannot be bound.
    pub(in crate::app) async fn bindable(
        &self,
        reader: &mut Reader,
        (account, purpose): (AccountId, DevicePurpose),
        device: &NewDevice,
        now: Timestamp,
    ) -> Result<Result<(KeyProof, Assurance), NotBindable>, Error> {
        let NewDevice { key, challenge, signature, face_check } = device;
        let answer = Answer { account, purpose, key, challenge: *challenge, signature, about: &About::Nothing };
        let proof = match self.proven(reader, &answer, now).await? {
            Ok(proof) => proof,
            Err(NotProven::Unusable) => return Ok(Err(NotBindable::ChallengeUnusable)),
            Err(NotProven::WrongSignature) => return Ok(Err(NotBindable::WrongSignature)),
        };
        if reader.device_by_key(key.thumbprint()).await?.is_some() {
            return Ok(Err(NotBindable::KeyUsed));
        }
        let assurance = self.assurance(face_check.as_deref(), (account, key.thumbprint()), now);
        Ok(assurance.map(|assurance| (proof, assurance)).map_err(|_| NotBindable::FaceCheckNotAccepted))
    }
}
