//! What the rules can find: a catalogue of rules, one file for each subject, and findings that name one.
//!
//! A finding says which rule is broken, which fields show it, where each value came from and what would cure it. Values
//! are for the person at the counter: they are never kept, logged or printed.

mod capture;
mod chip;
mod chip_content;
mod contact;
mod documents;
mod duplicate;
mod eligibility;
mod registry;
mod workstation;
mod zone;

pub use capture::*;
pub use chip::*;
pub use chip_content::*;
pub use contact::*;
pub use documents::*;
pub use duplicate::*;
pub use eligibility::*;
pub use registry::*;
pub use workstation::*;
pub use zone::*;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// What a finding means for the request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The request cannot be taken in until this is cured.
    Refuse,
    /// The request is taken in and waits until a supervisor has looked at it.
    Refer,
    /// The request is taken in; the authority sees the note.
    Note,
}

/// A rule: its stable name, what breaking it means, where it comes from, what to tell the officer.
#[derive(Debug)]
pub struct Rule {
    /// Stable name, `subject.fault`.
    pub id: &'static str,
    /// What a finding means.
    pub severity: Severity,
    /// Article or section.
    pub basis: &'static str,
    /// Rows of the domain facts; empty if the article says it all.
    pub domain: &'static str,
    /// What is wrong.
    pub message: Text,
    /// What would cure it.
    pub cure: Text,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Declares the rules of one subject: name of the static, stable name, severity, basis, facts, message and cure in both
/// languages.
macro_rules! catalogue {
    ($($name:ident: $id:literal, $severity:ident, $basis:literal, $domain:literal,
        $en:literal / $vi:literal, $cure_en:literal / $cure_vi:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $en)]
            pub static $name: super::Rule = super::Rule {
                id: $id,
                severity: super::Severity::$severity,
                basis: $basis,
                domain: $domain,
                message: crate::domain::text::Text::new($en, $vi),
                cure: crate::domain::text::Text::new($cure_en, $cure_vi),
            };
        )*

        /// The rules of this subject.
        pub(super) static ALL: &[&super::Rule] = &[$(&$name),*];
    };
}
use catalogue;

/// The subjects in the order in which `docs/rules.md` lists them: heading and rules.
pub static SUBJECTS: &[(&str, &[&Rule])] = &[
    ("Machine readable zone", zone::ALL),
    ("Passport and residence card", documents::ALL),
    ("Applicant", eligibility::ALL),
    ("Contact", contact::ALL),
    ("Chip", chip::ALL),
    ("Chip content", chip_content::ALL),
    ("Immigration record", registry::ALL),
    ("Captures", capture::ALL),
    ("Duplicates", duplicate::ALL),
    ("Workstation", workstation::ALL),
];

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    SUBJECTS.iter().flat_map(|(_, rules)| rules.iter().copied())
}

impl Rule {
    /// The rule of that name.
    pub fn named(id: &str) -> Option<&'static Self> {
        rules().find(|rule| rule.id == id)
    }
}

/// Where a value came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Typed at the counter.
    Typed,
    /// Read from the machine readable zone.
    Zone,
    /// Read from the chip.
    Chip,
    /// Captured at the counter: face image, fingerprints.
    Capture,
    /// The National Immigration Database.
    Registry,
    /// Other requests and accounts of this service.
    Records,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 6] = [Self::Typed, Self::Zone, Self::Chip, Self::Capture, Self::Registry, Self::Records];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Zone => "zone",
            Self::Chip => "chip",
            Self::Capture => "capture",
            Self::Registry => "registry",
            Self::Records => "records",
        }
    }

    /// Reads a name written by [`Source::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// A value as a person is shown it. Personal: it prints its type's name only, and the store never sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// A value to be shown.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the answer to the caller alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(…)")
    }
}

/// A field that shows what a rule found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Path into the application, `passport.number`, or below what was read elsewhere, `chip.dg1`.
    pub path: Cow<'static, str>,
    /// Where its value came from.
    pub source: Source,
    /// The value, if it helps to see it.
    pub value: Option<Shown>,
}

impl Field {
    /// A field of that source.
    pub const fn new(source: Source, path: &'static str) -> Self {
        Self { path: Cow::Borrowed(path), source, value: None }
    }

    /// A field that was typed.
    pub const fn typed(path: &'static str) -> Self {
        Self::new(Source::Typed, path)
    }

    /// The field with its value shown.
    pub fn showing(mut self, value: impl Into<String>) -> Self {
        self.value = Some(Shown::new(value));
        self
    }
}

/// One thing the rules found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The fields that show it, the one to look at first ahead.
    pub fields: Vec<Field>,
    /// What the first field probably should be, if something confirms it.
    pub suggestion: Option<Shown>,
}

impl Finding {
    /// A finding without a suggestion.
    pub fn new(rule: &'static Rule, fields: impl IntoIterator<Item = Field>) -> Self {
        Self { rule, fields: fields.into_iter().collect(), suggestion: None }
    }

    /// The finding with a suggestion.
    pub fn suggesting(mut self, value: impl Into<String>) -> Self {
        self.suggestion = Some(Shown::new(value));
        self
    }

    /// The finding without any value of a person: what may be kept beside a request in clear.
    pub fn without_values(mut self) -> Self {
        self.suggestion = None;
        self.fields.iter_mut().for_each(|field| field.value = None);
        self
    }
}

/// All that the rules found in one application, refusals first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Adds findings.
    pub fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings);
    }

    /// Adds findings; one of a rule that was found already for the same first field is joined with it: its other fields,
    /// which show the same from another source, are added there.
    pub(super) fn join(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            let first = finding.fields.first().map(|field| field.path.clone());
            let same = |known: &&mut Finding| {
                known.rule == finding.rule
                    && first.is_some()
                    && known.fields.first().map(|field| &field.path) == first.as_ref()
            };
            match self.0.iter_mut().find(same) {
                Some(known) => known.fields.extend(finding.fields.into_iter().skip(1)),
                None => self.0.push(finding),
            }
        }
    }

    /// Adds a finding about typed fields if `broken`.
    pub(super) fn add_if(&mut self, broken: bool, rule: &'static Rule, fields: &[&'static str]) {
        if broken {
            self.add(Finding::new(rule, fields.iter().map(|&field| Field::typed(field))));
        }
    }

    /// Puts those that refuse first, then those that refer, then notes.
    pub fn sort(&mut self) {
        self.0.sort_by_key(|finding| finding.rule.severity);
    }

    /// Whether any finding refuses.
    pub fn refuses(&self) -> bool {
        self.has(Severity::Refuse)
    }

    /// Whether any finding refers to a person.
    pub fn refers(&self) -> bool {
        self.has(Severity::Refer)
    }

    fn has(&self, severity: Severity) -> bool {
        self.iter().any(|finding| finding.rule.severity == severity)
    }

    /// The findings, refusals first.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Proof that nothing refuses, with the findings that remain.
    ///
    /// # Errors
    /// The findings themselves, if one refuses.
    pub fn cleared(self) -> Result<Cleared, Self> {
        if self.refuses() { Err(self) } else { Ok(Cleared(self.0)) }
    }
}

/// Proof that the rules were applied to an application and none refused. Only [`Findings::cleared`] makes it.
#[derive(Debug)]
pub struct Cleared(Vec<Finding>);

impl Cleared {
    /// The findings that remain, without any value of a person.
    pub fn notes(self) -> Vec<Finding> {
        self.0.into_iter().map(Finding::without_values).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_rule_has_its_own_name_and_speaks_two_languages() {
        let names: HashSet<_> = rules().map(|rule| rule.id).collect();
        assert_eq!(names.len(), rules().count());
        for rule in rules() {
            assert_eq!(Rule::named(rule.id), Some(rule));
            for text in [rule.message, rule.cure] {
                assert!(!text.en.is_empty() && !text.vi.is_empty() && text.en != text.vi, "{}", rule.id);
                assert!(text.en.ends_with('.') && text.vi.ends_with('.'), "{}", rule.id);
            }
        }
    }

    #[test]
    fn a_value_that_is_shown_is_neither_printed_nor_kept() {
        let field = Field::typed("person.date_of_birth").showing("1974-08-12");
        let finding = Finding::new(&MRZ_DIFFERS, [field]).suggesting("1974-08-13");
        assert!(!format!("{finding:?}").contains("1974"));
        let kept = Findings(vec![finding]);
        assert!(kept.refuses() && kept.clone().cleared().is_err());
        let note = kept.iter().next().unwrap().clone().without_values();
        assert_eq!((note.suggestion, &note.fields[0].value), (None, &None));
    }
}
