//! Which rows of a feed no account follows, beside the file they come from: the number of the line, and why.
//!
//! It names nobody, is made anew by each import of the file, and is written as the rows come: its size costs no memory.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::domain::feed::RowOutcome;

/// The report of one import.
pub(super) struct Report {
    path: PathBuf,
    file: BufWriter<File>,
    counts: [u64; RowOutcome::ALL.len()],
}

impl Report {
    /// A report on the file `source`, in the place of an earlier one.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn beside(source: &Path) -> io::Result<Self> {
        let path = source.with_extension("report.csv");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        let mut file = BufWriter::new(file);
        file.write_all(b"line,outcome\n")?;
        Ok(Self { path, file, counts: Default::default() })
    }

    /// Counts what came of a row, and keeps it if no account follows.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn note(&mut self, line: u64, outcome: RowOutcome) -> io::Result<()> {
        for (count, _) in self.counts.iter_mut().zip(RowOutcome::ALL).filter(|(_, one)| *one == outcome) {
            *count += 1;
        }
        if outcome.is_matched() { Ok(()) } else { writeln!(self.file, "{line},{}", outcome.name()) }
    }

    /// Writes what is still on its way, and says what there is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(&mut self) -> io::Result<String> {
        self.file.flush()?;
        let told: Vec<_> = RowOutcome::ALL
            .iter()
            .zip(self.counts)
            .map(|(outcome, count)| format!("{count} {}", outcome.name()))
            .collect();
        Ok(format!("{}; lines that no account follows are in {}", told.join(", "), self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_no_account_follows_are_reported_by_number_alone() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("feed.csv");
        for _ in 0..2 {
            let mut report = Report::beside(&source).unwrap();
            for (line, outcome) in (2..).zip([RowOutcome::Applied, RowOutcome::NoAccount, RowOutcome::OtherPerson]) {
                report.note(line, outcome).unwrap();
            }
            let told = report.finish().unwrap();
            assert!(told.starts_with("1 applied, 0 joined, 1 no-account, 1 other-person; "), "{told}");
            let kept = std::fs::read_to_string(dir.path().join("feed.report.csv")).unwrap();
            assert_eq!(kept, "line,outcome\n3,no-account\n4,other-person\n");
        }
    }
}
