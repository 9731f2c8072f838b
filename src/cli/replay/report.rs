//! What a replay came to, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use procfs::process::Process;
use serde::Serialize;

use super::calls::Took;
use super::plan::{DAYS, Totals, UNITS};
use super::stock::Found;

/// What a replay came to.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) days: u32,
    pub(super) units: usize,
    /// What the plan says.
    pub(super) planned: Totals,
    /// What those who called were answered.
    pub(super) answered: Totals,
    /// What the service counts.
    pub(super) found: Found,
    /// Requests that a supervisor looked at.
    pub(super) reviewed: u32,
    /// What does not agree; empty if all does.
    pub(super) wrong: Vec<String>,
    pub(super) seconds: f64,
    pub(super) requests_per_second: f64,
    /// The most memory that service and callers had together, in KiB.
    pub(super) resident_peak_kib: Option<u64>,
    /// How long calls took, in microseconds.
    pub(super) calls: BTreeMap<&'static str, Took>,
}

impl Report {
    pub(super) fn new(
        (planned, answered): (Totals, Totals),
        (found, reviewed): (Found, u32),
        elapsed: Duration,
        calls: BTreeMap<&'static str, Took>,
    ) -> Self {
        let seconds = elapsed.as_secs_f64();
        let mut wrong: Vec<_> = found.wrong_sums().into_iter().map(ToOwned::to_owned).collect();
        for (whose, totals) in [("the callers' own counts", answered), ("the service's counts", found.totals)] {
            if totals != planned {
                wrong.push(format!("{whose} are not those of the plan"));
            }
        }
        let status = Process::myself().and_then(|process| process.status());
        Self {
            days: DAYS,
            units: UNITS,
            planned,
            answered,
            requests_per_second: f64::from(planned.received) / seconds.max(f64::EPSILON),
            found,
            reviewed,
            wrong,
            seconds,
            resident_peak_kib: status.ok().and_then(|status| status.vmhwm),
            calls,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28}{:>10}{:>10}{:>10}", "", "campaign", "callers", "service")?;
        let columns = [&self.planned, &self.answered, &self.found.totals];
        let mut row = |name: &str, figure: fn(&Totals) -> u32| {
            let [planned, answered, found] = columns.map(figure);
            writeln!(f, "{name:<28}{planned:>10}{answered:>10}{found:>10}")
        };
        row("received", |totals| totals.received)?;
        row("issued", |totals| totals.issued)?;
        row("activated", |totals| totals.activated)?;
        row("issued and not activated", Totals::waiting)?;
        row("contact changes begun", |totals| totals.changes)?;
        row("contact changes confirmed", |totals| totals.changed)?;
        let Found { totals, refused, undecided, failed, .. } = &self.found;
        writeln!(
            f,
            "received {} = issued {} + refused {refused} + undecided {undecided}",
            totals.received, totals.issued
        )?;
        write!(f, "contact changes {} = confirmed {}", totals.changes, totals.changed)?;
        failed.iter().try_for_each(|(reason, count)| write!(f, " + {reason} {count}"))?;
        writeln!(f, "\n{} requests went to a supervisor first", self.reviewed)?;
        writeln!(f, "\n{:<28}{:>10}{:>10}{:>10}", "microseconds", "calls", "p50", "p99")?;
        for (kind, Took { calls, p50, p99 }) in &self.calls {
            writeln!(f, "{kind:<28}{calls:>10}{p50:>10}{p99:>10}")?;
        }
        let Self { days, units, seconds, requests_per_second, .. } = self;
        write!(f, "\n{days} days of {units} units in {seconds:.1} s: {requests_per_second:.0} requests a second")?;
        if let Some(kib) = self.resident_peak_kib {
            write!(f, "; {} MiB at most, service and callers together", kib / 1_024)?;
        }
        match self.wrong.as_slice() {
            [] => write!(f, "\nAll counts agree."),
            wrong => wrong.iter().try_for_each(|what| write!(f, "\nWRONG: {what}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(answered: Totals, found: Found) -> Report {
        Report::new((Totals::PUBLISHED, answered), (found, 0), Duration::from_secs(50), BTreeMap::new())
    }

    fn whole() -> Found {
        Found {
            totals: Totals::PUBLISHED,
            refused: 5_867,
            undecided: 1_016,
            elsewhere: 0,
            followed: 43_926,
            open: 0,
            failed: BTreeMap::from([("EXPIRED".to_owned(), 6)]),
        }
    }

    #[test]
    fn counts_that_agree_are_told_as_such() {
        let report = report(Totals::PUBLISHED, whole());
        assert!(report.wrong.is_empty(), "{report}");
        let said = report.to_string();
        assert!(said.contains("issued and not activated         10325     10325     10325\n"), "{said}");
        assert!(said.contains("received 50809 = issued 43926 + refused 5867 + undecided 1016\n"), "{said}");
        assert!(said.contains("contact changes 50 = confirmed 44 + EXPIRED 6\n") && said.ends_with("agree."), "{said}");
    }

    #[test]
    fn each_count_that_is_off_is_found() {
        let fewer = Totals { activated: 33_600, ..Totals::PUBLISHED };
        for (answered, found) in [
            (fewer, whole()),
            (Totals::PUBLISHED, Found { totals: fewer, ..whole() }),
            (Totals::PUBLISHED, Found { refused: 5_866, ..whole() }),
            (Totals::PUBLISHED, Found { elsewhere: 1, ..whole() }),
            (Totals::PUBLISHED, Found { followed: 43_925, ..whole() }),
            (Totals::PUBLISHED, Found { open: 1, ..whole() }),
        ] {
            let report = report(answered, found);
            assert_eq!(report.wrong.len(), 1, "{report}");
        }
    }
}
