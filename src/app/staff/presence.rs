//! Who called, who did not for too long, and whether a caller whose stream is open may call still.
//!
//! A call costs no statement: it is noted in memory, once a day for each entry, and written by a worker. What is lost with the
//! process is found out again at the next call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::known::Known;
use crate::app::{App, Caller, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::ids::{EntryId, StaffId};
use crate::domain::staff::{CertificateName, DisabledFor, IdleDays, StaffMember};
use crate::domain::time::Timestamp;
use crate::store::{Change, StoreError, Unit};

/// The service's part that keeps the directory.
const DIRECTORY: Actor = Actor::Service("staff");
/// Idle entries that are read at once.
const PAGE: u32 = 100;
/// Entries noted in one unit.
const NOTED_MAX: usize = 500;

/// What configuration may tighten of the directory.
#[derive(Clone, Copy, Debug)]
pub struct StaffSettings {
    /// Days without a call after which a person's entry rests.
    pub idle: IdleDays,
    /// How often the directory is asked while a stream is open, for what other processes changed.
    pub recheck: Duration,
    /// For how long an entry that was read holds, where nobody rings.
    pub fresh: Duration,
}

/// What a process knows of the directory.
#[derive(Debug)]
pub(in crate::app) struct Directory {
    seen: Mutex<HashMap<StaffId, Timestamp>>,
    /// Counts the changes that this process heard of.
    bell: watch::Sender<u64>,
    /// Entries that were read a moment ago.
    pub(super) known: Known,
}

impl Default for Directory {
    fn default() -> Self {
        Self { seen: Mutex::default(), bell: watch::Sender::new(0), known: Known::default() }
    }
}

impl Directory {
    /// Forgets what was read, and tells open streams to look again.
    pub(in crate::app) fn ring(&self) {
        self.known.forget();
        self.bell.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<StaffId, Timestamp>> {
        // A map of instants is as good after a panic as before.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Notes that somebody called, if that is not known of today.
    pub fn note_call(&self, caller: &Caller) {
        let now = self.clock().now();
        if caller.seen_at().is_none_or(|at| at.local_date() < now.local_date()) {
            let mut seen = self.directory.seen();
            let noted = seen.entry(caller.id()).or_insert(now);
            *noted = now.max(*noted);
        }
    }

    /// Writes who called; how many.
    ///
    /// # Errors
    /// If the store cannot be asked. They are written the next time, then.
    pub async fn write_calls(&self) -> Result<usize, Error> {
        let noted: Vec<_> = self.directory.seen().iter().map(|(id, at)| (*id, *at)).take(NOTED_MAX).collect();
        if noted.is_empty() {
            return Ok(0);
        }
        let (now, count) = (self.clock().now(), noted.len());
        let subject = EntryId::new(self.dice().id(now)).uuid();
        let entry = self.entry(now, DIRECTORY, Action::StaffSeen, subject).with("count", count.to_string());
        self.store().commit(Unit::new(entry).with(Change::NoteSeen(noted.clone()))).await?;
        let mut seen = self.directory.seen();
        // Who called again meanwhile is written the next time.
        for (id, at) in &noted {
            if seen.get(id) == Some(at) {
                seen.remove(id);
            }
        }
        Ok(count)
    }

    /// Notes that idle entries are disabled, which they are already; how many. Entries whose days nobody counts yet are
    /// counted from now on. The last administrator's is left as it is: the console of the machine helps.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn disable_idle(&self) -> Result<usize, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        if reader.has_uncounted_staff().await? {
            drop(reader);
            let subject = EntryId::new(self.dice().id(now)).uuid();
            let entry = self.entry(now, DIRECTORY, Action::StaffSeen, subject).with("counted", "from now on");
            self.store().commit(Unit::new(entry).with(Change::BeginIdleCount)).await?;
        }
        let (mut count, mut after) = (0, None);
        loop {
            let before = self.settings().staff.idle.before(now);
            let idle = self.store().reader().await?.staff_idle(before, after, PAGE).await?;
            let Some(last) = idle.last() else { return Ok(count) };
            after = Some(last.id);
            for member in idle {
                count += usize::from(self.mark_idle(member, now).await?);
            }
        }
    }

    async fn mark_idle(&self, member: StaffMember, now: Timestamp) -> Result<bool, Error> {
        let entry = self.entry(now, DIRECTORY, Action::StaffDisabled, member.id.uuid()).with("for", "idle");
        let idle = StaffMember { enabled: false, disabled_for: Some(DisabledFor::Idle), ..member };
        match self.store().commit(Unit::new(entry).with(self.saved(idle))).await {
            Ok(()) => Ok(true),
            // It was changed since, or nobody else could manage the directory.
            Err(StoreError::Changed) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The caller as the directory has them now, with the rights of before.
    ///
    /// # Errors
    /// [`Error::NoLongerKnown`], [`Error::StaffIdle`], [`Error::RightsChanged`], or if the directory cannot be asked.
    pub async fn still(&self, certificate: &CertificateName, before: &Caller) -> Result<Caller, Error> {
        let now = self.caller(certificate).await?.ok_or(Error::NoLongerKnown)?;
        if now.has_rights_of(before) { Ok(now) } else { Err(Error::RightsChanged) }
    }

    /// Waits until a caller may not call any more as they did, and says why: for streams that stay open. Each look is noted as
    /// a call: whoever keeps a stream open is there. While the directory cannot be asked, what it said last holds.
    pub async fn rights_end(&self, certificate: &CertificateName, before: &Caller) -> Error {
        let mut bell = self.directory.bell.subscribe();
        loop {
            // The sender lives as long as this does; that nobody rings is as good as silence.
            let _ = tokio::time::timeout(self.settings().staff.recheck, bell.changed()).await;
            match self.still(certificate, before).await {
                Err(why @ (Error::NoLongerKnown | Error::StaffIdle | Error::RightsChanged)) => return why,
                Ok(caller) => self.note_call(&caller),
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::config::Config;
    use crate::server;
    use crate::store::Store;
    use crate::sys::{Clock, Dice};
    use crate::vault::KeyRing;

    #[tokio::test]
    async fn the_directory_rings_after_a_commit_whose_caller_has_gone() {
        let folder = tempfile::tempdir().unwrap();
        let dice = Dice::seeded(1);
        let mut config = Config::development(folder.path()).unwrap();
        config.vault.keys = folder.path().join("keys");
        KeyRing::generate(&dice).write_new(&config.vault.keys).unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("eid.db").display()), 1).await.unwrap();
        store.migrate().await.unwrap();
        let app = server::over(&config, store, Clock::stopped(Timestamp::from_micros(0)), dice).unwrap();
        let mut bell = app.directory.bell.subscribe();
        let entry = app.entry(app.clock().now(), Actor::Console, Action::StaffDisabled, uuid::Uuid::nil());
        assert!(app.commit_rights(Unit::new(entry)).now_or_never().is_none(), "its caller goes before it is committed");
        bell.changed().await.unwrap();
        app.store().clone().close().await;
    }
}
