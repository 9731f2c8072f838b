//! Lines for people: one for each step or, for a crowd, one for each kind of step.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use futures::StreamExt as _;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::cli::demo::step::Step;
use crate::cli::demo::tally::{Counts, Sum, Tally};

/// Columns of text, in characters.
const WHAT: usize = 64;
const ANSWER: usize = 42;

/// How many calls of a crowd are under way at once.
const IN_FLIGHT: usize = 16;

/// How many unexpected answers of one kind are shown; all are counted.
const SHOWN: usize = 10;

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[1;31m";
const BOLD: &str = "\u{1b}[1m";
const FAINT: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Writes the lines and counts the steps.
pub(super) struct Printer<'w, W> {
    out: &'w mut W,
    terminal: bool,
    /// Whether steps of a kind are drawn together.
    crowded: bool,
    steps: usize,
    unexpected: usize,
}

impl<'w, W: Write> Printer<'w, W> {
    pub(super) fn new(out: &'w mut W, terminal: bool, crowded: bool) -> Self {
        Self { out, terminal, crowded, steps: 0, unexpected: 0 }
    }

    pub(super) fn scene(&mut self, title: &str) -> io::Result<()> {
        let (on, off) = (self.ink(BOLD), self.ink(PLAIN));
        writeln!(self.out, "\n{on}{title}{off}")
    }

    /// A line that belongs to the step above it.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        let (on, off) = (self.ink(FAINT), self.ink(PLAIN));
        writeln!(self.out, "                  {on}{text}{off}")
    }

    pub(super) fn step(&mut self, step: &Step) -> io::Result<()> {
        self.count(step.went_well());
        self.line(step)
    }

    /// Steps of a few kinds: a line each, or a line for each kind if there are crowds.
    pub(super) fn steps(&mut self, steps: &[Step]) -> io::Result<()> {
        if self.crowded { self.summary(steps) } else { steps.iter().try_for_each(|step| self.step(step)) }
    }

    /// Runs what many people do, one after the other or, in a crowd, several at a time, and prints their steps.
    pub(super) async fn crowd<T, F>(&mut self, tasks: Vec<F>) -> io::Result<Vec<T>>
    where
        F: Future<Output = (Vec<Step>, T)>,
    {
        let bar = self.bar(tasks.len());
        let at_once = if self.crowded { IN_FLIGHT } else { 1 };
        let mut coming = futures::stream::iter(tasks).buffered(at_once);
        let (mut results, mut held) = (Vec::new(), Vec::new());
        while let Some((steps, result)) = coming.next().await {
            bar.inc(1);
            results.push(result);
            if self.crowded { held.extend(steps) } else { self.steps(&steps)? }
        }
        bar.finish_and_clear();
        self.summary(&held)?;
        Ok(results)
    }

    /// The table at the end. Each sum is a step of its own.
    pub(super) fn close(mut self, counts: Counts) -> io::Result<Tally> {
        for sum in counts.sums() {
            self.sum(&sum)?;
        }
        let (steps, unexpected) = (self.steps, self.unexpected);
        let total = HumanCount(steps as u64);
        if unexpected == 0 {
            let (on, off) = (self.ink(GREEN), self.ink(PLAIN));
            writeln!(self.out, "\n{on}All {total} steps went as expected.{off}")?;
        } else {
            let (on, off) = (self.ink(RED), self.ink(PLAIN));
            writeln!(
                self.out,
                "\n{on}{unexpected} of {total} steps did not go as expected: see the lines with ✗.{off}"
            )?;
        }
        Ok(Tally { steps, unexpected, counts })
    }

    fn sum(&mut self, sum: &Sum) -> io::Result<()> {
        self.count(sum.holds());
        let (on, mark, off) = self.mark(sum.holds());
        let complaint = if sum.holds() { "" } else { "   does not add up" };
        writeln!(self.out, "{on}{mark}{off} {sum}{complaint}")
    }

    fn line(&mut self, step: &Step) -> io::Result<()> {
        let (on, mark, off) = self.mark(step.went_well());
        let what = fitted(&format!("{} {}", step.does, step.whom), WHAT);
        let mut answer = step.answer.gist.clone();
        if !step.went_well() {
            answer = format!("{on}expected {}, got {answer}{off}", step.expected);
        }
        if !step.answer.remark.is_empty() {
            answer = format!("{answer}, {}", step.answer.remark);
        }
        writeln!(self.out, "{on}{mark}{off} {:<14}  {what}  {answer:<ANSWER$}{:>10}", step.who, millis(step.took))
    }

    /// One line for each kind of step, in the order in which the kinds first came up, then what went wrong.
    fn summary(&mut self, steps: &[Step]) -> io::Result<()> {
        let mut kinds: Vec<Vec<&Step>> = Vec::new();
        for step in steps {
            let same = |kind: &&mut Vec<&Step>| kind.first().is_some_and(|s| (s.who, s.does) == (step.who, step.does));
            match kinds.iter_mut().find(same) {
                Some(kind) => kind.push(step),
                None => kinds.push(vec![step]),
            }
        }
        kinds.iter().try_for_each(|kind| self.kind(kind))
    }

    fn kind(&mut self, steps: &[&Step]) -> io::Result<()> {
        let Some(first) = steps.first() else { return Ok(()) };
        let mut answers: BTreeMap<&str, u64> = BTreeMap::new();
        for step in steps {
            self.count(step.went_well());
            *answers.entry(&step.answer.gist).or_default() += 1;
        }
        let (on, mark, off) = self.mark(steps.iter().all(|step| step.went_well()));
        let what = fitted(&format!("{} … ({} times)", first.does, HumanCount(steps.len() as u64)), WHAT);
        let told: Vec<_> = answers.iter().map(|(gist, count)| format!("{gist}: {}", HumanCount(*count))).collect();
        let (told, pace) = (told.join(", "), pace(steps));
        writeln!(self.out, "{on}{mark}{off} {:<14}  {what}  {told:<ANSWER$}  {pace}", first.who)?;
        let wrong: Vec<_> = steps.iter().filter(|step| !step.went_well()).collect();
        wrong.iter().take(SHOWN).try_for_each(|step| self.line(step))?;
        match wrong.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => self.note(&format!("and {more} more like these")),
        }
    }

    fn count(&mut self, went_well: bool) {
        self.steps += 1;
        self.unexpected += usize::from(!went_well);
    }

    fn mark(&self, went_well: bool) -> (&'static str, &'static str, &'static str) {
        let (ink, mark) = if went_well { (GREEN, "✓") } else { (RED, "✗") };
        (self.ink(ink), mark, self.ink(PLAIN))
    }

    fn ink(&self, ink: &'static str) -> &'static str {
        if self.terminal { ink } else { "" }
    }

    fn bar(&self, length: usize) -> ProgressBar {
        if !(self.crowded && self.terminal) {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("  {wide_bar} {human_pos} of {human_len}  {elapsed}");
        ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}

fn pace(steps: &[&Step]) -> String {
    let mut times: Vec<_> = steps.iter().map(|step| step.took).collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let slowest = times.last().copied().unwrap_or_default();
    format!("median {}, slowest {}", millis(median), millis(slowest))
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1_000.0)
}

/// The text, cut or filled to so many characters.
fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return format!("{text:<width$}");
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::cast::Who;
    use crate::cli::demo::step::Answer;

    fn step(whom: &str, expected: &str, got: &str, millis: u64) -> Step {
        Step {
            who: Who::Officer,
            does: "submits the request of",
            whom: whom.to_owned(),
            expected: expected.to_owned(),
            answer: Answer::of(got),
            took: Duration::from_millis(millis),
        }
    }

    fn printed(crowded: bool, terminal: bool, steps: &[Step]) -> (String, Tally) {
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, terminal, crowded);
        printer.steps(steps).unwrap();
        let tally = printer.close(Counts::default()).unwrap();
        (String::from_utf8(out).unwrap(), tally)
    }

    #[test]
    fn a_step_is_one_line_in_columns() {
        let steps = [step("Jürgen Müller", "accepted", "accepted", 4), step(&"Very Long ".repeat(20), "a", "a", 12)];
        let (text, tally) = printed(false, false, &steps);
        let lines: Vec<_> = text.lines().take(2).collect();
        assert!(lines[0].starts_with("✓ officer         submits the request of Jürgen Müller "), "{text}");
        assert!(lines[0].ends_with(" 4.0 ms") && lines[1].contains('…') && lines[1].ends_with("12.0 ms"), "{text}");
        assert_eq!(lines[0].chars().count(), lines[1].chars().count());
        assert_eq!((tally.steps, tally.unexpected), (2 + 4, 0));
        assert!(text.ends_with("All 6 steps went as expected.\n") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn an_unexpected_answer_is_said_plainly_and_counted() {
        let (text, tally) = printed(false, false, &[step("X", "accepted", "not accepted: phone.in-use", 1)]);
        assert!(text.starts_with('✗'), "{text}");
        assert!(text.contains("expected accepted, got not accepted: phone.in-use"), "{text}");
        assert!(text.contains("1 of 5 steps did not go as expected"), "{text}");
        assert_eq!(tally.unexpected, 1);
    }

    #[test]
    fn a_crowd_is_drawn_together_and_only_a_few_of_its_failures_are_shown() {
        let mut steps = vec![step("X", "accepted", "accepted", 2); 1_000];
        steps.extend(vec![step("Y", "accepted", "UNAVAILABLE", 9); 30]);
        let (text, tally) = printed(true, false, &steps);
        assert!(text.contains("submits the request of … (1,030 times)"), "{text}");
        assert!(text.contains("UNAVAILABLE: 30, accepted: 1,000") && text.contains("median 2.0 ms, slowest 9.0 ms"));
        assert_eq!(text.matches("expected accepted, got UNAVAILABLE").count(), SHOWN);
        assert!(text.contains("and 20 more like these"));
        assert_eq!((tally.steps, tally.unexpected), (1_030 + 4, 30));
    }

    #[test]
    fn colours_are_for_terminals() {
        let (text, _) = printed(false, true, &[step("X", "a", "b", 1)]);
        assert!(text.starts_with(RED) && text.contains(GREEN));
    }

    #[test]
    fn a_sum_that_does_not_hold_is_an_unexpected_step() {
        let mut out = Vec::new();
        let tally = Printer::new(&mut out, false, false).close(Counts { submitted: 1, ..Counts::default() }).unwrap();
        assert_eq!((tally.steps, tally.unexpected), (4, 1));
        assert!(String::from_utf8(out).unwrap().contains("does not add up"));
    }

    #[tokio::test]
    async fn results_of_a_crowd_keep_their_order() {
        for crowded in [false, true] {
            let mut out = Vec::new();
            let mut printer = Printer::new(&mut out, false, crowded);
            let tasks = (0..100).map(|n| async move { (vec![step("X", "a", "a", n)], n) }).collect();
            assert_eq!(printer.crowd(tasks).await.unwrap(), (0..100).collect::<Vec<_>>());
            assert_eq!(printer.steps, 100);
        }
    }
}
