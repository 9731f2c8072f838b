//! Lines that explain a verdict: what the chip proved, and what was found, with fields, sources and values.

use std::io::{self, Write};

use crate::cli::demo::printing::Printer;
use crate::proto::{ChipVerdict, FieldSource, Finding, Genuineness, Severity, Source, StepOutcome};

impl<W: Write> Printer<'_, W> {
    /// Whether data and chip are genuine, in both languages, and the steps that led there. Nothing if no chip was read.
    pub(super) fn proven(&mut self, chip: Option<&ChipVerdict>) -> io::Result<()> {
        let Some(chip) = chip else { return Ok(()) };
        let ((data_en, data_vi), (chip_en, chip_vi)) = (genuine(chip.data()), genuine(chip.chip()));
        self.note(&format!("en: data genuine: {data_en} · chip genuine: {chip_en}"))?;
        self.note(&format!("vi: dữ liệu thật: {data_vi} · chip thật: {chip_vi}"))?;
        let steps: Vec<_> = chip.steps.iter().map(|step| format!("{} {}", mark(step.outcome()), step.name)).collect();
        self.note(&format!("steps: {}", steps.join("  ")))
    }

    /// What decides the verdict at length, in both languages and with the cure; what is only noted by its name.
    pub(super) fn explained(&mut self, findings: &[Finding]) -> io::Result<()> {
        let (notes, weighty): (Vec<_>, Vec<_>) =
            findings.iter().partition(|finding| finding.severity() == Severity::Note);
        for finding in weighty {
            self.finding(finding)?;
        }
        if notes.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = notes.iter().map(|finding| finding.rule.as_str()).collect();
        self.note(&format!("noted: {}", names.join(", ")))
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let (message, cure) = (finding.message.clone().unwrap_or_default(), finding.cure.clone().unwrap_or_default());
        self.note(&format!("{} · {}", finding.rule, finding.basis))?;
        let said = |word| finding.sources.iter().map(|field| shown(field, word)).collect::<Vec<_>>().join(" · ");
        self.note(&format!("  en: {}: {} {}", said(english), message.en, cure.en))?;
        self.note(&format!("  vi: {}: {} {}", said(vietnamese), message.vi, cure.vi))
    }
}

/// A field with its source and, if it helps to see it, its value.
fn shown(field: &FieldSource, word: fn(Source) -> &'static str) -> String {
    let named = format!("{} ({})", field.field, word(field.source()));
    if field.value.is_empty() { named } else { format!("{named} “{}”", field.value) }
}

const fn english(source: Source) -> &'static str {
    match source {
        Source::Typed => "typed",
        Source::Zone => "zone",
        Source::Chip => "chip",
        Source::Capture => "captured",
        Source::Registry => "immigration record",
        Source::Records => "our records",
        Source::Unspecified => "unknown",
    }
}

const fn vietnamese(source: Source) -> &'static str {
    match source {
        Source::Typed => "đã nhập",
        Source::Zone => "vùng đọc máy",
        Source::Chip => "chip",
        Source::Capture => "đã thu nhận",
        Source::Registry => "hồ sơ xuất nhập cảnh",
        Source::Records => "hồ sơ của hệ thống",
        Source::Unspecified => "không rõ",
    }
}

const fn genuine(answer: Genuineness) -> (&'static str, &'static str) {
    match answer {
        Genuineness::Proven => ("yes, proven", "có, đã chứng minh"),
        Genuineness::Refuted => ("no, refuted", "không, đã bị bác bỏ"),
        Genuineness::Unknown | Genuineness::Unspecified => ("not known", "chưa rõ"),
    }
}

const fn mark(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Passed => "✓",
        StepOutcome::Refuses => "✗",
        StepOutcome::Refers => "?",
        StepOutcome::Notes => "!",
        StepOutcome::Skipped | StepOutcome::Unspecified => "–",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{ChipStep, Text};

    fn printed(print: impl FnOnce(&mut Printer<'_, Vec<u8>>)) -> String {
        let mut out = Vec::new();
        print(&mut Printer::new(&mut out, false, false));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_verdict_on_a_chip_is_two_answers_and_its_steps() {
        let step = |name: &str, outcome: StepOutcome| ChipStep { name: name.to_owned(), outcome: outcome.into() };
        let mut chip = ChipVerdict {
            steps: vec![step("size", StepOutcome::Passed), step("revocation", StepOutcome::Refuses)],
            ..ChipVerdict::default()
        };
        chip.set_data(Genuineness::Refuted);
        let text = printed(|printer| printer.proven(Some(&chip)).unwrap());
        assert!(text.contains("en: data genuine: no, refuted · chip genuine: not known"), "{text}");
        assert!(text.contains("vi: dữ liệu thật: không, đã bị bác bỏ · chip thật: chưa rõ"), "{text}");
        assert!(text.contains("steps: ✓ size  ✗ revocation"), "{text}");
        assert_eq!(printed(|printer| printer.proven(None).unwrap()), "");
    }

    #[test]
    fn what_decides_is_explained_with_its_sources_and_what_is_noted_is_named() {
        let source = |field: &str, source: Source, value: &str| FieldSource {
            field: field.to_owned(),
            source: source.into(),
            value: value.to_owned(),
        };
        let said = |en: &str, vi: &str| Some(Text { en: en.to_owned(), vi: vi.to_owned() });
        let differs = Finding {
            rule: "mrz.name-differs".to_owned(),
            severity: Severity::Refer.into(),
            basis: "Doc 9303-3".to_owned(),
            message: said("Another name.", "Tên khác."),
            cure: said("Compare.", "Hãy đối chiếu."),
            sources: vec![source("person", Source::Typed, "A"), source("chip.dg1", Source::Chip, "")],
            ..Finding::default()
        };
        let noted = Finding { rule: "a.note".to_owned(), severity: Severity::Note.into(), ..Finding::default() };
        let text = printed(|printer| printer.explained(&[differs, noted]).unwrap());
        assert!(text.contains("mrz.name-differs · Doc 9303-3\n"), "{text}");
        assert!(text.contains("en: person (typed) “A” · chip.dg1 (chip): Another name. Compare.\n"), "{text}");
        assert!(text.contains("vi: person (đã nhập) “A” · chip.dg1 (chip): Tên khác. Hãy đối chiếu.\n"), "{text}");
        assert!(text.ends_with("noted: a.note\n"), "{text}");
    }
}
