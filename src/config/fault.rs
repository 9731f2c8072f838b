//! What is wrong with a configuration: all of it at once, each fault with its key, its place and its cure.
//!
//! Owns the words. Refuses to quote a value that may hold a password.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The key, such as `server.listen`; or a file that cannot be read at all.
    pub key: String,
    /// Where its value comes from: the file, or the environment variable. Empty if the key says it all.
    pub origin: String,
    /// What is wrong.
    pub wrong: String,
    /// What to do.
    pub cure: String,
}

impl Fault {
    pub(super) fn new(key: &str, origin: &str, wrong: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { key: key.to_owned(), origin: origin.to_owned(), wrong: wrong.into(), cure: cure.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if !self.origin.is_empty() {
            write!(f, " ({})", self.origin)?;
        }
        write!(f, ": {}; {}", self.wrong, self.cure)
    }
}

/// All that is wrong with a configuration; at least one fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Err` if there are faults.
    pub(super) fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }

    /// The faults, in the order in which they were found.
    pub fn all(&self) -> &[Fault] {
        &self.0
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = if self.0.len() == 1 { "a fault".to_owned() } else { format!("{} faults", self.0.len()) };
        write!(f, "the configuration has {counted}:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for Faults {}
