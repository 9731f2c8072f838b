//! The journals of a spool: every answer that settled a request, and what was taken out of `refused/`; sealed, in order.
//!
//! They only grow. A request leaves the queue after its answer is here and on the disk, so the journal is what the officer
//! has in hand. Each write is one frame: its length and that length's complement, then what it holds, sealed for that place in the file. The last frame
//! may be torn by a machine that lost its power; anything else that does not open is damage, and nothing is changed then.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use prost::Message as _;
use uuid::Uuid;

use super::folder::{Folder, Slot};
use super::seal::place;
use crate::domain::workstation::CaptureNumber;
use crate::proto::ItemAnswer;
use crate::proto::item_answer::Outcome;
use crate::proto::submit_response;

/// Bytes of one frame; also what a torn end may be at most.
const FRAME_BYTES_MAX: usize = 16 << 20;
/// Bytes of a frame's length: the number, and its complement, so that a damaged length is told from a torn end.
const LENGTH_BYTES: usize = 8;

/// Which journal: each has one kind of writer, who holds a lock of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Book {
    /// The answers; for who sends.
    Answers,
    /// What was taken out of `refused/`; for who adds.
    Cleared,
}

impl Book {
    fn path(self, folder: &Folder) -> PathBuf {
        match self {
            Self::Answers => folder.journal(),
            Self::Cleared => folder.cleared(),
        }
    }

    /// What its frames are sealed for, so that none opens in the other.
    const fn kind(self) -> &'static str {
        match self {
            Self::Answers => "eid spool journal",
            Self::Cleared => "eid spool cleared",
        }
    }
}

/// What is written at once.
#[derive(Clone, PartialEq, prost::Message)]
struct Frame {
    #[prost(message, repeated, tag = "1")]
    settled: Vec<Record>,
    #[prost(message, repeated, tag = "2")]
    cleared: Vec<ClearedRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ClearedRecord {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(bytes = "vec", tag = "2")]
    request: Vec<u8>,
    /// The number of its cure; 0 if it was given up.
    #[prost(uint64, tag = "3")]
    cure: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(bytes = "vec", tag = "2")]
    request: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    answer: Option<ItemAnswer>,
}

/// A request that was settled, and the answer that settled it.
#[derive(Clone, PartialEq)]
pub(super) struct Settled {
    pub(super) slot: Slot,
    pub(super) answer: ItemAnswer,
}

impl Settled {
    /// The request's name at the service, if it was taken in.
    pub(super) fn taken_in(&self) -> Option<&str> {
        match self.answer.outcome.as_ref()? {
            Outcome::Response(response) => match response.outcome.as_ref()? {
                submit_response::Outcome::Accepted(receipt) => Some(&receipt.enrolment_id),
                submit_response::Outcome::NotAccepted(_) => None,
            },
            Outcome::Error(_) => None,
        }
    }
}

/// A refused request that is not kept any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cleared {
    pub(super) slot: Slot,
    /// The number under which its cure was put in; `None` if it was given up.
    pub(super) cure: Option<CaptureNumber>,
}

/// A journal in the hands of the one process that writes it.
pub(super) struct Journal {
    book: Book,
    file: File,
    end: u64,
}

/// What a journal says: all of it, and where its whole frames end.
fn read_frames(folder: &Folder, book: Book) -> anyhow::Result<(Vec<Frame>, u64)> {
    let path = book.path(folder);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let (mut frames, mut rest, mut end) = (Vec::new(), bytes.as_slice(), 0_u64);
    while !rest.is_empty() {
        let framed = rest
            .split_first_chunk::<LENGTH_BYTES>()
            .and_then(|(length, after)| after.split_at_checked(length_of(*length)?));
        let opened = framed.and_then(|(sealed, after)| Some((open(folder, book, end, sealed)?, after)));
        let Some((frame, after)) = opened else {
            // A file may have grown before its content was kept: then zeros follow. A last frame that was damaged later looks
            // the same and is given up too. That is safe: the service has those answers, gives them again to whoever asks
            // under the same name, and takes no other content under their numbers (docs/spool.md, "Killed at any moment").
            if !is_torn(rest, framed.map(|(_, after)| after)) || rest.len() > FRAME_BYTES_MAX {
                bail!("{} is damaged from byte {end} on; nothing was changed", path.display());
            }
            break;
        };
        end += u64::try_from(rest.len() - after.len()).unwrap_or(0);
        frames.push(frame);
        rest = after;
    }
    Ok((frames, end))
}

/// Whether what does not open may be the end of a file that a machine without power left: nothing but zeros follows. `after`
/// is what stands behind the frame, if all of it is there. A wrong length that has content behind it is damage.
fn is_torn(rest: &[u8], after: Option<&[u8]>) -> bool {
    let lengths = rest.split_first_chunk::<LENGTH_BYTES>();
    let zeros = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    after.map_or_else(|| lengths.is_none_or(|(length, behind)| length_of(*length).is_some() || zeros(behind)), zeros)
}

/// The length that a frame begins with; `None` if it is damaged.
fn length_of(bytes: [u8; LENGTH_BYTES]) -> Option<usize> {
    let (length, complement) = bytes.split_first_chunk()?;
    let length = u32::from_be_bytes(*length);
    (complement == (!length).to_be_bytes()).then(|| usize::try_from(length).ok()).flatten()
}

fn open(folder: &Folder, book: Book, at: u64, sealed: &[u8]) -> Option<Frame> {
    let clear = folder.key().open(&frame_place(folder, book, at), sealed).ok()?;
    Frame::decode(clear.as_slice()).ok()
}

fn frame_place(folder: &Folder, book: Book, at: u64) -> Vec<u8> {
    place(book.kind(), folder.workstation().as_str(), &[&at.to_be_bytes()])
}

fn slot(number: u64, request: &[u8]) -> Option<Slot> {
    Some(Slot { number: CaptureNumber::new(number).ok()?, request: Uuid::from_slice(request).ok()? })
}

fn settled(frames: Vec<Frame>) -> Vec<Settled> {
    let read = |record: Record| Some(Settled { slot: slot(record.number, &record.request)?, answer: record.answer? });
    frames.into_iter().flat_map(|frame| frame.settled).filter_map(read).collect()
}

/// Every answer so far, oldest first. What another process is just writing is not among them.
pub(super) fn read(folder: &Folder) -> anyhow::Result<Vec<Settled>> {
    read_frames(folder, Book::Answers).map(|(frames, _)| settled(frames))
}

/// All that was taken out of `refused/`, oldest first.
pub(super) fn read_cleared(folder: &Folder) -> anyhow::Result<Vec<Cleared>> {
    let read = |record: ClearedRecord| {
        Some(Cleared { slot: slot(record.number, &record.request)?, cure: CaptureNumber::new(record.cure).ok() })
    };
    let (frames, _) = read_frames(folder, Book::Cleared)?;
    Ok(frames.into_iter().flat_map(|frame| frame.cleared).filter_map(read).collect())
}

impl Journal {
    /// Opens the journal to go on; a torn end is cut off: what stood there was not acknowledged to anybody.
    pub(super) fn open(folder: &Folder, book: Book) -> anyhow::Result<(Self, Vec<Settled>)> {
        let (frames, end) = read_frames(folder, book)?;
        let path = book.path(folder);
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.with_context(|| format!("cannot open {}", path.display()))?;
        file.set_len(end)?;
        file.sync_all()?;
        if let Some(parent) = path.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok((Self { book, file, end }, settled(frames)))
    }

    /// Writes answers down; when this returns, they are on the disk.
    pub(super) fn append(&mut self, folder: &Folder, settled: &[Settled]) -> anyhow::Result<()> {
        let record = |settled: &Settled| Record {
            number: settled.slot.number.get(),
            request: settled.slot.request.as_bytes().to_vec(),
            answer: Some(settled.answer.clone()),
        };
        self.append_frame(folder, &Frame { settled: settled.iter().map(record).collect(), cleared: vec![] })
    }

    /// Notes what is taken out of `refused/`; when this returns, that is on the disk.
    pub(super) fn append_cleared(&mut self, folder: &Folder, cleared: Cleared) -> anyhow::Result<()> {
        let cleared = ClearedRecord {
            number: cleared.slot.number.get(),
            request: cleared.slot.request.as_bytes().to_vec(),
            cure: cleared.cure.map_or(0, CaptureNumber::get),
        };
        self.append_frame(folder, &Frame { settled: vec![], cleared: vec![cleared] })
    }

    fn append_frame(&mut self, folder: &Folder, frame: &Frame) -> anyhow::Result<()> {
        let place = frame_place(folder, self.book, self.end);
        let sealed = folder.key().seal(&place, &frame.encode_to_vec(), folder.dice())?;
        let length = u32::try_from(sealed.len()).context("an answer is too large")?;
        let mut bytes = [length.to_be_bytes(), (!length).to_be_bytes()].concat();
        bytes.extend(sealed);
        let written = self.write(&bytes);
        if written.is_err() {
            // What was written of it must not stand before the next frame.
            let _ = self.file.set_len(self.end);
        }
        written.context("cannot write the journal")?;
        self.end += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        use std::io::Seek as _;
        self.file.seek(io::SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workstation::WorkstationId;
    use crate::proto::{Receipt, SubmitResponse};
    use crate::sys::Dice;

    fn spool() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        Folder::make(dir.path(), &WorkstationId::parse("q1-01").unwrap(), None, &Dice::system()).unwrap();
        let folder = Folder::open(dir.path(), None).unwrap();
        (dir, folder)
    }

    fn settled(number: u64) -> Settled {
        let receipt = Receipt { enrolment_id: format!("request {number}"), ..Receipt::default() };
        let outcome = Some(submit_response::Outcome::Accepted(receipt));
        let response = SubmitResponse { outcome, ..SubmitResponse::default() };
        Settled {
            slot: Slot { number: CaptureNumber::new(number).unwrap(), request: Uuid::from_u128(number.into()) },
            answer: ItemAnswer { outcome: Some(Outcome::Response(response)), ..ItemAnswer::default() },
        }
    }

    fn numbers(settled: &[Settled]) -> Vec<u64> {
        settled.iter().map(|settled| settled.slot.number.get()).collect()
    }

    #[test]
    fn answers_come_back_in_the_order_in_which_they_came() {
        let (_dir, folder) = spool();
        assert_eq!(numbers(&read(&folder).unwrap()), [] as [u64; 0]);
        for _ in 0..2 {
            let (mut journal, _) = Journal::open(&folder, Book::Answers).unwrap();
            journal.append(&folder, &[settled(1), settled(3)]).unwrap();
            journal.append(&folder, &[settled(2)]).unwrap();
        }
        let all = read(&folder).unwrap();
        assert_eq!(numbers(&all), [1, 3, 2, 1, 3, 2]);
        assert_eq!(all[1].taken_in(), Some("request 3"));
        assert!(!fs::read(folder.journal()).unwrap().windows(7).any(|window| window == b"request"));
    }

    #[test]
    fn wherever_the_end_is_torn_what_stands_before_is_kept_and_the_next_answer_follows() {
        let (_dir, folder) = spool();
        let (mut journal, _) = Journal::open(&folder, Book::Answers).unwrap();
        journal.append(&folder, &[settled(1)]).unwrap();
        let whole = fs::read(folder.journal()).unwrap().len();
        journal.append(&folder, &[settled(2)]).unwrap();
        let bytes = fs::read(folder.journal()).unwrap();
        for cut in whole..bytes.len() {
            // A machine that lost its power may have kept the length and not the content.
            for zeros in [0, bytes.len() - cut] {
                let mut torn = bytes[..cut].to_vec();
                torn.extend(std::iter::repeat_n(0, zeros));
                if torn == bytes {
                    continue;
                }
                fs::write(folder.journal(), &torn).unwrap();
                assert_eq!(numbers(&read(&folder).unwrap()), [1], "cut at {cut}");
            }
        }
        let (mut journal, known) = Journal::open(&folder, Book::Answers).unwrap();
        assert_eq!(numbers(&known), [1]);
        journal.append(&folder, &[settled(3)]).unwrap();
        assert_eq!(numbers(&read(&folder).unwrap()), [1, 3]);
    }

    #[test]
    fn damage_before_the_end_is_told_and_nothing_is_changed() {
        let (_dir, folder) = spool();
        let (mut journal, _) = Journal::open(&folder, Book::Answers).unwrap();
        for number in 1..=3 {
            journal.append(&folder, &[settled(number)]).unwrap();
        }
        let whole = fs::read(folder.journal()).unwrap();
        // In the length, in its complement, and in what follows.
        for at in [0, 1, 3, 4, 7, 20] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(folder.journal(), &bytes).unwrap();
            let told = read(&folder).err().unwrap().to_string();
            assert!(told.contains("damaged from byte 0"), "{told}");
            assert!(Journal::open(&folder, Book::Answers).is_err());
            assert_eq!(fs::read(folder.journal()).unwrap(), bytes);
        }
    }
}
