//! The folder form of the archive.
//!
//! Owns the folder and its mode. Files appear under their name only when they are complete and on disk.

use std::fs::{DirBuilder, Permissions, set_permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use object_store::local::LocalFileSystem;

use super::{ArchiveError, unavailable};

/// For the owner alone.
const MODE: u32 = 0o700;

pub(super) fn open(folder: &Path) -> Result<LocalFileSystem, ArchiveError> {
    DirBuilder::new().recursive(true).mode(MODE).create(folder).map_err(unavailable)?;
    // One that was there before may have been open to others.
    set_permissions(folder, Permissions::from_mode(MODE)).map_err(unavailable)?;
    Ok(LocalFileSystem::new_with_prefix(folder).map_err(unavailable)?.with_fsync(true))
}
