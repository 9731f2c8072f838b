//! A folder of practice certificates.
//!
//! Owns the folder's layout and its permissions. Refuses to touch a folder that has anything in it; the folder appears
//! whole or not at all.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::authority::{Authority, Issued, Leaf, Usage};
use super::caller::PracticeCaller;
use super::fault::PkiFault;
use crate::domain::time::Timestamp;

/// How long a practice certificate is valid.
pub(super) const LEAF_LIFETIME: Duration = Duration::from_hours(90 * 24);

const SERVER: &str = "server";
const SERVER_CA: &str = "server-ca.pem";
const CLIENT_CA: &str = "client-ca.pem";

const FOLDER_MODE: u32 = 0o700;
const KEY_MODE: u32 = 0o600;
const CERTIFICATE_MODE: u32 = 0o644;

/// A folder of practice certificates and where each lies in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DevelopmentPki {
    dir: PathBuf,
}

impl DevelopmentPki {
    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Who has a client certificate in the folder.
    pub fn callers(&self) -> &'static [PracticeCaller] {
        &PracticeCaller::ALL
    }

    /// The authority that issued the server's certificate: what clients trust.
    pub fn server_ca_path(&self) -> PathBuf {
        self.dir.join(SERVER_CA)
    }

    /// The authority that issued the clients' certificates: what the server trusts.
    pub fn client_ca_path(&self) -> PathBuf {
        self.dir.join(CLIENT_CA)
    }

    /// The server's certificate.
    pub fn server_cert_path(&self) -> PathBuf {
        self.cert_path(SERVER)
    }

    /// The server's key.
    pub fn server_key_path(&self) -> PathBuf {
        self.key_path(SERVER)
    }

    /// The certificate of a caller, by [`PracticeCaller::stem`].
    pub fn cert_path(&self, stem: &str) -> PathBuf {
        self.dir.join(format!("{stem}.pem"))
    }

    /// The key of a caller, by [`PracticeCaller::stem`].
    pub fn key_path(&self, stem: &str) -> PathBuf {
        self.dir.join(format!("{stem}.key"))
    }

    fn certificates(&self) -> impl Iterator<Item = PathBuf> {
        [self.server_ca_path(), self.client_ca_path()].into_iter().chain(stems().map(|stem| self.cert_path(stem)))
    }

    fn keys(&self) -> impl Iterator<Item = PathBuf> {
        stems().map(|stem| self.key_path(stem))
    }
}

fn stems() -> impl Iterator<Item = &'static str> {
    std::iter::once(SERVER).chain(PracticeCaller::ALL.iter().map(|caller| caller.stem))
}

/// Makes a development PKI in `dir`, which must be new or empty: two authorities, one server certificate for
/// `localhost`, one client certificate for each [`PracticeCaller`].
///
/// # Errors
/// If the folder has something in it, or the file system refuses. Nothing half-made is left behind.
pub fn develop(dir: &Path, now: Timestamp) -> Result<DevelopmentPki, PkiFault> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(PkiFault::file(parent))?;
    let staged = tempfile::Builder::new()
        .prefix(".pki-")
        .permissions(Permissions::from_mode(FOLDER_MODE))
        .tempdir_in(parent)
        .map_err(PkiFault::file(parent))?;
    mint(&DevelopmentPki { dir: staged.path().to_owned() }, now)?;
    // The system renames a folder onto an empty one only, so this is the check as well as the act.
    fs::rename(staged.path(), dir).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            PkiFault::Exists(dir.to_owned())
        }
        _ => PkiFault::File { path: dir.to_owned(), source: error },
    })?;
    let _moved = staged.keep();
    Ok(DevelopmentPki { dir: dir.to_owned() })
}

/// Finds the development PKI that [`develop`] made in `dir`.
///
/// # Errors
/// If a file is missing, or a key can be read by others than its owner.
pub fn load(dir: &Path) -> Result<DevelopmentPki, PkiFault> {
    let pki = DevelopmentPki { dir: dir.to_owned() };
    for path in pki.certificates() {
        permissions(&path)?;
    }
    for path in pki.keys() {
        if permissions(&path)?.mode() & 0o077 != 0 {
            return Err(PkiFault::Exposed(path));
        }
    }
    Ok(pki)
}

fn permissions(path: &Path) -> Result<Permissions, PkiFault> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(found.permissions()),
        Ok(_) => Err(PkiFault::Missing(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PkiFault::Missing(path.to_owned())),
        Err(error) => Err(PkiFault::file(path)(error)),
    }
}

fn mint(pki: &DevelopmentPki, now: Timestamp) -> Result<(), PkiFault> {
    let servers = Authority::new("eID practice server CA", now)?;
    let clients = Authority::new("eID practice client CA", now)?;
    write_new(&pki.server_ca_path(), CERTIFICATE_MODE, &servers.certificate_pem())?;
    write_new(&pki.client_ca_path(), CERTIFICATE_MODE, &clients.certificate_pem())?;
    let valid = now..now.plus(LEAF_LIFETIME);
    let server = Leaf { common_name: "localhost", uri: None, usage: Usage::Server, valid: valid.clone() };
    write_pair(pki, SERVER, &servers.issue(&server)?)?;
    for caller in pki.callers() {
        let uri = caller.uri();
        let leaf = Leaf { common_name: caller.stem, uri: Some(&uri), usage: Usage::Client, valid: valid.clone() };
        write_pair(pki, caller.stem, &clients.issue(&leaf)?)?;
    }
    Ok(())
}

pub(super) fn write_pair(pki: &DevelopmentPki, stem: &str, issued: &Issued) -> Result<(), PkiFault> {
    write_new(&pki.cert_path(stem), CERTIFICATE_MODE, issued.certificate_pem())?;
    write_new(&pki.key_path(stem), KEY_MODE, issued.key_pem())
}

/// The mode is set as the file is made: a key is never readable by others, not even for a moment.
fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), PkiFault> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(PkiFault::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_pki_is_complete_and_its_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("deep/pki");
        let pki = develop(&dir, NOON).unwrap();
        assert_eq!(load(&dir).unwrap(), pki);
        assert_eq!(mode(&dir), 0o700);
        for key in pki.keys() {
            assert_eq!(mode(&key), 0o600, "{}", key.display());
        }
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2 + 2 * 15);
        assert_eq!(fs::read_dir(dir.parent().unwrap()).unwrap().count(), 1, "nothing staged is left");
    }

    #[test]
    fn the_two_authorities_are_strangers() {
        let home = tempfile::tempdir().unwrap();
        let pki = develop(&home.path().join("pki"), NOON).unwrap();
        assert_ne!(fs::read(pki.server_ca_path()).unwrap(), fs::read(pki.client_ca_path()).unwrap());
    }

    #[test]
    fn an_empty_folder_is_filled_and_made_private() {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        develop(home.path(), NOON).unwrap();
        assert_eq!(mode(home.path()), 0o700);
    }

    #[test]
    fn a_pki_that_is_there_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("pki");
        let pki = develop(&dir, NOON).unwrap();
        let before = fs::read(pki.server_key_path()).unwrap();
        let refused = develop(&dir, NOON).unwrap_err();
        assert!(matches!(&refused, PkiFault::Exists(path) if *path == dir), "{refused}");
        assert_eq!(fs::read(pki.server_key_path()).unwrap(), before);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing staged is left");
    }

    #[test]
    fn a_file_in_the_way_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("pki");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(develop(&path, NOON), Err(PkiFault::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }

    #[test]
    fn a_missing_file_is_named() {
        let home = tempfile::tempdir().unwrap();
        let pki = develop(&home.path().join("pki"), NOON).unwrap();
        fs::remove_file(pki.key_path("auditor")).unwrap();
        let fault = load(pki.dir()).unwrap_err();
        assert!(matches!(&fault, PkiFault::Missing(path) if *path == pki.key_path("auditor")), "{fault}");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let pki = develop(&home.path().join("pki"), NOON).unwrap();
        fs::set_permissions(pki.server_key_path(), Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load(pki.dir()), Err(PkiFault::Exposed(path)) if path == pki.server_key_path()));
    }
}
