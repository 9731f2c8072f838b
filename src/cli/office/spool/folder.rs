//! The folder of a spool: what waits, what was refused, and who may work on it.
//!
//! ```text
//! workstation   the workstation's name; with it the folder is a spool
//! key           the key, mode 0600, unless it is kept elsewhere
//! queue/        one file for each request that waits, NUMBER-REQUEST_ID, sealed
//! refused/      the same for those that the service did not take in
//! journal       every answer that settled a request, sealed
//! cleared       which of refused/ were taken out, and for which cure; sealed
//! sending       locked by the one process that sends
//! adding        locked by the one process that adds
//! ```
//!
//! A file is written under another name, flushed, and renamed: it is there whole, or not at all. Whoever is killed leaves
//! at most a file that has no number yet, which is swept out by the next one who adds.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use prost::Message as _;
use uuid::Uuid;

use super::seal::{SpoolKey, place};
use crate::domain::workstation::{CaptureNumber, WorkstationId};
use crate::proto::SubmitRequest;
use crate::sys::Dice;

const WORKSTATION: &str = "workstation";
const KEY: &str = "key";
const QUEUE: &str = "queue";
const REFUSED: &str = "refused";
const JOURNAL: &str = "journal";
const CLEARED: &str = "cleared";
const SENDING: &str = "sending";
const ADDING: &str = "adding";
/// Begins the name of a file that has no number yet.
const UNFINISHED: &str = ".new-";
/// Digits of a number in a file's name: so many that names sort as numbers do.
const DIGITS: usize = 19;

/// A request's place: its number and its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Slot {
    pub(super) number: CaptureNumber,
    pub(super) request: Uuid,
}

impl Slot {
    fn file_name(self) -> String {
        format!("{:0DIGITS$}-{}", self.number.get(), self.request)
    }

    fn of_file(name: &str) -> Option<Self> {
        let (number, request) = name.split_at_checked(DIGITS)?;
        let number = CaptureNumber::new(number.parse().ok()?).ok()?;
        let slot = Self { number, request: Uuid::try_parse(request.strip_prefix('-')?).ok()? };
        (slot.file_name() == name).then_some(slot)
    }
}

/// Where a request lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shelf {
    /// It waits.
    Queue,
    /// It was not taken in.
    Refused,
}

impl Shelf {
    const fn name(self) -> &'static str {
        match self {
            Self::Queue => QUEUE,
            Self::Refused => REFUSED,
        }
    }
}

/// The folder of one spool.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    workstation: WorkstationId,
    key: SpoolKey,
    dice: Dice,
}

/// What was written and has no place yet.
pub(super) struct Unfinished {
    slot: Slot,
    path: PathBuf,
}

impl Folder {
    /// Makes a spool for that workstation: whole, or begun so that doing it again goes on. Whether it was there already.
    pub(super) fn make(
        path: &Path,
        workstation: &WorkstationId,
        key: Option<&Path>,
        dice: &Dice,
    ) -> anyhow::Result<bool> {
        let named = path.join(WORKSTATION);
        if named.exists() {
            let known = read_workstation(&named)?;
            ensure!(known == *workstation, "{} is the spool of {known}", path.display());
            return Ok(true);
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for folder in [path.to_owned(), path.join(QUEUE), path.join(REFUSED)] {
            builder.create(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let key = key.map_or_else(|| path.join(KEY), Path::to_owned);
        SpoolKey::make(&key, dice).with_context(|| format!("cannot make the key {}", key.display()))?;
        let staged = path.join(format!("{UNFINISHED}{WORKSTATION}"));
        write_through(&staged, format!("{workstation}\n").as_bytes())?;
        // From here on it is a spool.
        fs::rename(&staged, &named)?;
        sync_folder(path)?;
        Ok(false)
    }

    /// Opens a spool that was made.
    pub(super) fn open(path: &Path, key: Option<&Path>) -> anyhow::Result<Self> {
        let named = path.join(WORKSTATION);
        if !named.exists() {
            bail!("{} is no spool; make one: eid office spool {0} --init WORKSTATION", path.display());
        }
        let workstation = read_workstation(&named)?;
        let key = SpoolKey::read(&key.map_or_else(|| path.join(KEY), Path::to_owned))?;
        Ok(Self { path: path.to_owned(), workstation, key, dice: Dice::system() })
    }

    pub(super) const fn workstation(&self) -> &WorkstationId {
        &self.workstation
    }

    pub(super) const fn key(&self) -> &SpoolKey {
        &self.key
    }

    pub(super) const fn dice(&self) -> &Dice {
        &self.dice
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    pub(super) fn cleared(&self) -> PathBuf {
        self.path.join(CLEARED)
    }

    /// Lets this process alone send, as long as the file is held.
    pub(super) fn lock_sending(&self) -> anyhow::Result<File> {
        let file = self.lock_file(SENDING)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => bail!("another process sends from {} already", self.path.display()),
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock the spool"),
        }
    }

    /// Lets this process alone add, as long as the file is held. Waits for another that adds: that takes moments.
    pub(super) fn lock_adding(&self) -> anyhow::Result<File> {
        let file = self.lock_file(ADDING)?;
        file.lock().context("cannot lock the spool")?;
        Ok(file)
    }

    fn lock_file(&self, name: &str) -> anyhow::Result<File> {
        let path = self.path.join(name);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        file.with_context(|| format!("cannot open {}", path.display()))
    }

    /// What lies on a shelf, by number.
    pub(super) fn slots(&self, shelf: Shelf) -> anyhow::Result<Vec<Slot>> {
        let folder = self.path.join(shelf.name());
        let read = || -> io::Result<Vec<Slot>> {
            let mut slots = Vec::new();
            for entry in fs::read_dir(&folder)? {
                slots.extend(entry?.file_name().to_str().and_then(Slot::of_file));
            }
            slots.sort_unstable();
            Ok(slots)
        };
        read().with_context(|| format!("cannot read {}", folder.display()))
    }

    /// Writes a request so that it outlives the machine's power, without a place yet.
    pub(super) fn write(&self, slot: Slot, request: &SubmitRequest) -> anyhow::Result<Unfinished> {
        let sealed = self.key.seal(&self.place(slot), &zeroize::Zeroizing::new(request.encode_to_vec()), &self.dice)?;
        let path = self.path.join(QUEUE).join(format!("{UNFINISHED}{}", slot.file_name()));
        write_through(&path, &sealed).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Unfinished { slot, path })
    }

    /// Gives written requests their places, in order; afterwards they are in the queue whatever happens.
    pub(super) fn enqueue(&self, written: Vec<Unfinished>) -> anyhow::Result<()> {
        let queue = self.path.join(QUEUE);
        for Unfinished { slot, path } in written {
            fs::rename(&path, queue.join(slot.file_name())).context("cannot put a request into the queue")?;
        }
        sync_folder(&queue)
    }

    /// Sweeps out what an interrupted process left without a place. Only for who holds the lock on adding.
    pub(super) fn sweep(&self) -> anyhow::Result<()> {
        for entry in fs::read_dir(self.path.join(QUEUE))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Reads a request; it carries the number and the name of its slot, or it is not what was put there.
    pub(super) fn read(&self, shelf: Shelf, slot: Slot) -> anyhow::Result<SubmitRequest> {
        let sealed = fs::read(self.path.join(shelf.name()).join(slot.file_name()))?;
        let clear = self.key.open(&self.place(slot), &sealed)?;
        SubmitRequest::decode(clear.as_slice()).context("it is no request")
    }

    /// Removes a request: from the queue if it was taken in, from the refused if it was cleared; a journal says so.
    pub(super) fn remove(&self, shelf: Shelf, slot: Slot) -> anyhow::Result<()> {
        gone_is_fine(fs::remove_file(self.path.join(shelf.name()).join(slot.file_name())))
    }

    /// Puts a request aside: it was not taken in, and the journal says why.
    pub(super) fn put_aside(&self, slot: Slot) -> anyhow::Result<()> {
        let [from, to] = [QUEUE, REFUSED].map(|shelf| self.path.join(shelf).join(slot.file_name()));
        gone_is_fine(fs::rename(from, to))?;
        sync_folder(&self.path.join(REFUSED))
    }

    fn place(&self, slot: Slot) -> Vec<u8> {
        let number = slot.number.get().to_be_bytes();
        place("eid spool request", self.workstation.as_str(), &[&number, slot.request.as_bytes()])
    }
}

fn read_workstation(path: &Path) -> anyhow::Result<WorkstationId> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    WorkstationId::parse(text.trim_end()).with_context(|| format!("{} names no workstation", path.display()))
}

/// Writes a new file that its owner alone may read, down to the disk.
fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Flushes the names in a folder.
fn sync_folder(path: &Path) -> anyhow::Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).with_context(|| format!("cannot flush {}", path.display()))
}

/// What is gone was settled before.
fn gone_is_fine(done: io::Result<()>) -> anyhow::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.context("cannot change the queue"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn workstation(name: &str) -> WorkstationId {
        WorkstationId::parse(name).unwrap()
    }

    fn spool() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Folder::make(dir.path(), &workstation("q1-01"), None, &Dice::system()).unwrap());
        let folder = Folder::open(dir.path(), None).unwrap();
        (dir, folder)
    }

    fn slot(number: u64) -> Slot {
        Slot { number: CaptureNumber::new(number).unwrap(), request: Uuid::from_u128(number.into()) }
    }

    fn put(folder: &Folder, number: u64, request_id: &str) {
        let request = SubmitRequest { request_id: request_id.to_owned(), ..SubmitRequest::default() };
        folder.enqueue(vec![folder.write(slot(number), &request).unwrap()]).unwrap();
    }

    #[test]
    fn what_is_put_in_comes_out_by_number_and_is_sealed() {
        let (dir, folder) = spool();
        for number in [10, 2, 1] {
            put(&folder, number, "a-name-of-somebody");
        }
        assert_eq!(folder.slots(Shelf::Queue).unwrap(), [slot(1), slot(2), slot(10)]);
        assert_eq!(folder.read(Shelf::Queue, slot(2)).unwrap().request_id, "a-name-of-somebody");
        let file = dir.path().join("queue").join(slot(2).file_name());
        assert!(!fs::read(&file).unwrap().windows(8).any(|window| window == b"somebody"));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        folder.remove(Shelf::Queue, slot(1)).unwrap();
        folder.put_aside(slot(2)).unwrap();
        for _ in 0..2 {
            assert_eq!(folder.slots(Shelf::Queue).unwrap(), [slot(10)]);
            assert_eq!(folder.slots(Shelf::Refused).unwrap(), [slot(2)]);
            // Whoever was interrupted does it once more.
            folder.remove(Shelf::Queue, slot(1)).unwrap();
            folder.put_aside(slot(2)).unwrap();
        }
        assert_eq!(folder.read(Shelf::Refused, slot(2)).unwrap().request_id, "a-name-of-somebody");
    }

    #[test]
    fn requests_cannot_be_swapped() {
        let (dir, folder) = spool();
        put(&folder, 1, "one");
        put(&folder, 2, "two");
        let [one, two] = [1, 2].map(|number| dir.path().join("queue").join(slot(number).file_name()));
        fs::copy(&one, &two).unwrap();
        assert!(folder.read(Shelf::Queue, slot(2)).is_err());
        let renamed = Slot { number: CaptureNumber::new(3).unwrap(), ..slot(1) };
        fs::rename(&one, dir.path().join("queue").join(renamed.file_name())).unwrap();
        assert!(folder.read(Shelf::Queue, renamed).is_err());
    }

    #[test]
    fn what_has_no_place_is_no_request_and_is_swept_out() {
        let (dir, folder) = spool();
        let request = SubmitRequest::default();
        drop(folder.write(slot(1), &request).unwrap());
        fs::write(dir.path().join("queue").join("notes.txt"), "x").unwrap();
        assert_eq!(folder.slots(Shelf::Queue).unwrap(), []);
        folder.sweep().unwrap();
        let left: Vec<_> = fs::read_dir(dir.path().join("queue")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["notes.txt"]);
    }

    #[test]
    fn a_folder_is_the_spool_of_one_workstation() {
        let (dir, folder) = spool();
        assert_eq!(folder.workstation(), &workstation("q1-01"));
        assert!(Folder::make(dir.path(), &workstation("Q1-01"), None, &Dice::system()).unwrap(), "it was there");
        let other = Folder::make(dir.path(), &workstation("q1-02"), None, &Dice::system()).unwrap_err();
        assert!(other.to_string().contains("is the spool of q1-01"));
        let bare = tempfile::tempdir().unwrap();
        assert!(Folder::open(bare.path(), None).unwrap_err().to_string().contains("--init WORKSTATION"));
        assert_eq!(fs::metadata(dir.path().join("queue")).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_key_that_is_kept_elsewhere_is_not_in_the_folder() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = elsewhere.path().join("q1-01.key");
        Folder::make(dir.path(), &workstation("q1-01"), Some(&key), &Dice::system()).unwrap();
        assert!(Folder::open(dir.path(), Some(&key)).is_ok());
        assert!(format!("{:#}", Folder::open(dir.path(), None).unwrap_err()).contains("cannot read the key"));
    }

    #[test]
    fn one_process_sends() {
        let (dir, folder) = spool();
        let held = folder.lock_sending().unwrap();
        let second = Folder::open(dir.path(), None).unwrap();
        assert!(second.lock_sending().unwrap_err().to_string().contains("another process sends"));
        assert!(second.lock_adding().is_ok(), "adding goes on beside it");
        drop(held);
        assert!(second.lock_sending().is_ok());
    }
}
