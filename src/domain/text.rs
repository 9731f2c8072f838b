//! Sentences for people, in the two languages every screen has.

use std::fmt;

/// A fixed sentence in English and Vietnamese. Never holds what a person typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Vietnamese.
    pub vi: &'static str,
}

impl Text {
    /// The same thing said twice.
    pub const fn new(en: &'static str, vi: &'static str) -> Self {
        Self { en, vi }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en)
    }
}

/// A typed value that cannot be read: what is wrong with it and how to write it instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub Text);

impl Malformed {
    /// A value that cannot be read.
    pub const fn new(en: &'static str, vi: &'static str) -> Self {
        Self(Text::new(en, vi))
    }
}
