//! What came of a check, for people and for programs: one value, printed as a table or as JSON.
//!
//! Owns the words of the answer. The table tells nothing that the JSON does not. Values of persons stand in it unless they
//! were left out; what a chip made them of is printed without what would steer a terminal.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::input::Wrong;
use crate::cli::{FAILED, UNREACHED, USAGE, words};
use crate::domain::chip::{ChipReport, Doubt, Genuineness, Outcome};
use crate::domain::finding::{Finding, Findings, Severity, Shown};
use crate::domain::text::Text;
use crate::domain::time::{Timestamp, format_date};

/// What findings come to, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    #[default]
    Accepted,
    Referred,
    Refused,
    /// The files could not be read.
    Unreadable,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Referred => "referred",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
        }
    }

    /// The exit code, as the help tells it.
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Refused => FAILED,
            Self::Referred => UNREACHED,
            Self::Unreadable => USAGE,
        }
    }
}

/// What came of one document.
#[derive(Serialize)]
pub(super) struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    as_of: String,
    pub(super) verdict: Verdict,
    /// Why the files could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Did the state sign the data? Absent without a chip.
    data: Option<Answer>,
    /// Do they lie in the chip they were written to? Absent without a chip.
    chip: Option<Answer>,
    /// Whether the practice country stands behind the chip.
    practice: bool,
    steps: Vec<StepLine>,
    #[serde(serialize_with = "lines")]
    findings: Vec<Finding>,
}

/// An answer to "is this genuine?", in the words of the protocol.
#[derive(Clone, Copy, Serialize)]
struct Answer {
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Doubt>,
}

#[derive(Serialize)]
struct StepLine {
    name: &'static str,
    outcome: &'static str,
}

impl Report {
    /// What the rules found, and the chip's examination, if there was one.
    pub(super) fn new(now: Timestamp, findings: &Findings, chip: Option<&ChipReport>) -> Self {
        let verdict = match () {
            () if findings.refuses() => Verdict::Refused,
            () if findings.refers() => Verdict::Referred,
            () => Verdict::Accepted,
        };
        let steps = chip.map_or(&[][..], |report| &report.steps).iter();
        let steps = steps.map(|step| StepLine { name: step.name.name(), outcome: outcome(step.outcome) });
        Self {
            data: chip.map(|report| Answer::of(report.data)),
            chip: chip.map(|report| Answer::of(report.chip)),
            practice: chip.is_some_and(|report| report.practice),
            steps: steps.collect(),
            findings: findings.iter().cloned().collect(),
            ..Self::empty(now, verdict)
        }
    }

    /// Files that could not be read.
    pub(super) fn unreadable(now: Timestamp, wrong: Wrong) -> Self {
        Self { problem: Some(wrong.0), ..Self::empty(now, Verdict::Unreadable) }
    }

    fn empty(now: Timestamp, verdict: Verdict) -> Self {
        Self {
            name: None,
            as_of: format_date(now.local_date()),
            verdict,
            problem: None,
            data: None,
            chip: None,
            practice: false,
            steps: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The report under the name of its set.
    pub(super) fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// The report as it is to be printed: with the values of persons, or without.
    pub(super) fn finish(mut self, no_values: bool) -> Self {
        if no_values {
            self.findings = self.findings.into_iter().map(Finding::without_values).collect();
        }
        self
    }

    /// Prints it for people.
    pub(super) fn table(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(name) = &self.name {
            words::line(out, "document", &printable(name))?;
        }
        words::line(out, "verdict", self.verdict.name())?;
        words::line(out, "as of", &self.as_of)?;
        if let Some(problem) = &self.problem {
            words::line(out, "problem", &problem.split('\n').map(printable).collect::<Vec<_>>().join("\n"))?;
        }
        for (name, answer) in [("data genuine", self.data), ("chip genuine", self.chip)] {
            if let Some(Answer { answer, because }) = answer {
                let because = because.map_or(String::new(), |doubt| format!(": {}", why(doubt)));
                words::line(out, name, &format!("{answer}{because}"))?;
            }
        }
        if self.practice {
            words::line(out, "signed by", "the practice country: nobody's document")?;
        }
        if !self.steps.is_empty() {
            writeln!(out, "steps")?;
        }
        for step in &self.steps {
            writeln!(out, "  {:<22} {}", step.name, step.outcome)?;
        }
        if !self.findings.is_empty() {
            writeln!(out, "findings")?;
        }
        self.findings.iter().try_for_each(|finding| told(out, finding))
    }
}

impl Answer {
    const fn of(genuineness: Genuineness) -> Self {
        match genuineness {
            Genuineness::Genuine => Self { answer: "proven", because: None },
            Genuineness::NotGenuine => Self { answer: "refuted", because: None },
            Genuineness::Unknown(doubt) => Self { answer: "unknown", because: Some(doubt) },
        }
    }
}

const fn why(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NotOffered => "what could prove it was not offered",
        Doubt::NotReadable => "it could not be read",
        Doubt::NotTrusted => "no trusted authority stands behind the signer",
        Doubt::OutOfDate => "a certificate is out of date",
        Doubt::Weak => "an algorithm is too weak to prove anything",
        Doubt::Misfit => "the signer's certificate is not one for such a document",
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Found(Severity::Refuse) => "refuses",
        Outcome::Found(Severity::Refer) => "refers",
        Outcome::Found(Severity::Note) => "notes",
        Outcome::Skipped => "skipped",
    }
}

/// The parts of a catalogue's texts.
#[derive(Serialize)]
struct Said {
    en: &'static str,
    vi: &'static str,
}

impl Said {
    const fn of(text: Text) -> Self {
        Self { en: text.en, vi: text.vi }
    }
}

#[derive(Serialize)]
struct FindingLine<'a> {
    rule: &'static str,
    severity: Severity,
    basis: &'static str,
    fields: Vec<FieldLine<'a>>,
    message: Said,
    cure: Said,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

#[derive(Serialize)]
struct FieldLine<'a> {
    path: &'a str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

/// Findings in JSON.
fn lines<S: Serializer>(findings: &[Finding], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(findings.iter().map(|finding| {
        FindingLine {
            rule: finding.rule.id,
            severity: finding.rule.severity,
            basis: finding.rule.basis,
            fields: finding
                .fields
                .iter()
                .map(|field| FieldLine {
                    path: &field.path,
                    source: field.source.name(),
                    value: field.value.as_ref().map(Shown::as_str),
                })
                .collect(),
            message: Said::of(finding.rule.message),
            cure: Said::of(finding.rule.cure),
            suggestion: finding.suggestion.as_ref().map(Shown::as_str),
        }
    }))
}

/// A finding for people.
fn told(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let rule = finding.rule;
    writeln!(out, "  {}: {} · {}", words::severity(rule.severity), rule.id, rule.basis)?;
    for field in &finding.fields {
        let value = field.value.as_ref().map_or(String::new(), |value| format!(": {}", printable(value.as_str())));
        writeln!(out, "    {} ({}){value}", field.path, field.source.name())?;
    }
    if let Some(suggestion) = &finding.suggestion {
        writeln!(out, "    suggested: {}", printable(suggestion.as_str()))?;
    }
    writeln!(out, "    en: {} {}", rule.message.en, rule.cure.en)?;
    writeln!(out, "    vi: {} {}", rule.message.vi, rule.cure.vi)
}

/// A text without characters that steer a terminal or turn the direction of writing.
fn printable(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c == '\n' { ' ' } else { c }).map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// How many documents came to what, and of each the rules.
#[derive(Default, Serialize)]
pub(super) struct Summary {
    accepted: usize,
    referred: usize,
    refused: usize,
    unreadable: usize,
    #[serde(skip)]
    rows: Vec<(String, Verdict, BTreeSet<&'static str>)>,
    #[serde(skip)]
    worst: Verdict,
}

impl Summary {
    /// Counts a document.
    pub(super) fn add(&mut self, report: &Report) {
        *match report.verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Referred => &mut self.referred,
            Verdict::Refused => &mut self.refused,
            Verdict::Unreadable => &mut self.unreadable,
        } += 1;
        self.worst = self.worst.max(report.verdict);
        // Notes decide nothing.
        let decisive = report.findings.iter().filter(|finding| finding.rule.severity != Severity::Note);
        let rules = decisive.map(|finding| finding.rule.id).collect();
        self.rows.push((report.name.clone().unwrap_or_default(), report.verdict, rules));
    }

    /// The worst verdict of all.
    pub(super) const fn worst(&self) -> Verdict {
        self.worst
    }

    /// Prints it for people: a row for each document, and the counts.
    pub(super) fn table(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "summary")?;
        for (name, verdict, rules) in &self.rows {
            let rules = rules.iter().copied().collect::<Vec<_>>().join(", ");
            let line = format!("  {:<11} {:<24} {rules}", verdict.name(), printable(name));
            writeln!(out, "{}", line.trim_end())?;
        }
        let Self { accepted, referred, refused, unreadable, .. } = self;
        writeln!(out, "{accepted} accepted, {referred} referred, {refused} refused, {unreadable} unreadable")
    }
}
