//! A URL that may hold a password: written in the configuration, or in a file of its own.
//!
//! Owns its reading and its printing. Refuses to print what may be secret, and to read a file that others can read.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// How long a URL may be.
const BYTES_MAX: u64 = 4_096;

/// Bits that nobody but the owner, and the group for reading, may have.
const EXPOSED: u32 = 0o027;

/// A URL, or the file that holds it.
#[derive(Clone, PartialEq, Eq)]
pub enum Url {
    /// The URL itself.
    Plain(String),
    /// A file that holds it and nothing else.
    File(PathBuf),
}

impl Url {
    /// The URL, with its password.
    ///
    /// # Errors
    /// What is wrong with the file, and the cure. Never what it holds.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, (String, String)> {
        let path = match self {
            Self::Plain(url) => return Ok(Zeroizing::new(url.clone())),
            Self::File(path) => path,
        };
        read_alone(path, "URL")
    }
}

/// What a file of secrets holds: one word alone, such as a URL or a password.
///
/// # Errors
/// What is wrong with the file, and the cure. Never what it holds.
pub(super) fn read_alone(path: &Path, what: &str) -> Result<Zeroizing<String>, (String, String)> {
    let cure = || format!("put the {what} alone into a file of yours (chmod 600)");
    let unreadable = |error| (format!("{} cannot be read ({error})", path.display()), cure());
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & EXPOSED != 0 {
        let wrong = format!("{} is open to others (mode {mode:03o})", path.display());
        return Err((wrong, format!("take that away: chmod 600 {}", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    let word = text.trim();
    if word.is_empty() || text.len() as u64 > BYTES_MAX || word.contains(char::is_whitespace) {
        return Err((format!("{} does not hold one {what}", path.display()), cure()));
    }
    Ok(Zeroizing::new(word.to_owned()))
}

/// Shows where a URL leads, without user, password and parameters.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "(in {})", path.display()),
            Self::Plain(url) => {
                let bare = url.split(['?', '#']).next().unwrap_or_default();
                match (bare.split_once("://"), bare.rsplit_once('@')) {
                    (Some((scheme, _)), Some((_, place))) => write!(f, "{scheme}://…@{place}"),
                    _ => f.write_str(bare),
                }
            }
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

/// Whether a URL holds a password: before an `@`, or among the parameters.
pub(super) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let before_place = rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    let parameters = rest.split_once('?').map(|(_, parameters)| parameters).unwrap_or_default();
    before_place || parameters.split('&').any(|pair| pair.starts_with("pass") || pair.starts_with("sslpass"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_wherever_it_may_stand() {
        for with in [
            "postgres://eid:secret@db/eid",
            "postgres://eid:se/cr@et@db/eid",
            "redis://:secret@cache",
            "postgres:///eid?password=secret",
            "redis+unix:///run/redis.sock?db=1&pass=secret",
        ] {
            assert!(has_password(with), "{with}");
            let shown = format!("{0} {0:?}", Url::Plain(with.to_owned()));
            assert!(!shown.contains("secret") && !shown.contains("se/cr"), "{shown}");
        }
        for without in ["postgres://eid@db:5432/eid", "redis://cache:6379", "sqlite:eid.sqlite", "postgres:///eid"] {
            assert!(!has_password(without), "{without}");
        }
    }

    #[test]
    fn a_printed_url_leads_to_the_place_and_tells_no_more() {
        let shown = |url: &str| Url::Plain(url.to_owned()).to_string();
        assert_eq!(shown("postgres://eid:secret@db:5432/eid?sslmode=require"), "postgres://…@db:5432/eid");
        assert_eq!(shown("sqlite:/var/lib/eid/eid.sqlite"), "sqlite:/var/lib/eid/eid.sqlite");
        assert_eq!(Url::File("db.url".into()).to_string(), "(in db.url)");
    }

    #[test]
    fn a_file_is_read_if_it_is_closed_to_others_and_holds_one_url() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.url");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Url::File(path.clone()).read()
        };
        assert_eq!(write("postgres://eid:secret@db/eid\n", 0o640).unwrap().as_str(), "postgres://eid:secret@db/eid");
        let (wrong, cure) = write("postgres://eid:secret@db/eid\n", 0o644).unwrap_err();
        assert!(wrong.contains("mode 644") && cure.contains("chmod 600"));
        for broken in ["", " \n", "one two", "one\ntwo", &"x".repeat(5_000)] {
            assert!(write(broken, 0o600).is_err_and(|(wrong, _)| wrong.contains("does not hold one URL")));
        }
        assert!(Url::File(dir.path().join("none")).read().is_err_and(|(wrong, _)| wrong.contains("cannot be read")));
    }
}
