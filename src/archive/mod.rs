//! The archive: where sealed captures lie, in a folder of this machine or in a bucket that speaks S3.
//!
//! Owns putting, getting, deleting and listing of objects under opaque names. Refuses clear text as the store does: what it
//! takes was sealed by the vault. Knows nothing of persons, requests or keys.

mod http;
mod local;
mod s3;

pub use s3::{Access, AccessFault, Bucket};

use std::fmt;
use std::path::Path as FilePath;
use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::aws::AmazonS3;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use uuid::Uuid;

use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// What all names begin with. Whatever else lies there is not ours and left alone.
const PREFIX: &str = "captures";
/// How long one act may take, all of its tries together.
const PATIENCE: Duration = Duration::from_secs(4);
/// The largest object that is read: a face image of the largest size, sealed, and room to spare.
const BYTES_MAX: u64 = 1 << 20;

/// Why the archive did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be reached, refuses us, or did not answer in time.
    #[error("the archive is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An object is larger than anything that was put there.
    #[error("an object of the archive is larger than any capture")]
    TooLarge,
}

/// An object that lies there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Its name.
    pub object: Uuid,
    /// When it was put there, by the archive's clock.
    pub put_at: Timestamp,
}

/// Where objects lie.
pub enum Archive {
    /// A folder of this machine, for its owner alone.
    Local(LocalFileSystem),
    /// A bucket that speaks S3.
    S3(AmazonS3),
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local(_) => "Archive(local)",
            Self::S3(_) => "Archive(s3)",
        })
    }
}

impl Archive {
    /// The archive in `folder`, which is made if it is missing. Its mode becomes 0700.
    ///
    /// # Errors
    /// If the folder cannot be made or used.
    pub fn local(folder: &FilePath) -> Result<Self, ArchiveError> {
        local::open(folder).map(Self::Local)
    }

    /// The archive in `bucket`. Nothing is asked of it yet.
    ///
    /// # Errors
    /// If the address or the authorities named cannot be used.
    pub fn s3(bucket: &Bucket, access: &Access) -> Result<Self, ArchiveError> {
        s3::open(bucket, access).map(Self::S3)
    }

    fn objects(&self) -> &dyn ObjectStore {
        match self {
            Self::Local(folder) => folder,
            Self::S3(bucket) => bucket,
        }
    }

    /// Puts `sealed` under a name that was never used. When this returns, the object is on disk.
    ///
    /// # Errors
    /// [`ArchiveError::Unavailable`]; the object may be there or not.
    pub async fn put(&self, object: Uuid, sealed: &Sealed) -> Result<(), ArchiveError> {
        let payload = PutPayload::from(sealed.as_bytes().to_vec());
        // A try that was answered too late may have put it there: the second one then writes the same bytes again.
        within(async { self.objects().put(&path(object), payload).await.map(drop).map_err(unavailable) }).await
    }

    /// What lies under `object`; `None` if nothing does.
    ///
    /// # Errors
    /// If the archive cannot be asked.
    pub async fn get(&self, object: Uuid) -> Result<Option<Sealed>, ArchiveError> {
        within(async {
            match self.objects().get(&path(object)).await {
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(unavailable(error)),
                Ok(found) if found.meta.size > BYTES_MAX => Err(ArchiveError::TooLarge),
                Ok(found) => {
                    let bytes = found.bytes().await.map_err(unavailable)?;
                    Ok(Some(Sealed::from_bytes(bytes.into())))
                }
            }
        })
        .await
    }

    /// Deletes what lies under `object`, and says whether a reading after that found nothing. An object that is not there
    /// is deleted.
    ///
    /// # Errors
    /// If the archive cannot be asked; the object may be there or not.
    pub async fn delete(&self, object: Uuid) -> Result<bool, ArchiveError> {
        within(async {
            match self.objects().delete(&path(object)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(unavailable(error)),
            }
        })
        .await?;
        Ok(self.get(object).await?.is_none())
    }

    /// Up to `limit` objects that were put there before `before`, in the order of their names, those after `after`.
    ///
    /// # Errors
    /// If the archive cannot be asked.
    pub async fn put_before(
        &self,
        before: Timestamp,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Found>, ArchiveError> {
        let (prefix, offset) = (Path::from(PREFIX), after.map(path));
        let listed = match &offset {
            Some(offset) => self.objects().list_with_offset(Some(&prefix), offset),
            None => self.objects().list(Some(&prefix)),
        };
        let found = listed.try_filter_map(async |meta| {
            let put_at = Timestamp::from_micros(meta.last_modified.timestamp_micros());
            let object = meta.location.filename().and_then(|name| Uuid::try_parse(name).ok());
            Ok(object.filter(|object| path(*object) == meta.location).map(|object| Found { object, put_at }))
        });
        // A folder lists in any order; only all of it can be sorted.
        let mut all: Vec<_> = found.map_err(unavailable).try_collect().await?;
        all.retain(|found| found.put_at < before);
        all.sort_by_key(|found| found.object);
        all.truncate(limit);
        Ok(all)
    }
}

fn path(object: Uuid) -> Path {
    Path::from_iter([PREFIX.to_owned(), object.hyphenated().to_string()])
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> ArchiveError {
    ArchiveError::Unavailable(Box::new(error))
}

async fn within<T>(work: impl Future<Output = Result<T, ArchiveError>>) -> Result<T, ArchiveError> {
    tokio::time::timeout(PATIENCE, work).await.map_err(unavailable)?
}
