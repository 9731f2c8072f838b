//! How far the streams of events have come, as a process knows: one look serves all who watch through it.

use std::collections::HashMap;

use tokio::sync::{Notify, watch};

use crate::app::{App, Error};
use crate::domain::account_event::Shard;
use crate::domain::staff::OfficeCode;

/// Streams of offices that are looked at: more than there ever were codes of offices.
const OFFICES_MAX: u32 = 10_000;

/// A stream of events.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::app) enum Stream {
    /// Of the requests that an office took in.
    Office(OfficeCode),
    /// Of a part of the accounts.
    Accounts(Shard),
}

/// How far they have come.
#[derive(Debug)]
pub(in crate::app) struct Streams {
    heads: watch::Sender<Heads>,
    rung: Notify,
}

/// The last position of each stream, and whether watching ends here.
#[derive(Debug, Default)]
pub(super) struct Heads {
    last: HashMap<Stream, u64>,
    pub(super) ended: bool,
}

impl Default for Streams {
    fn default() -> Self {
        Self { heads: watch::Sender::new(Heads::default()), rung: Notify::new() }
    }
}

impl Streams {
    /// Says that something was committed.
    pub(in crate::app) fn ring(&self) {
        self.rung.notify_one();
    }

    /// For one who watches from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<Heads> {
        self.heads.subscribe()
    }
}

impl Heads {
    /// Whether a stream has come further than that position.
    pub(super) fn are_beyond(&self, (stream, position): &(Stream, u64)) -> bool {
        self.last.get(stream).is_some_and(|last| last > position)
    }
}

impl App {
    /// Looks at how far the streams have come, and wakes those who watch one that moved. Asks nothing while nobody watches.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn look_at_streams(&self) -> Result<(), Error> {
        if self.streams.heads.receiver_count() == 0 {
            return Ok(());
        }
        let mut reader = self.store().reader().await?;
        let offices = reader.last_events(OFFICES_MAX).await?;
        let accounts = reader.last_account_events().await?;
        drop(reader);
        let offices = offices.into_iter().map(|(office, last)| (Stream::Office(office), last));
        let accounts = accounts.into_iter().map(|(shard, last)| (Stream::Accounts(shard), last));
        let last: HashMap<_, _> = offices.chain(accounts).collect();
        self.streams.heads.send_if_modified(|heads| {
            let moved = heads.last != last;
            heads.last = last;
            moved
        });
        Ok(())
    }

    /// Waits until the streams are to be looked at again.
    pub async fn streams_stir(&self) {
        tokio::select! {
            () = self.streams.rung.notified() => {}
            () = tokio::time::sleep(self.settings().watch.poll) => {}
        }
    }

    /// Ends every call that watches through this process, with the advice to go on elsewhere.
    pub fn end_watching(&self) {
        self.streams.heads.send_modify(|heads| heads.ended = true);
    }
}
