//! Watching what happens to accounts, for the backend of the app.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Followed, PAGE, Stream, Watching};
use crate::app::{App, Caller, Error};
use crate::domain::account_event::{AccountCursor, AccountEvent, AccountPlace, Shard};
use crate::domain::audit::Action;
use crate::domain::staff::CertificateName;
use crate::domain::working_list::{CannotResume, EventPrint};
use crate::store::{Reader, StoredAccountEvent, Unit};

/// What a watcher of accounts is told.
#[derive(Debug)]
pub struct ToldAccount {
    /// What resumes after this.
    pub token: Vec<u8>,
    /// What happened. Absent: nothing else has by now.
    pub event: Option<AccountEvent>,
}

/// All accounts, watched by one who may.
struct Accounts {
    certificate: Arc<CertificateName>,
    by: Caller,
    place: AccountPlace,
}

impl App {
    /// Begins to watch what happens to accounts: after `from`, or from now on.
    ///
    /// # Errors
    /// [`Error::CannotResume`], [`Error::TooManyWatchers`], or if the store cannot be asked.
    pub async fn watch_accounts(
        &self,
        by: &Caller,
        certificate: Arc<CertificateName>,
        from: Option<AccountPlace>,
    ) -> Result<Watching<ToldAccount>, Error> {
        let begun = self.begin_to_watch(by)?;
        let mut reader = self.store().reader().await?;
        let resumed = from.is_some();
        let place = match from {
            Some(place) => in_history(&mut reader, place).await?,
            None => present(&mut reader).await?,
        };
        drop(reader);
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::AccountsWatched, by.id().uuid())
            .with("resumed", resumed.to_string());
        self.commit(Unit::new(entry)).await?;
        Ok(self.follow(begun, Accounts { certificate, by: by.clone(), place }))
    }
}

/// From now on.
async fn present(reader: &mut Reader) -> Result<AccountPlace, Error> {
    let mut last = HashMap::new();
    for (shard, position) in reader.last_account_events().await? {
        last.insert(shard, (position, print_at(reader, shard, position).await?));
    }
    Ok(AccountPlace::new(|shard| last.get(&shard).copied().unwrap_or_default()))
}

/// The place, if what it tells of is what the store holds.
async fn in_history(reader: &mut Reader, place: AccountPlace) -> Result<AccountPlace, Error> {
    for AccountCursor { shard, position, print } in place.cursors() {
        if print_at(reader, *shard, *position).await? != *print {
            return Err(CannotResume::NotInHistory.into());
        }
    }
    Ok(place)
}

/// The fingerprint of the event at a position; `None` if there is none.
async fn print_at(reader: &mut Reader, shard: Shard, position: u64) -> Result<Option<EventPrint>, Error> {
    let Some(before) = position.checked_sub(1) else { return Ok(None) };
    let found = reader.account_events_after(shard, before, 1).await?;
    Ok(found.first().filter(|there| there.position == position).map(|there| there.event.print()))
}

impl Followed for Accounts {
    type Event = StoredAccountEvent;
    type Told = ToldAccount;

    fn cursors(&self) -> Vec<(Stream, u64)> {
        self.place.cursors().iter().map(|cursor| (Stream::Accounts(cursor.shard), cursor.position)).collect()
    }

    async fn page(&self, cursor: usize, reader: &mut Reader) -> Result<Vec<StoredAccountEvent>, Error> {
        let Some(cursor) = self.place.cursors().get(cursor) else { return Ok(Vec::new()) };
        Ok(reader.account_events_after(cursor.shard, cursor.position, PAGE).await?)
    }

    fn pass(
        &mut self,
        cursor: usize,
        StoredAccountEvent { position, event }: StoredAccountEvent,
    ) -> Option<ToldAccount> {
        self.place.advance(cursor, position, event.print());
        Some(ToldAccount { token: self.place.token(), event: Some(event) })
    }

    fn nothing(&self) -> ToldAccount {
        ToldAccount { token: self.place.token(), event: None }
    }

    /// The caller is in the directory still, with the rights of before.
    async fn recheck(&mut self, app: &App) -> Result<bool, Error> {
        app.still(&self.certificate, &self.by).await.map(|_| false)
    }
}
