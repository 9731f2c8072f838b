//! What is wrong with a line of records: where, and what would cure it.

use std::fmt;

use crate::domain::text::Malformed;

/// A line that cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Its number, counted from one.
    pub line: u32,
    /// The column; empty if the line as a whole is wrong.
    pub field: &'static str,
    /// What is wrong, and the cure.
    pub what: Malformed,
    /// The other line that it does not go with.
    pub other: Option<Other>,
}

/// A line that another one does not go with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// Whether it is kept already, rather than in the same file.
    pub kept: bool,
    /// Its number in the file that it came with.
    pub line: u32,
    /// What it says.
    pub text: String,
}

impl Fault {
    /// A fault of one line.
    pub(super) const fn new(line: u32, field: &'static str, what: Malformed) -> Self {
        Self { line, field, what, other: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {} / {}", self.what.en(), self.what.vi())?;
        match &self.other {
            Some(Other { kept: true, line, text }) => write!(f, "\n  kept, from line {line}: {text}"),
            Some(Other { kept: false, line, text }) => write!(f, "\n  line {line}: {text}"),
            None => Ok(()),
        }
    }
}
