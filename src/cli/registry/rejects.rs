//! Lines that were not taken, kept beside the file they come from: corrected, they can be imported as they are.
//!
//! They hold personal data in clear, so the file is its owner's alone (mode 0600). It is made with the first such line. One
//! that an earlier import left behind may hold what somebody is correcting: it is never written over, it gets a number.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Most files of earlier imports that are kept.
const FORMER_MAX: u32 = 999;

/// The lines that were not taken.
pub(super) struct Rejects {
    path: PathBuf,
    /// The first line of the file they come from: it names the columns.
    header: Vec<u8>,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    /// None so far of the file `source`, whose first line is `header`.
    pub(super) fn beside(source: &Path, header: &[u8]) -> Self {
        Self { path: source.with_extension("rejected.csv"), header: header.to_owned(), file: None, count: 0 }
    }

    /// Gives those of an earlier import the lowest number that is free, 1 to [`FORMER_MAX`]. Where they are now; `None` if
    /// there are none.
    ///
    /// # Errors
    /// If they cannot be moved, or no number is free.
    pub(super) fn set_aside(&self) -> io::Result<Option<PathBuf>> {
        if !fs::exists(&self.path)? {
            return Ok(None);
        }
        for number in 1..=FORMER_MAX {
            let former = self.path.with_extension(format!("{number}.csv"));
            // Whoever makes the file owns the number, and moving over it takes nothing away.
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&former) {
                Ok(_) => return fs::rename(&self.path, &former).map(|()| Some(former)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        let many = format!("there are {FORMER_MAX} such files already; remove those that are done with");
        Err(io::Error::new(ErrorKind::AlreadyExists, many))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Keeps a line.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn keep(&mut self, line: &[u8]) -> io::Result<()> {
        self.piece(line)?;
        self.end()
    }

    /// Keeps a piece of a line.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn piece(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file()?.write_all(piece)
    }

    /// Ends the line that was kept in pieces.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.count += 1;
        self.file()?.write_all(b"\n")
    }

    /// Writes what is still on its way.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }

    fn file(&mut self) -> io::Result<&mut BufWriter<File>> {
        match &mut self.file {
            Some(file) => Ok(file),
            none => {
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
                let mut file = BufWriter::new(file);
                file.write_all(&self.header)?;
                file.write_all(b"\n")?;
                Ok(none.insert(file))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn rejected_lines_stand_below_the_first_line_in_a_file_of_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("people.csv");
        let mut rejects = Rejects::beside(&source, b"a,b");
        assert!(!rejects.path().exists(), "nothing was rejected yet");
        rejects.keep(b"1,2").unwrap();
        rejects.piece(b"3").unwrap();
        rejects.piece(b",4").unwrap();
        rejects.end().unwrap();
        rejects.finish().unwrap();
        let path = dir.path().join("people.rejected.csv");
        assert_eq!((rejects.count(), fs::read(&path).unwrap().as_slice()), (2, &b"a,b\n1,2\n3,4\n"[..]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_lines_of_earlier_imports_are_numbered_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("people.csv");
        assert_eq!(Rejects::beside(&source, b"a").set_aside().unwrap(), None);
        for line in [&b"1"[..], b"2", b"3"] {
            let mut rejects = Rejects::beside(&source, b"a");
            rejects.set_aside().unwrap();
            rejects.keep(line).unwrap();
            rejects.finish().unwrap();
        }
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        let kept = ["people.rejected.1.csv", "people.rejected.2.csv", "people.rejected.csv"].map(read);
        assert_eq!(kept, ["a\n1\n", "a\n2\n", "a\n3\n"]);
        let former = dir.path().join("people.rejected.1.csv");
        assert_eq!(fs::metadata(former).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
