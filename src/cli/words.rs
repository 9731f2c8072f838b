//! How the parts of an answer read on a terminal: findings, instants, sentences in two languages.

use std::io::{self, Write};

use crate::domain::finding;
use crate::domain::time::Timestamp;
use crate::proto::{Finding, Severity, Text};

/// What the rules found: for each finding its rule, its basis and its fields, then message and cure in both languages.
pub(super) fn findings(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let weight = severity(match finding.severity() {
            Severity::Note => finding::Severity::Note,
            Severity::Refer => finding::Severity::Refer,
            Severity::Refuse | Severity::Unspecified => finding::Severity::Refuse,
        });
        writeln!(out, "  {weight}: {} · {} · {}", finding.rule, finding.fields.join(", "), finding.basis)?;
        let (message, cure) = (finding.message.clone().unwrap_or_default(), finding.cure.clone().unwrap_or_default());
        writeln!(out, "    en: {} {}", message.en, cure.en)?;
        writeln!(out, "    vi: {} {}", message.vi, cure.vi)?;
    }
    Ok(())
}

/// What a finding does to a request.
pub(super) const fn severity(severity: finding::Severity) -> &'static str {
    match severity {
        finding::Severity::Note => "note",
        finding::Severity::Refer => "referred",
        finding::Severity::Refuse => "refused",
    }
}

/// A line with a name before it.
pub(super) fn line(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "{name:<17} {value}")
}

/// A sentence in both languages, if there is one.
pub(super) fn text(out: &mut impl Write, name: &str, text: Option<&Text>) -> io::Result<()> {
    let Some(text) = text else { return Ok(()) };
    line(out, &format!("{name} (en)"), &text.en)?;
    line(out, &format!("{name} (vi)"), &text.vi)
}

/// An instant in UTC, or what its absence means.
pub(super) fn instant(at: Option<&prost_types::Timestamp>, absent: &str) -> String {
    at.map_or_else(|| absent.to_owned(), |at| moment(at).to_string())
}

/// An instant of the protocol.
pub(super) fn moment(at: &prost_types::Timestamp) -> Timestamp {
    Timestamp::from_micros(at.seconds.saturating_mul(1_000_000).saturating_add(i64::from(at.nanos) / 1_000))
}

/// What is printed, as text.
pub(super) fn printed(print: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    // What grows in memory can be written to.
    let _ = print(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_in_both_languages_with_its_cure() {
        let said = |en: &str, vi: &str| Some(Text { en: en.to_owned(), vi: vi.to_owned() });
        let finding = Finding {
            rule: "consent.missing".to_owned(),
            severity: Severity::Refuse.into(),
            basis: "Law 91/2025 art. 9".to_owned(),
            fields: vec!["consents".to_owned()],
            message: said("A consent is missing.", "Thiếu sự đồng ý."),
            cure: said("Ask for it.", "Hãy hỏi."),
            ..Finding::default()
        };
        let mut out = Vec::new();
        findings(&mut out, &[finding]).unwrap();
        let expected = "  refused: consent.missing · consents · Law 91/2025 art. 9\n    en: A consent is missing. Ask for \
                        it.\n    vi: Thiếu sự đồng ý. Hãy hỏi.\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn instants_read_in_utc() {
        let at = prost_types::Timestamp { seconds: 1_795_262_400, nanos: 0 };
        assert_eq!(instant(Some(&at), "not yet"), "2026-11-21T12:00:00Z");
        assert_eq!(instant(None, "not yet"), "not yet");
        let wild = prost_types::Timestamp { seconds: i64::MAX, nanos: i32::MAX };
        assert!(!instant(Some(&wild), "").is_empty());
    }
}
