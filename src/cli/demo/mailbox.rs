//! Where the play reads the messages that the service sends: the file that the file carrier writes, a JSON line each.

use std::collections::{BTreeMap, HashMap};
use std::io::{ErrorKind, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::Mutex;

/// How long a message may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the file is looked at.
const POLL: Duration = Duration::from_millis(10);

/// After so many messages that never came nobody waits for another.
const MISSES_MAX: usize = 3;

/// Where one-time codes arrive.
pub trait Mailbox {
    /// The code in the message to that destination (phone in E.164, or e-mail address) that has `after` messages with a
    /// code before it. Waits for a bounded time; `None` if nothing arrived.
    fn code_for(&self, destination: &str, after: usize) -> impl Future<Output = Option<String>>;

    /// The first text message of each language and kind that arrived so far, codes hidden: (language, kind, text).
    fn texts(&self) -> impl Future<Output = Vec<(String, String, String)>>;
}

/// The messages that the file carrier wrote, followed as they come.
pub struct FileMailbox {
    path: PathBuf,
    read: Mutex<Follower>,
}

#[derive(Default)]
struct Follower {
    offset: u64,
    /// The beginning of a line whose end is not written yet.
    begun: Vec<u8>,
    codes: HashMap<String, Vec<String>>,
    texts: BTreeMap<(String, String), String>,
}

/// The part of a message that is of interest; notices have no code.
#[derive(Deserialize)]
struct Line {
    channel: String,
    kind: String,
    language: String,
    text: String,
    to: String,
    code: Option<String>,
}

impl FileMailbox {
    /// Follows the file at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read: Mutex::default() }
    }

    async fn look(&self, destination: &str, after: usize) -> Option<String> {
        let mut follower = self.read.lock().await;
        // A file that cannot be read now may be readable at the next look; the wait is bounded.
        follower.follow(&self.path).await.unwrap_or_default();
        follower.codes.get(destination)?.get(after).cloned()
    }
}

impl Mailbox for FileMailbox {
    async fn code_for(&self, destination: &str, after: usize) -> Option<String> {
        let waiting = async {
            loop {
                match self.look(destination, after).await {
                    Some(code) => break code,
                    None => tokio::time::sleep(POLL).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.ok()
    }

    async fn texts(&self) -> Vec<(String, String, String)> {
        let follower = self.read.lock().await;
        follower.texts.iter().map(|((language, kind), text)| (language.clone(), kind.clone(), text.clone())).collect()
    }
}

impl Follower {
    async fn follow(&mut self, path: &PathBuf) -> std::io::Result<()> {
        let mut file = match File::open(path).await {
            Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.offset)).await?;
        let mut new = Vec::new();
        self.offset = self.offset.saturating_add(u64::try_from(file.read_to_end(&mut new).await?).unwrap_or(0));
        self.begun.extend(new);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            self.keep(&line);
        }
        Ok(())
    }

    fn keep(&mut self, line: &[u8]) {
        let Ok(Line { channel, kind, language, text, to, code }) = serde_json::from_slice(line) else { return };
        if channel == "sms" {
            let hidden = code.as_ref().map_or_else(|| text.clone(), |code| text.replace(code, "••••••"));
            self.texts.entry((language, kind)).or_insert(hidden);
        }
        if let Some(code) = code {
            self.codes.entry(to).or_default().push(code);
        }
    }
}

/// A mailbox that is given up when nothing arrives in it, so that a broken carrier costs seconds and not minutes.
pub(super) struct Post<M> {
    mailbox: M,
    missed: AtomicUsize,
}

impl<M: Mailbox> Post<M> {
    pub(super) fn new(mailbox: M) -> Self {
        Self { mailbox, missed: AtomicUsize::new(0) }
    }

    pub(super) async fn code_for(&self, destination: &str, after: usize) -> Option<String> {
        if self.missed.load(Ordering::Relaxed) >= MISSES_MAX {
            return None;
        }
        let code = self.mailbox.code_for(destination, after).await;
        if code.is_none() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        code
    }

    pub(super) async fn texts(&self) -> Vec<(String, String, String)> {
        self.mailbox.texts().await
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;

    use super::*;

    fn write(path: &std::path::Path, text: &str) {
        OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn line(to: &str, code: &str) -> String {
        let code = if code.is_empty() { String::new() } else { format!(r#""code":"{code}","#) };
        format!(r#"{{"id":"1","kind":"k","channel":"sms","to":"{to}",{code}"text":"…","language":"vi"}}"#) + "\n"
    }

    #[tokio::test(start_paused = true)]
    async fn codes_come_in_the_order_in_which_they_were_sent_and_notices_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.jsonl");
        write(&path, &(line("+84912345678", "") + &line("+84912345678", "111111") + &line("a@example.com", "222222")));
        let mailbox = FileMailbox::new(&path);
        assert_eq!(mailbox.code_for("+84912345678", 0).await.as_deref(), Some("111111"));
        assert_eq!(mailbox.code_for("a@example.com", 0).await.as_deref(), Some("222222"));
        write(&path, &line("+84912345678", "333333"));
        assert_eq!(mailbox.code_for("+84912345678", 1).await.as_deref(), Some("333333"));
        assert_eq!(mailbox.code_for("+84912345678", 0).await.as_deref(), Some("111111"));
    }

    #[tokio::test(start_paused = true)]
    async fn texts_are_shown_once_in_each_language_and_never_with_their_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.jsonl");
        let said = line("+84912345678", "111111").replace('…', "Code 111111.");
        write(&path, &(said.clone() + &said.replace("111111", "222222") + &said.replace("sms", "email")));
        let mailbox = FileMailbox::new(&path);
        mailbox.look("+84912345678", 0).await;
        let hidden = ("vi".to_owned(), "k".to_owned(), "Code ••••••.".to_owned());
        assert_eq!(mailbox.texts().await, [hidden]);
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_line_is_not_read_until_its_end_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.jsonl");
        let whole = line("+84912345678", "111111");
        let (half, rest) = whole.split_at(30);
        let mailbox = FileMailbox::new(&path);
        write(&path, half);
        assert_eq!(mailbox.look("+84912345678", 0).await, None);
        write(&path, rest);
        assert_eq!(mailbox.look("+84912345678", 0).await.as_deref(), Some("111111"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_never_comes_is_waited_for_in_bounded_time_and_lines_of_noise_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.jsonl");
        write(&path, "not json\n{}\n\n");
        assert_eq!(FileMailbox::new(&path).code_for("+84912345678", 0).await, None);
        assert_eq!(FileMailbox::new(folder.path().join("nowhere")).code_for("+84912345678", 0).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_carrier_is_given_up() {
        struct Dead(AtomicUsize);
        impl Mailbox for &Dead {
            async fn code_for(&self, _: &str, _: usize) -> Option<String> {
                self.0.fetch_add(1, Ordering::SeqCst);
                None
            }

            async fn texts(&self) -> Vec<(String, String, String)> {
                Vec::new()
            }
        }
        let dead = Dead(AtomicUsize::new(0));
        let post = Post::new(&dead);
        for _ in 0..10 {
            assert_eq!(post.code_for("+84912345678", 0).await, None);
        }
        assert_eq!(dead.0.into_inner(), MISSES_MAX);
    }
}
