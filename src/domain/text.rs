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

/// A typed value that cannot be read: what is wrong with it and how to write it instead. It may tell counts and places,
/// and never what was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.en())]
pub struct Malformed {
    text: Text,
    /// Stand where the text says `{0}`, `{1}` and `{2}`.
    counts: [usize; 3],
}

impl Malformed {
    /// A value that cannot be read.
    pub const fn new(en: &'static str, vi: &'static str) -> Self {
        Self { text: Text::new(en, vi), counts: [0; 3] }
    }

    /// The same with counts or places, which the text names `{0}`, `{1}` and `{2}`.
    pub const fn with(self, counts: [usize; 3]) -> Self {
        Self { text: self.text, counts }
    }

    /// What is wrong, in English.
    pub fn en(&self) -> String {
        self.fill(self.text.en)
    }

    /// What is wrong, in Vietnamese.
    pub fn vi(&self) -> String {
        self.fill(self.text.vi)
    }

    fn fill(&self, text: &str) -> String {
        let places = ["{0}", "{1}", "{2}"].iter().zip(self.counts);
        places.fold(text.to_owned(), |text, (place, count)| text.replace(place, &count.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_tells_its_counts_in_both_languages() {
        let fault = Malformed::new("Line {0} has {1}, not {2}.", "Dòng {0} có {1}, không phải {2}.").with([2, 43, 44]);
        assert_eq!(fault.to_string(), "Line 2 has 43, not 44.");
        assert_eq!(fault.vi(), "Dòng 2 có 43, không phải 44.");
    }
}
