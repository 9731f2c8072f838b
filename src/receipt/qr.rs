//! A QR code (ISO/IEC 18004) as a drawing that stands inside a page: one path, no picture file.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};

/// Light modules around the code, ISO/IEC 18004 section 6.3.8.
const QUIET: usize = 4;

/// More than the largest code holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it is more than a QR code holds")]
pub struct TooMuch;

/// A QR code, to be drawn as an SVG path in a square of [`Drawing::side`] units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawing {
    side: usize,
    path: String,
}

impl Drawing {
    /// The code of `text`, with error correction M: it stands a crease and a stamp.
    ///
    /// # Errors
    /// If it is too long.
    pub fn of(text: &str) -> Result<Self, TooMuch> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|_| TooMuch)?;
        let mut path = String::new();
        for y in 0..code.size {
            let mut x = 0;
            while x < code.size {
                let run = (x..code.size).take_while(|x| dark(&code, *x, y)).count();
                if run > 0 {
                    // Writing to a String does not fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        Ok(Self { side: code.size + 2 * QUIET, path })
    }

    /// Modules on each side, the quiet zone included.
    pub const fn side(&self) -> usize {
        self.side
    }

    /// The dark modules, as the `d` of an SVG path; runs of them are one rectangle.
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn dark(code: &fast_qr::QRCode, x: usize, y: usize) -> bool {
    code.data.get(y * code.size + x).is_some_and(|module| module.value())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a camera reads in the drawing, three pixels for a module.
    pub(in crate::receipt) fn seen(side: usize, path: &str) -> String {
        const PIXELS: usize = 3;
        let mut dark = vec![false; side * side];
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let run: usize = rest.split('v').next().unwrap().parse().unwrap();
            dark[y * side + x..y * side + x + run].fill(true);
        }
        let pixel = |x: usize, y: usize| if dark[y / PIXELS * side + x / PIXELS] { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * PIXELS, side * PIXELS, pixel);
        let codes = image.detect_grids();
        assert_eq!(codes.len(), 1);
        codes[0].decode().unwrap().1
    }

    #[test]
    fn another_program_reads_what_was_drawn() {
        for text in ["0123456789", &"77".repeat(438), "https://eid.invalid/ Đ"] {
            let drawing = Drawing::of(text).unwrap();
            assert_eq!(seen(drawing.side(), drawing.path()), text);
        }
    }

    #[test]
    fn the_digits_of_a_receipt_take_a_code_of_known_size() {
        assert_eq!(Drawing::of(&"7".repeat(776)).unwrap().side(), 69 + 8);
        assert_eq!(Drawing::of(&"7".repeat(876)).unwrap().side(), 77 + 8);
    }

    #[test]
    fn more_than_a_code_holds_is_refused() {
        assert_eq!(Drawing::of(&"7".repeat(10_000)), Err(TooMuch));
    }
}
