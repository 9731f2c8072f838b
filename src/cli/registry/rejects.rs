//! Lines that were not taken, kept beside the file they come from: corrected, they can be imported as they are.
//!
//! They hold personal data in clear, so the file is its owner's alone (mode 0600). It is made with the first such line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The lines that were not taken.
pub(super) struct Rejects {
    path: PathBuf,
    /// The first line of the file they come from: it names the columns.
    header: Vec<u8>,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    /// None so far. Those of an earlier import of the same file go.
    ///
    /// # Errors
    /// If they cannot be removed.
    pub(super) fn beside(source: &Path, header: &[u8]) -> io::Result<Self> {
        let path = source.with_extension("rejected.csv");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { path, header: header.to_owned(), file: None, count: 0 }),
        }
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
        let mut rejects = Rejects::beside(&source, b"a,b").unwrap();
        assert!(!rejects.path().exists(), "nothing was rejected yet");
        rejects.keep(b"1,2").unwrap();
        rejects.piece(b"3").unwrap();
        rejects.piece(b",4").unwrap();
        rejects.end().unwrap();
        rejects.finish().unwrap();
        let path = dir.path().join("people.rejected.csv");
        assert_eq!((rejects.count(), fs::read(&path).unwrap().as_slice()), (2, &b"a,b\n1,2\n3,4\n"[..]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        Rejects::beside(&source, b"a,b").unwrap();
        assert!(!path.exists(), "the next import begins with none");
    }
}
