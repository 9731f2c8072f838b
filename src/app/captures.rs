//! Captures: kept sealed in the archive, handed to the authority, ended when it has them.
//!
//! Objects are put before the unit that names them is committed, so that a row never points to nothing. A unit that fails
//! leaves objects that belong to nothing; [`App::sweep_archive`] finds them.

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::sealing::place;
use super::{App, Caller, Error, Missing};
use crate::domain::audit::Action;
use crate::domain::capture::{
    CaptureKind, Captures, EndReason, FaceImage, Finger, Fingerprint, Hash, MissingFinger, Quality, hash,
};
use crate::domain::ids::{CaptureId, EnrolmentId, LeaseId};
use crate::domain::text::Malformed;
use crate::store::{Change, Reader, StoreError, StoredCaptures, StoredObject, Unit};
use crate::vault::{DataKey, Place};

/// What became of a confirmation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confirmation {
    /// Their key is destroyed and the objects are being deleted.
    Confirmed,
    /// They had ended before.
    AlreadyEnded,
    /// The hashes are not those of what is held; nothing was changed.
    Different,
    /// Nothing was captured.
    NothingHeld,
}

/// What is sealed beside the objects: how to open them, and what no column may hold.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    key: DataKey,
    objects: Vec<Described>,
    missing: Vec<MissingFinger>,
}

/// What one object is.
#[derive(Serialize, Deserialize)]
struct Described {
    id: CaptureId,
    /// SHA-256 of the clear bytes.
    hash: Hash,
    of: Of,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Of {
    Face,
    Finger(Finger, Option<Quality>),
}

impl Of {
    const fn kind(self) -> CaptureKind {
        match self {
            Self::Face => CaptureKind::Face,
            Self::Finger(..) => CaptureKind::Fingerprint,
        }
    }
}

/// An object is sealed for its kind and its name.
const fn object_place(kind: CaptureKind, id: CaptureId) -> Place {
    place("capture", kind.name(), id.uuid())
}

impl App {
    /// Seals what was captured with request `id` under a fresh key, puts it into the archive, and says what to change so
    /// that it is kept: nothing, if nothing was captured. The changes go behind the one that adds the request.
    ///
    /// # Errors
    /// [`Error::ArchiveUnavailable`]. What was put by then belongs to nothing and is swept up.
    pub async fn keep_captures(&self, id: EnrolmentId, captures: &Captures) -> Result<Vec<Change>, Error> {
        Ok(self.put_captures(id, captures).await?.map(Change::KeepCaptures).into_iter().collect())
    }

    /// The same for captures that take the place of earlier ones, which are deleted.
    ///
    /// # Errors
    /// [`Error::ArchiveUnavailable`].
    pub(super) async fn replace_captures(&self, id: EnrolmentId, captures: &Captures) -> Result<Option<Change>, Error> {
        Ok(self.put_captures(id, captures).await?.map(Change::ReplaceCaptures))
    }

    async fn put_captures(&self, id: EnrolmentId, captures: &Captures) -> Result<Option<Box<StoredCaptures>>, Error> {
        if captures.is_empty() {
            return Ok(None);
        }
        let (now, key) = (self.clock().now(), self.vault().data_key());
        let face = captures.face.iter().map(|face| (Of::Face, face.content()));
        let prints = captures.fingerprints.iter();
        let prints = prints.map(|print| (Of::Finger(print.finger(), print.quality()), print.content()));
        let (mut described, mut objects, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
        for (of, content) in face.chain(prints) {
            let id = CaptureId::new(self.dice().id(now));
            let object = self.vault().seal_under(&key, object_place(of.kind(), id), content.as_bytes())?;
            described.push(Described { id, hash: content.hash(), of });
            objects.push(StoredObject {
                id,
                kind: of.kind(),
                sealed_bytes: i64::try_from(object.as_bytes().len()).unwrap_or(i64::MAX),
                sealed_hash: hash(object.as_bytes()),
            });
            sealed.push((id, object));
        }
        try_join_all(sealed.iter().map(|(id, object)| self.archive().put(id.uuid(), object))).await?;
        let secret = Secret { key, objects: described, missing: captures.missing.clone() };
        let secret = Some(self.seal_captures(id, &secret)?);
        Ok(Some(Box::new(StoredCaptures { enrolment: id, secret, ended: None, objects })))
    }

    /// What was captured with a request, for the authority that holds it under `lease` or has decided it; `None` if
    /// nothing is kept.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::CannotDecide`] if the lease is lost, [`Error::ArchiveUnavailable`].
    pub async fn hand_over_captures(
        &self,
        by: &Caller,
        (id, lease): (EnrolmentId, LeaseId),
    ) -> Result<Option<Captures>, Error> {
        let mut reader = self.store().reader().await?;
        let stored = reader.enrolment(id).await?.ok_or(Error::NotFound(Missing::Enrolment))?;
        stored.enrolment.hand_over(lease)?;
        let kept = self.kept(&mut reader, id).await?;
        drop(reader);
        let count = kept.as_ref().map_or(0, |secret| secret.objects.len());
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::CapturesHandedOver, id.uuid())
            .with("lease", lease.to_string())
            .with("count", count.to_string());
        self.commit(Unit::new(entry)).await?;
        match kept {
            Some(secret) => self.open_objects(secret).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends the keeping of captures that the authority has: it names the SHA-256 of each content that arrived.
    ///
    /// # Errors
    /// [`Error::NotFound`], or if the store cannot be asked.
    pub async fn confirm_captures(&self, by: &Caller, id: EnrolmentId, hashes: &[Hash]) -> Result<Confirmation, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        reader.enrolment(id).await?.ok_or(Error::NotFound(Missing::Enrolment))?;
        let Some(stored) = reader.captures(id).await? else { return Ok(Confirmation::NothingHeld) };
        drop(reader);
        let Some(secret) = self.open_captures(&stored)? else { return Ok(Confirmation::AlreadyEnded) };
        if !secret.is_confirmed_by(hashes) {
            return Ok(Confirmation::Different);
        }
        let entry =
            self.entry(now, by.actor(), Action::CapturesConfirmed, id.uuid()).with("count", hashes.len().to_string());
        let unit = Unit::new(entry).with(Change::EndCaptures(id, EndReason::Received));
        match self.commit(unit).await {
            Ok(()) => Ok(Confirmation::Confirmed),
            // Another confirmation or a refusal came first: what is kept never comes back.
            Err(StoreError::Changed) => Ok(Confirmation::AlreadyEnded),
            Err(error) => Err(error.into()),
        }
    }

    /// The change that ends the keeping of a request's captures, for a unit in which it is refused or withdrawn; `None` if
    /// none are kept.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub(super) async fn end_captures(
        &self,
        reader: &mut Reader,
        id: EnrolmentId,
        reason: EndReason,
    ) -> Result<Option<Change>, Error> {
        let kept = reader.captures(id).await?.is_some_and(|stored| stored.ended.is_none());
        Ok(kept.then_some(Change::EndCaptures(id, reason)))
    }

    async fn kept(&self, reader: &mut Reader, id: EnrolmentId) -> Result<Option<Secret>, Error> {
        match reader.captures(id).await? {
            Some(stored) => self.open_captures(&stored),
            None => Ok(None),
        }
    }

    async fn open_objects(&self, secret: Secret) -> Result<Captures, Error> {
        let Secret { key, objects, missing } = secret;
        let contents = try_join_all(objects.iter().map(|object| self.open_object(&key, object))).await?;
        let mut captures = Captures { missing, ..Captures::default() };
        for (object, mut content) in objects.iter().zip(contents) {
            let bytes = std::mem::take(&mut *content);
            match object.of {
                Of::Face => captures.face = Some(FaceImage::read(bytes).map_err(unreadable)?),
                Of::Finger(finger, quality) => {
                    captures.fingerprints.push(Fingerprint::read(finger, quality, bytes).map_err(unreadable)?);
                }
            }
        }
        Ok(captures)
    }

    async fn open_object(&self, key: &DataKey, object: &Described) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sealed = self.archive().get(object.id.uuid()).await?;
        let sealed = sealed.ok_or_else(|| Error::Broken(Box::new(Lost(object.id))))?;
        Ok(key.open(object_place(object.of.kind(), object.id), &sealed)?)
    }
}

impl Secret {
    /// Whether these are the hashes of all that is kept, in whichever order.
    fn is_confirmed_by(&self, hashes: &[Hash]) -> bool {
        let sorted = |hashes: &mut dyn Iterator<Item = Hash>| {
            let mut hashes: Vec<_> = hashes.collect();
            hashes.sort_unstable();
            hashes
        };
        sorted(&mut hashes.iter().copied()) == sorted(&mut self.objects.iter().map(|object| object.hash))
    }
}

/// A row points to an object that is not there.
#[derive(Debug, thiserror::Error)]
#[error("the archive has lost object {0}")]
struct Lost(CaptureId);

/// What was well formed when it was sealed is not any more: another release wrote it.
fn unreadable(fault: Malformed) -> Error {
    Error::Broken(Box::new(fault))
}
