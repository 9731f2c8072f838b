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
/// How long the listing of all objects may take. Nobody waits for it.
const LISTING: Duration = Duration::from_mins(2);
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
        write!(f, "Archive({})", self.name())
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

    /// The word in the configuration and in proofs of deletion.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::S3(_) => "s3",
        }
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
        within(PATIENCE, async { self.objects().put(&path(object), payload).await.map(drop).map_err(unavailable) })
            .await
    }

    /// What lies under `object`; `None` if nothing does.
    ///
    /// # Errors
    /// If the archive cannot be asked.
    pub async fn get(&self, object: Uuid) -> Result<Option<Sealed>, ArchiveError> {
        within(PATIENCE, async {
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
        within(PATIENCE, async {
            match self.objects().delete(&path(object)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(unavailable(error)),
            }
        })
        .await?;
        Ok(self.get(object).await?.is_none())
    }

    /// All objects that were put there before `before`, in the order of their names.
    ///
    /// # Errors
    /// If the archive cannot be asked.
    pub async fn put_before(&self, before: Timestamp) -> Result<Vec<Found>, ArchiveError> {
        let prefix = Path::from(PREFIX);
        let found = self.objects().list(Some(&prefix)).try_filter_map(async |meta| {
            let put_at = Timestamp::from_micros(meta.last_modified.timestamp_micros());
            let object = meta.location.filename().and_then(|name| Uuid::try_parse(name).ok());
            let object = object.filter(|object| put_at < before && path(*object) == meta.location);
            Ok(object.map(|object| Found { object, put_at }))
        });
        let mut all: Vec<_> = within(LISTING, async { found.try_collect().await.map_err(unavailable) }).await?;
        all.sort_by_key(|found| found.object);
        Ok(all)
    }
}

fn path(object: Uuid) -> Path {
    Path::from_iter([PREFIX.to_owned(), object.hyphenated().to_string()])
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> ArchiveError {
    ArchiveError::Unavailable(Box::new(error))
}

async fn within<T>(patience: Duration, work: impl Future<Output = Result<T, ArchiveError>>) -> Result<T, ArchiveError> {
    tokio::time::timeout(patience, work).await.map_err(unavailable)?
}
