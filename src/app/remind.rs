//! Reminding holders who have not activated: some days into the window, once each, by day.

use std::time::Duration;

use time::Date;

use super::{App, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::contact::Contact;
use crate::domain::follow_up::{Look, Reminded};
use crate::domain::ids::{EntryId, MessageId};
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::time::Timestamp;
use crate::store::{AccountToLookAt, Change, StoreError, StoredAccount, Unit};

/// Accounts that are looked at together.
const BATCH: u32 = 200;
/// When to look again at an account whose phone does not open.
const NOT_OPENED: Duration = Duration::from_mins(10);
/// When to look again at a row that cannot be read: a person has to mend it.
const NOT_READ: Duration = Duration::from_hours(1);
/// Whose work the entries say it is.
const REMINDERS: Actor = Actor::Service("reminders");

impl App {
    /// Reminds the holders who are to be reminded now, of one batch of accounts; how many accounts were looked at. Safe to
    /// run in several processes at once: the message goes into the outbox with the record that it does, or not at all.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn remind_due(&self) -> Result<usize, Error> {
        let now = self.clock().now();
        let (due, unread) = self.store().reader().await?.accounts_to_look_at(now, BATCH).await?;
        let count = due.len() + unread.len();
        let mut later: Vec<_> = unread.into_iter().map(|(id, seen)| (id, Some(now.plus(NOT_READ)), seen)).collect();
        for AccountToLookAt { stored, reminded } in &due {
            let again = match self.settings().reminders.look(&stored.account, *reminded, now) {
                Look::Remind { reminded, last_day, then } => {
                    match self.remind(stored, (reminded, last_day, then), now).await {
                        Ok(()) => continue,
                        // One that does not open must not hold up those behind it. Another replica may have the key.
                        Err(error @ Error::Broken(_)) => {
                            tracing::error!(account = %stored.account.id, error = &error as &dyn std::error::Error, "does not open");
                            Some(now.plus(NOT_OPENED))
                        }
                        Err(error) => return Err(error),
                    }
                }
                Look::At(at) => Some(at),
                Look::Never => None,
            };
            later.push((stored.account.id, again, stored.version));
        }
        if !later.is_empty() {
            let subject = EntryId::new(self.dice().id(now)).uuid();
            let entry = self.entry(now, REMINDERS, Action::RemindersPlanned, subject);
            let unit = Unit::new(entry.with("count", later.len().to_string())).with(Change::LookAgain(later));
            self.store().commit(unit).await?;
        }
        Ok(count)
    }

    async fn remind(
        &self,
        stored: &StoredAccount,
        (reminded, last_day, then): (Reminded, Date, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = stored.account.id;
        let to = Contact::Phone(self.open_phone(stored)?);
        let notice = NoticeText::ActivationReminder(last_day);
        let content = MessageContent { to, language: stored.account.language, notice };
        let message = Message { id: MessageId::new(self.dice().id(now)), account, content, useful_until: None };
        let entry = self
            .entry(now, REMINDERS, Action::HolderReminded, account.uuid())
            .with("day", reminded.day.to_string())
            .with("message", message.id.to_string());
        let unit =
            Unit::new(entry).with(Change::Remind(account, reminded, then, stored.version)).with(self.send(&message)?);
        match self.commit(unit).await {
            // Another replica was faster, or something happened to the account, which is looked at again for that.
            Ok(()) | Err(StoreError::Changed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
