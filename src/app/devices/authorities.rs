//! The authorities that this process issues with: one for each key of the ring. The certificate of one is made when it is
//! first needed and kept, so that every process shows the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::app::{ATTEMPTS_MAX, App, Error};
use crate::device_ca::{Authority, AuthorityKey, CaFault};
use crate::domain::audit::{Action, Actor};
use crate::domain::device::{AuthorityId, Serial};
use crate::store::{Change, StoreError, Unit};

/// So long before an authority ends, each start of a process says so.
const ENDS_SOON: Duration = Duration::from_hours(180 * 24);

/// Who acts when nobody called.
pub(super) const SERVICE: Actor = Actor::Service("devices");

/// Authorities, as this process opened them: oldest first, the last one issues.
#[derive(Debug, Default)]
pub(in crate::app) struct Authorities(OnceCell<Vec<Arc<Authority>>>);

/// What an authority's audit entries are about.
pub(super) fn subject(id: AuthorityId) -> Uuid {
    Uuid::from_slice(id.as_bytes().get(..16).unwrap_or_default()).unwrap_or_default()
}

impl App {
    /// The authority that issues certificates now.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub(in crate::app) async fn issuing_authority(&self) -> Result<Arc<Authority>, Error> {
        let all = self.device_authorities().await?;
        all.last().cloned().ok_or_else(|| Error::Broken(Box::new(CaFault::Ended)))
    }

    /// Every authority of which certificates may be about.
    pub(super) async fn device_authorities(&self) -> Result<&[Arc<Authority>], Error> {
        self.authorities.0.get_or_try_init(|| self.open_authorities()).await.map(Vec::as_slice)
    }

    async fn open_authorities(&self) -> Result<Vec<Arc<Authority>>, Error> {
        let Some((issuing, former)) = self.vault().device_authorities().split_last() else { return Ok(Vec::new()) };
        let mut open = Vec::new();
        for key in former {
            // One that never issued has no certificate, and needs none.
            let kept = self.store().reader().await?.device_authority(key.id()).await?;
            open.extend(kept.map(|kept| opened(key, kept)).transpose()?);
        }
        let issuing = self.founded(issuing).await?;
        if issuing.ends_at() < self.clock().now().plus(ENDS_SOON) {
            tracing::warn!(
                authority = %issuing.id(),
                ends_at = %issuing.ends_at(),
                "the authority for devices ends soon: take a new key with `eid keys rotate-device`"
            );
        }
        open.push(issuing);
        Ok(open)
    }

    /// The authority of a key; its certificate is made if there is none.
    async fn founded(&self, key: &AuthorityKey) -> Result<Arc<Authority>, Error> {
        for _ in 0..ATTEMPTS_MAX {
            if let Some(kept) = self.store().reader().await?.device_authority(key.id()).await? {
                return opened(key, kept);
            }
            let now = self.clock().now();
            let made = Authority::found(key, Serial::drawn(self.dice().bytes()), now)?;
            let entry = self
                .entry(now, SERVICE, Action::DeviceAuthorityFounded, subject(key.id()))
                .with("authority", key.id().to_string());
            match self.commit(Unit::new(entry).with(Change::FoundDeviceAuthority(key.id(), made))).await {
                // Another process was faster, or this one was: either way it is there now.
                Ok(()) | Err(StoreError::Taken(_) | StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }
}

fn opened(key: &AuthorityKey, certificate: Vec<u8>) -> Result<Arc<Authority>, Error> {
    Ok(Arc::new(Authority::open(key.clone(), certificate)?))
}

impl From<CaFault> for Error {
    fn from(fault: CaFault) -> Self {
        Self::Broken(Box::new(fault))
    }
}
