//! Looking after accounts: what comes by itself is told to watchers and to the holder, documents that end are warned of, and
//! those of accounts from a release before are entered.
//!
//! Nothing waits for this: every reading reckons for itself. Safe in several processes at once, because what is done is
//! guarded by the account as it was seen.

use std::time::Duration;

use crate::app::{App, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::ids::{AccountId, EntryId, Version};
use crate::domain::life::{Hold, Life, Paper, ShownDocument, Warned, WarningLook};
use crate::domain::lock::{Ground, GroundSet, LockClass};
use crate::domain::message::NoticeText;
use crate::domain::time::Timestamp;
use crate::store::{AccountToLive, Change, Holder, LifeLook, StoreError, StoredAccount, Unit};

/// Accounts that are looked at together.
const BATCH: u32 = 200;
/// When to look again at an account that does not open.
const NOT_OPENED: Duration = Duration::from_mins(10);
/// When to look again at a row that cannot be read: a person has to mend it.
const NOT_READ: Duration = Duration::from_hours(1);
/// Whose work the entries say it is.
const LIFE: Actor = Actor::Service("account-life");

/// When to look again at an account at that version.
type Later = (AccountId, Option<Timestamp>, Version);

impl App {
    /// Looks after one batch of accounts; how many there were.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn look_after_accounts(&self) -> Result<usize, Error> {
        let now = self.clock().now();
        let (due, unread) = self.store().reader().await?.accounts_to_live(now, BATCH).await?;
        let count = due.len() + unread.len();
        let mut later: Vec<Later> = unread.into_iter().map(|(id, seen)| (id, Some(now.plus(NOT_READ)), seen)).collect();
        for account in due {
            let (id, seen) = (account.stored.account.id, account.stored.version);
            match self.look_after(account, now).await {
                Ok(again) => later.extend(again),
                // One that does not open must not hold up those behind it. Another replica may have the key.
                Err(error @ Error::Broken(_)) => {
                    tracing::error!(account = %id, error = &error as &dyn std::error::Error, "does not open");
                    later.push((id, Some(now.plus(NOT_OPENED)), seen));
                }
                Err(error) => return Err(error),
            }
        }
        if !later.is_empty() {
            let subject = EntryId::new(self.dice().id(now)).uuid();
            let entry = self.entry(now, LIFE, Action::AccountLookedAfter, subject);
            let unit = Unit::new(entry.with("count", later.len().to_string())).with(Change::LookAtLifeLater(later));
            self.store().commit(unit).await?;
        }
        Ok(count)
    }

    /// Looks after one account; when to look again, if nothing is to be done about it now.
    async fn look_after(&self, account: AccountToLive, now: Timestamp) -> Result<Option<Later>, Error> {
        if !account.stored.papers_known {
            return self.enter_papers(&account.stored, now).await;
        }
        let life = account.stored.account.life;
        let tellable = self.tellable(&account.stored, now).await?;
        let (warned, warnings, then) = self.warnings(&life, account.warned, now);
        let (noticed, notice) = noticed(account.noticed, tellable, life.hold(now));
        let (id, seen) = (account.stored.account.id, account.stored.version);
        if account.told == life.hold(now).class() && noticed == account.noticed && warnings.is_empty() {
            return Ok(Some((id, then, seen)));
        }
        let entry = self
            .entry(now, LIFE, Action::AccountLookedAfter, id.uuid())
            .with("locked", life.hold(now).class().map_or("", LockClass::name))
            .with("messages", (warnings.len() + usize::from(notice.is_some())).to_string());
        let look =
            LifeLook { account: id, seen, noticed: (account.noticed, noticed), warned: (account.warned, warned), then };
        let mut unit = Unit::new(entry).with(Change::LookAtLife(Box::new(look)));
        for notice in notice.into_iter().chain(warnings) {
            unit = unit.with_all(self.tell(&account.stored, &notice, now)?);
        }
        match self.commit(unit).await {
            // Another replica was faster, or something happened to the account, which is looked at again for that.
            Ok(()) | Err(StoreError::Changed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What the holder may be told of the lock: without the grounds of orders that forbid it.
    async fn tellable(&self, stored: &StoredAccount, now: Timestamp) -> Result<Option<LockClass>, Error> {
        let life = stored.account.life;
        if !life.set.contains(Ground::Order) {
            return Ok(life.hold(now).class());
        }
        let locks = self.store().reader().await?.locks(stored.account.id).await?;
        let standing = locks.iter().filter(|lock| lock.lock.ended_at.is_none() && !lock.lock.is_silent);
        let set: GroundSet = standing.map(|lock| lock.lock.ground).collect();
        Ok(Life { set, ..life }.hold(now).class())
    }

    /// The warnings that are due of an account's documents, what is to be remembered of them, and when to look again.
    fn warnings(
        &self,
        life: &Life,
        warned: [Option<Warned>; 2],
        now: Timestamp,
    ) -> ([Option<Warned>; 2], Vec<NoticeText>, Option<Timestamp>) {
        if life.closed.is_some() {
            return (warned, Vec::new(), None);
        }
        let (mut told, mut notices, mut looks) = (warned, Vec::new(), life.papers.next_end(now));
        let earlier = |one: Option<Timestamp>, other: Option<Timestamp>| one.into_iter().chain(other).min();
        for (paper, told) in Paper::ALL.into_iter().zip(&mut told) {
            let Some(until) = paper.until(&life.papers) else { continue };
            match self.settings().warnings.look(until, *told, now) {
                WarningLook::Never => {}
                WarningLook::At(at) => looks = earlier(looks, Some(at)),
                WarningLook::Warn(by, then) => {
                    (*told, looks) = (Some(by), earlier(looks, then));
                    notices.push(match paper {
                        Paper::Passport => NoticeText::PassportEnds(until),
                        Paper::Residence => NoticeText::ResidenceEnds(until),
                    });
                }
            }
        }
        (told, notices, looks)
    }

    /// Enters the documents of an account from a release before; it is looked at again for that.
    async fn enter_papers(&self, stored: &StoredAccount, now: Timestamp) -> Result<Option<Later>, Error> {
        let (id, account) = (stored.account.id, &stored.account);
        let request = self.store().reader().await?.enrolment(account.enrolment).await?;
        let Some(request) = request else { return Ok(Some((id, Some(now.plus(NOT_READ)), stored.version))) };
        let application = self.open_application(&request)?;
        let added_by = account.enrolment.uuid();
        let mut documents = self.documents_of_request(id, &application, added_by, request.enrolment.received_at)?;
        let mut reader = self.store().reader().await?;
        let known = self.known_as(&mut reader, id, &application).await?;
        let declared: Vec<_> = known.iter().map(|one| one.declaring(&application)).collect();
        let holder = Holder { account: id, enrolment: account.enrolment };
        let recorded = self.recorded_cards(&mut reader, holder, &declared, &ShownDocument::of(&application)).await?;
        drop(reader);
        let (joining, cards) = recorded.join();
        documents.extend(cards);
        let entry =
            self.entry(now, LIFE, Action::DocumentsEntered, id.uuid()).with("count", documents.len().to_string());
        let unit = Unit::new(entry).with_all(joining).with(Change::EnterDocuments(id, documents));
        match self.commit(unit).await {
            // An import or another change came between: the next look sees it.
            Ok(()) | Err(StoreError::Changed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// What the holder has been told when this is done, and what is told. Of another reason for a lock that was told, the app
/// tells; the end of an account is told where it is closed.
fn noticed(
    before: Option<LockClass>,
    tellable: Option<LockClass>,
    hold: Hold,
) -> (Option<LockClass>, Option<NoticeText>) {
    match (before, tellable, hold) {
        (before, _, Hold::Closed(_)) => (before, None),
        (None, Some(class), _) => (Some(class), Some(NoticeText::AccountLocked)),
        (Some(_), None, _) => (None, Some(NoticeText::AccountUnlocked)),
        (_, tellable, _) => (tellable, None),
    }
}
