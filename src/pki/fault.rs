//! Why a development PKI could not be made or read. Owns the words; they name the file and the cure, never a key.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::domain::time::Timestamp;

/// What went wrong with a development PKI.
#[derive(Debug, Error)]
pub enum PkiFault {
    /// The folder has something in it, or is none. Nothing was changed.
    #[error("{} is there already and is not an empty folder; it is left as it is: name a new folder, or remove this one", .0.display())]
    Exists(PathBuf),
    /// A file that belongs to a PKI is not there.
    #[error("{} is missing: make the development PKI again in a new folder", .0.display())]
    Missing(PathBuf),
    /// Others than the owner can reach a key.
    #[error("{} can be read by others: make it readable by its owner alone (chmod 600)", .0.display())]
    Exposed(PathBuf),
    /// The file system refused.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate cannot carry this instant.
    #[error("a certificate cannot be dated {0}")]
    Date(Timestamp),
    /// The certificate could not be made.
    #[error("cannot make a certificate")]
    Mint(#[from] rcgen::Error),
}

impl PkiFault {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
