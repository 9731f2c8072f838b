//! The lines of a file of any size, in memory of a fixed size.
//!
//! A line is what ends with a line feed, whatever quotes are open: a quote that somebody forgot to close costs its own line
//! and none after it.

use std::io::{self, BufRead};

/// How long a line may be. A record has less than a tenth of it.
pub(super) const LINE_BYTES_MAX: usize = 16 << 10;

/// How a line was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// It is in the buffer, without its ending.
    Whole,
    /// It was longer than a line may be, and went by.
    TooLong,
}

/// Reads lines one after another.
pub(super) struct Lines<R> {
    reader: R,
    /// Number of the latest line, counted from one.
    number: u64,
    /// Bytes read so far.
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0, bytes: 0 }
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line, in `line`. One that is too long is handed to `pass_by` piece by piece instead. `None` at the end.
    ///
    /// # Errors
    /// If the file cannot be read, or `pass_by` fails.
    pub(super) fn next(
        &mut self,
        line: &mut Vec<u8>,
        mut pass_by: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Option<Shape>> {
        line.clear();
        let (mut begun, mut shape) = (false, Shape::Whole);
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            if !begun {
                (begun, self.number) = (true, self.number + 1);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let piece = end.and_then(|end| chunk.get(..end)).unwrap_or(chunk);
            let used = end.map_or(chunk.len(), |end| end + 1);
            if shape == Shape::Whole && line.len() + piece.len() > LINE_BYTES_MAX {
                shape = Shape::TooLong;
                pass_by(line)?;
                line.clear();
            }
            match shape {
                Shape::Whole => line.extend_from_slice(piece),
                Shape::TooLong => pass_by(piece)?,
            }
            self.reader.consume(used);
            self.bytes += used as u64;
            if end.is_some() {
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(begun.then_some(shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read as _};

    fn all(text: &[u8]) -> Vec<(u64, Shape, Vec<u8>)> {
        // A small buffer, so that lines lie across its edges.
        let mut lines = Lines::new(BufReader::with_capacity(7, text));
        let (mut found, mut line) = (Vec::new(), Vec::new());
        while let Some(shape) = lines.next(&mut line, |_| Ok(())).unwrap() {
            found.push((lines.number(), shape, line.clone()));
        }
        assert_eq!(lines.bytes(), text.len() as u64);
        found
    }

    #[test]
    fn lines_end_with_a_line_feed_or_both_characters_or_the_file() {
        let whole = |number, text: &str| (number, Shape::Whole, text.as_bytes().to_vec());
        assert_eq!(
            all(b"one\r\n\ntwo, and more\nthree"),
            [whole(1, "one"), whole(2, ""), whole(3, "two, and more"), whole(4, "three")]
        );
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_of_any_length_goes_by_in_pieces_and_the_next_one_is_read() {
        let (endless, tail) = (std::io::repeat(b'x').take(64 << 20), &b"\nafter"[..]);
        let mut lines = Lines::new(BufReader::with_capacity(64 << 10, endless.chain(tail)));
        let (mut line, mut passed, mut largest) = (Vec::new(), 0, 0);
        let shape = lines.next(&mut line, |piece| {
            (passed, largest) = (passed + piece.len(), largest.max(piece.len()));
            Ok(())
        });
        assert_eq!(shape.unwrap(), Some(Shape::TooLong));
        assert!(passed == 64 << 20 && largest <= 64 << 10 && line.capacity() <= 2 * LINE_BYTES_MAX);
        assert_eq!(lines.next(&mut line, |_| Ok(())).unwrap(), Some(Shape::Whole));
        assert_eq!((lines.number(), line.as_slice()), (2, &b"after"[..]));
    }
}
