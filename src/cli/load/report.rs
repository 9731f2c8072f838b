//! The figures, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::drive::Driven;
use super::usage::Usage;
use super::{Run, What};

/// What came of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    what: String,
    connections: u16,
    in_flight: u32,
    /// Calls begun in a second, of a run that keeps a pace.
    pace: Option<u32>,
    seconds: f64,
    answered: u64,
    failed: u64,
    /// Why, by the name of the gRPC code or the outcome.
    failures: std::collections::BTreeMap<String, u64>,
    per_second: f64,
    /// Microseconds.
    p50: u64,
    p90: u64,
    p99: u64,
    p999: u64,
    longest: u64,
    /// Refusals that said when to come back, and how long these took, in microseconds.
    refused: u64,
    refused_p50: u64,
    refused_p99: u64,
    /// Bytes of a question and of an answer, on average.
    asked_bytes: u64,
    answer_bytes: u64,
    /// What each of the processes used, for all calls.
    used: Vec<Usage>,
    /// Microseconds of the processor for one call, by process.
    cpu_per_call: Vec<f64>,
}

impl Report {
    pub(super) fn of(run: &Run, driven: &Driven) -> Self {
        let took = &driven.took;
        let seconds = driven.elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let ratio = |part: u64, whole: f64| if whole > 0.0 { part as f64 / whole } else { 0.0 };
        let calls = ratio(driven.answered, 1.0);
        Self {
            what: name(run.what).to_owned(),
            connections: run.connections,
            in_flight: run.in_flight,
            pace: run.rate,
            seconds,
            answered: driven.answered,
            failed: driven.failed(),
            failures: driven.failures.clone(),
            per_second: ratio(driven.answered, seconds),
            p50: took.value_at_quantile(0.5),
            p90: took.value_at_quantile(0.9),
            p99: took.value_at_quantile(0.99),
            p999: took.value_at_quantile(0.999),
            longest: took.max(),
            refused: driven.refused.len(),
            refused_p50: driven.refused.value_at_quantile(0.5),
            refused_p99: driven.refused.value_at_quantile(0.99),
            asked_bytes: driven.asked_bytes.checked_div(driven.answered).unwrap_or_default(),
            answer_bytes: driven.answer_bytes.checked_div(driven.answered).unwrap_or_default(),
            cpu_per_call: driven.used.iter().map(|used| ratio(used.cpu_micros, calls)).collect(),
            used: driven.used.clone(),
        }
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

const fn name(what: What) -> &'static str {
    match what {
        What::Submit => "submit",
        What::Decide => "decide",
        What::Status => "status",
        What::SendCode => "send-code",
        What::Activate => "activate",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, answered, seconds, per_second, in_flight, connections, .. } = self;
        writeln!(
            f,
            "{what}: {answered} answers in {seconds:.1} s, {per_second:.0} a second, {in_flight} in flight on {connections} \
             connections"
        )?;
        let Self { p50, p90, p99, p999, longest, .. } = self;
        write!(f, "microseconds: p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, longest {longest}")?;
        for (used, cpu) in self.used.iter().zip(&self.cpu_per_call) {
            let Usage { pid, resident_kib, .. } = used;
            write!(
                f,
                "\nprocess {pid}: {cpu:.0} microseconds of the processor for a call, {} MiB",
                resident_kib / 1_024
            )?;
        }
        if self.refused > 0 {
            let Self { refused, refused_p50, refused_p99, .. } = self;
            write!(f, "\nrefused for the moment: {refused}, microseconds: p50 {refused_p50}, p99 {refused_p99}")?;
        }
        self.failures.iter().try_for_each(|(why, times)| write!(f, "\nfailed, {why}: {times}"))
    }
}
