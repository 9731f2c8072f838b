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

/// What a deletion came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    /// The object was there before.
    pub was_there: bool,
    /// A reading after the deletion found nothing.
    pub is_gone: bool,
}

/// Where objects lie.
pub struct Archive {
    form: Form,
    folder: Path,
}

enum Form {
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
    /// The archive in `folder`, which is made if it is missing. Its mode becomes 0700. Objects of another `namespace` are
    /// not seen, so that services that share a place do not take each other's for their own.
    ///
    /// # Errors
    /// If the folder cannot be made or used.
    pub fn local(folder: &FilePath, namespace: &str) -> Result<Self, ArchiveError> {
        Ok(Self { form: Form::Local(local::open(folder)?), folder: below(namespace) })
    }

    /// The archive in `bucket`, likewise. Nothing is asked of it yet.
    ///
    /// # Errors
    /// If the address or the authorities named cannot be used.
    pub fn s3(bucket: &Bucket, access: &Access, namespace: &str) -> Result<Self, ArchiveError> {
        Ok(Self { form: Form::S3(s3::open(bucket, access)?), folder: below(namespace) })
    }

    /// The word in the configuration and in proofs of deletion.
    pub const fn name(&self) -> &'static str {
        match self.form {
            Form::Local(_) => "local",
            Form::S3(_) => "s3",
        }
    }

    fn objects(&self) -> &dyn ObjectStore {
        match &self.form {
            Form::Local(folder) => folder,
            Form::S3(bucket) => bucket,
        }
    }

    fn path(&self, object: Uuid) -> Path {
        self.folder.clone().join(object.hyphenated().to_string())
    }

    /// Puts `sealed` under a name that was never used. When this returns, the object is on disk.
    ///
    /// # Errors
    /// [`ArchiveError::Unavailable`]; the object may be there or not.
    pub async fn put(&self, object: Uuid, sealed: &Sealed) -> Result<(), ArchiveError> {
        let payload = PutPayload::from(sealed.as_bytes().to_vec());
        // A try that was answered too late may have put it there: the second one then writes the same bytes again.
        within(PATIENCE, async { self.objects().put(&self.path(object), payload).await.map(drop).map_err(unavailable) })
            .await
    }

    /// What lies under `object`; `None` if nothing does.
    ///
    /// # Errors
    /// If the archive cannot be asked.
    pub async fn get(&self, object: Uuid) -> Result<Option<Sealed>, ArchiveError> {
        within(PATIENCE, async {
            match self.objects().get(&self.path(object)).await {
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

    /// Deletes what lies under `object`. One that is not there is no fault.
    ///
    /// # Errors
    /// If the archive cannot be asked; the object may be there or not.
    pub async fn delete(&self, object: Uuid) -> Result<Deletion, ArchiveError> {
        let path = self.path(object);
        let was_there = self.is_there(&path).await?;
        within(PATIENCE, async {
            match self.objects().delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(unavailable(error)),
            }
        })
        .await?;
        Ok(Deletion { was_there, is_gone: !self.is_there(&path).await? })
    }

    /// Whether it answers: it is asked for an object that nobody has.
    pub async fn answers(&self) -> bool {
        self.is_there(&self.path(Uuid::nil())).await.is_ok()
    }

    async fn is_there(&self, path: &Path) -> Result<bool, ArchiveError> {
        within(PATIENCE, async {
            match self.objects().head(path).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(unavailable(error)),
            }
        })
        .await
    }

    /// All objects that were put there before `before`, in the order of their names.
    ///
    /// # Errors
    /// If the archive cannot be asked.
    pub async fn put_before(&self, before: Timestamp) -> Result<Vec<Found>, ArchiveError> {
        let found = self.objects().list(Some(&self.folder)).try_filter_map(async |meta| {
            let put_at = Timestamp::from_micros(meta.last_modified.timestamp_micros());
            let object = meta.location.filename().and_then(|name| Uuid::try_parse(name).ok());
            let object = object.filter(|object| put_at < before && self.path(*object) == meta.location);
            Ok(object.map(|object| Found { object, put_at }))
        });
        let mut all: Vec<_> = within(LISTING, async { found.try_collect().await.map_err(unavailable) }).await?;
        all.sort_by_key(|found| found.object);
        Ok(all)
    }
}

fn below(namespace: &str) -> Path {
    Path::from_iter([PREFIX, namespace])
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> ArchiveError {
    ArchiveError::Unavailable(Box::new(error))
}

async fn within<T>(patience: Duration, work: impl Future<Output = Result<T, ArchiveError>>) -> Result<T, ArchiveError> {
    tokio::time::timeout(patience, work).await.map_err(unavailable)?
}
