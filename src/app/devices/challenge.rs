//! Challenges: drawn for an account, a purpose and a key, and answered once.

use crate::app::{App, Caller, Error, Missing};
use crate::domain::audit::Action;
use crate::domain::device::{
    Challenge, ChallengeValue, DeviceKey, DevicePurpose, DeviceSignature, KeyProof, KeyThumbprint, NotProven,
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

    /// Checks an answer to a challenge. Whoever acts on the proof, or on a wrong signature, spends the challenge
    /// ([`Change::SpendDeviceChallenge`]) in the same unit.
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
        Ok(drawn.answered(meant, answer.key.clone(), answer.signature, now))
    }
}
