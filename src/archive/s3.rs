//! The S3 form of the archive: a bucket, and the access to it.
//!
//! Owns the reading of the access file. Refuses credentials from anywhere else: not from the configuration, not from the
//! environment, not from the metadata service of a cloud.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, RetryConfig};
use zeroize::Zeroizing;

use super::http::Connector;
use super::{ArchiveError, unavailable};

/// How long an access file may be.
const FILE_BYTES_MAX: u64 = 4_096;
/// Bits that nobody but the owner, and the group for reading, may have.
const EXPOSED: u32 = 0o027;

/// Where a bucket is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// `https://HOST`, or `http://HOST:PORT` for practice.
    pub endpoint: String,
    /// Its name.
    pub name: String,
    /// Its region, as requests are signed for.
    pub region: String,
    /// The authorities whose certificates the endpoint may show, PEM; those of the machine if absent.
    pub authorities: Option<PathBuf>,
}

/// Who we are to the bucket.
pub struct Access {
    key_id: String,
    secret: Zeroizing<String>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access(…)")
    }
}

/// Why an access file cannot be used. Never shows what it holds.
#[derive(Debug, thiserror::Error)]
pub enum AccessFault {
    /// It cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// Others may read it.
    #[error("the file is open to others (mode {mode:03o}); take that away: chmod 600")]
    Exposed {
        /// Its permission bits.
        mode: u32,
    },
    /// It does not hold what it should.
    #[error("the file does not hold two lines: the access key's id, then its secret")]
    Unreadable,
}

impl Access {
    /// Reads a file of two lines, the access key's id and its secret, that is closed to others.
    ///
    /// # Errors
    /// If it is missing, open to others, or holds anything else.
    pub fn read(path: &Path) -> Result<Self, AccessFault> {
        let file = File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & EXPOSED != 0 {
            return Err(AccessFault::Exposed { mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(key_id), Some(secret), None) => {
                Ok(Self { key_id: key_id.to_owned(), secret: Zeroizing::new(secret.to_owned()) })
            }
            _ => Err(AccessFault::Unreadable),
        }
    }
}

pub(super) fn open(bucket: &Bucket, access: &Access) -> Result<AmazonS3, ArchiveError> {
    AmazonS3Builder::new()
        .with_endpoint(&bucket.endpoint)
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(&access.key_id)
        .with_secret_access_key(access.secret.as_str())
        .with_allow_http(bucket.endpoint.starts_with("http://"))
        .with_http_connector(Connector::new(bucket.authorities.as_deref())?)
        .with_retry(RETRY)
        .build()
        .map_err(unavailable)
}

/// A counter waits for the answer: two more tries, within what [`super::PATIENCE`] leaves.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(50),
        max_backoff: Duration::from_millis(400),
        base: 2.0,
    },
    max_retries: 2,
    retry_timeout: Duration::from_secs(3),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_read_from_a_file_that_is_closed_to_others_and_never_printed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("access");
        let read = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Access::read(&path)
        };
        let access = read("AKID\nhunter2\n", 0o600).unwrap();
        assert_eq!((access.key_id.as_str(), access.secret.as_str()), ("AKID", "hunter2"));
        assert_eq!(format!("{access:?}"), "Access(…)");
        assert!(matches!(read("AKID\nhunter2\n", 0o644), Err(AccessFault::Exposed { mode: 0o644 })));
        for broken in ["", "AKID", "AKID hunter2 more", "\n\n"] {
            assert!(matches!(read(broken, 0o600), Err(AccessFault::Unreadable)), "{broken:?}");
        }
        assert!(matches!(Access::read(&dir.path().join("none")), Err(AccessFault::Io(_))));
    }
}
