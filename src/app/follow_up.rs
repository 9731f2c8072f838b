//! Following up: who needs a hand on the way to an active account, and that a holder came to the app by the notice.

use std::collections::BTreeMap;

use super::{App, Caller, Error, Login, OfficeScope, Officer};
use crate::domain::account::Account;
use crate::domain::audit::Action;
use crate::domain::follow_up::{Funnel, ListPlace, Milestone, Obstacle, Shelf};
use crate::domain::ids::AccountId;
use crate::domain::office::OfficeSpan;
use crate::domain::time::Timestamp;
use crate::domain::working_list::ListName;
use crate::store::{Change, FollowedAccount, Reader, ShelvedAccount, StoreError, Unit};

/// Accounts read at once.
const BATCH: u32 = 200;
/// Accounts looked at for one page. A page may end there and be short: the next one goes on.
const LOOKED_AT_MAX: usize = 2_000;

/// Whose accounts are meant.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Everybody's.
    All,
    /// Those issued on requests of an officer's office as of today.
    Office(&'a Officer),
}

/// Which accounts to list.
#[derive(Clone, Debug)]
pub struct FollowUpRequest {
    /// For which reason; any if absent.
    pub obstacle: Option<Obstacle>,
    /// The token of the page before; absent for the first page.
    pub token: Option<Vec<u8>>,
    /// At most so many.
    pub size: u32,
}

/// An account that needs a hand.
#[derive(Debug)]
pub struct NeedsHand {
    /// The account.
    pub account: Account,
    /// How far it has come.
    pub funnel: Funnel,
    /// Why it stands still.
    pub obstacle: Obstacle,
    /// Identification number and phone, masked: for those who speak with holders, and do not have the request.
    pub masked: Option<(String, String)>,
}

/// A page of accounts that need a hand.
#[derive(Debug)]
pub struct FollowUpPage {
    /// The most urgent first.
    pub accounts: Vec<NeedsHand>,
    /// Accounts that were met and cannot be read.
    pub unreadable: Vec<AccountId>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// How many accounts of a span of days came how far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunnelCounts {
    /// When it was counted.
    pub at: Timestamp,
    /// All of them.
    pub total: u64,
    /// Those that passed each milestone, or a later one.
    pub by_milestone: Vec<(Milestone, u64)>,
    /// Those that stand still, by reason.
    pub by_obstacle: Vec<(Obstacle, u64)>,
}

/// A page that is being filled.
struct Filling<'a> {
    request: &'a FollowUpRequest,
    place: ListPlace,
    found: Vec<(FollowedAccount, Funnel, Obstacle)>,
    unreadable: Vec<AccountId>,
    looked_at: usize,
}

impl Filling<'_> {
    fn is_full(&self) -> bool {
        self.found.len() >= self.request.size as usize || self.looked_at >= LOOKED_AT_MAX
    }
}

impl App {
    /// Notes that the holder came to the app by the notice; the first time counts. Whether there is such an account.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn note_notice_opened(&self, by: &Caller, login: &Login) -> Result<bool, Error> {
        let now = self.clock().now();
        let stored = self.matched(&mut self.store().reader().await?, login).await?;
        let Some(account) = stored.map(|stored| stored.account) else { return Ok(false) };
        if account.notice.opened_at.is_none() {
            let entry = self.entry(now, by.actor(), Action::NoticeOpened, account.id.uuid());
            match self.commit(Unit::new(entry).with(Change::NoteOpened(account.id))).await {
                // Another call was first.
                Ok(()) | Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// A page of accounts that stand still, the most urgent first. The look is recorded.
    ///
    /// # Errors
    /// As [`App::spans`], [`Error::Field`] for a token of another list, or if the store cannot be asked.
    pub async fn needing_a_hand(
        &self,
        by: &Caller,
        whose: Whose<'_>,
        request: &FollowUpRequest,
    ) -> Result<FollowUpPage, Error> {
        let now = self.clock().now();
        let list = list_name(whose, request.obstacle);
        let read = request.token.as_deref().map(|token| ListPlace::read(token, &list)).transpose();
        let begun = read.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let place = begun.unwrap_or(ListPlace { asked_at: now, shelf: Shelf::Open, after: None });
        let mut reader = self.store().reader().await?;
        let spans = self.spans_of(&mut reader, whose).await?;
        let mut filling = Filling { request, place, found: Vec::new(), unreadable: Vec::new(), looked_at: 0 };
        let ended = self.fill(&mut reader, &spans, &mut filling, now).await?;
        drop(reader);
        let entry = self
            .entry(now, by.actor(), Action::FollowUpListed, by.id().uuid())
            .with("office", office_of(whose))
            .with("reason", request.obstacle.map_or("", Obstacle::name))
            .with("count", filling.found.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let next = (!ended).then(|| filling.place.token(&list));
        let shown = filling.found.into_iter().map(|found| self.needs_hand(found, whose));
        Ok(FollowUpPage { accounts: shown.collect::<Result<_, _>>()?, unreadable: filling.unreadable, next })
    }

    /// Fills a page; whether the list ended with it.
    async fn fill(
        &self,
        reader: &mut Reader,
        spans: &[Option<OfficeSpan>],
        filling: &mut Filling<'_>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (wanted, begun) = (filling.request.obstacle.map_or(&Shelf::ALL[..], Shelf::of), filling.place.shelf);
        for shelf in Shelf::ALL.into_iter().filter(|shelf| wanted.contains(shelf) && *shelf >= begun) {
            if shelf > filling.place.shelf {
                filling.place = ListPlace { shelf, after: None, ..filling.place };
            }
            loop {
                if filling.is_full() {
                    return Ok(false);
                }
                let rows = batch(reader, spans, filling.place).await?;
                if rows.is_empty() {
                    break;
                }
                self.take(rows, filling, now);
            }
        }
        Ok(true)
    }

    /// Takes what stands still from a batch, up to the end of the page.
    fn take(&self, rows: Vec<ShelvedAccount>, filling: &mut Filling<'_>, now: Timestamp) {
        for row in rows {
            if filling.is_full() {
                return;
            }
            filling.place.after = Some(row.place);
            filling.looked_at += 1;
            let Some(followed) = row.followed else {
                filling.unreadable.push(row.place.1);
                continue;
            };
            let funnel = self.funnel(&followed, now);
            let wanted = filling.request.obstacle;
            let obstacle = funnel.pace.obstacle().filter(|found| wanted.is_none_or(|wanted| wanted == *found));
            filling.found.extend(obstacle.map(|obstacle| (followed, funnel, obstacle)));
        }
    }

    /// How far an account has come.
    pub(super) fn funnel(&self, followed: &FollowedAccount, now: Timestamp) -> Funnel {
        Funnel::of(&followed.stored.account, &followed.way, &self.settings().codes, now)
    }

    fn needs_hand(
        &self,
        (followed, funnel, obstacle): (FollowedAccount, Funnel, Obstacle),
        whose: Whose<'_>,
    ) -> Result<NeedsHand, Error> {
        let masked = match whose {
            // An office has the request, where each look at what is in it is recorded.
            Whose::Office(_) => None,
            Whose::All => {
                let (number, phone) = (self.open_number(&followed.stored)?, self.open_phone(&followed.stored)?);
                Some((number.masked(), phone.masked()))
            }
        };
        Ok(NeedsHand { account: followed.stored.account, funnel, obstacle, masked })
    }

    /// How many accounts that were issued in `from..until` came how far. Numbers tell of nobody, so there is no record of
    /// who looked.
    ///
    /// # Errors
    /// As [`App::spans`], or if the store cannot be asked.
    pub async fn count_funnel(
        &self,
        whose: Whose<'_>,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<FunnelCounts, Error> {
        let now = self.clock().now();
        let spans = self.spans_of(&mut self.store().reader().await?, whose).await?;
        let mut snapshot = self.store().snapshot().await?;
        let mut counting = Counting::default();
        for span in &spans {
            let mut after = (from, AccountId::new(uuid::Uuid::nil()));
            loop {
                let rows = snapshot.issued(span.as_ref(), (after, until), BATCH).await?;
                let Some(last) = rows.last() else { break };
                after = last.place;
                let read = rows.iter().filter_map(|row| row.followed.as_ref());
                read.for_each(|followed| counting.count(&self.funnel(followed, now)));
            }
        }
        Ok(counting.counts(now))
    }

    /// The spans of an office's requests; one without bounds for all accounts.
    async fn spans_of(&self, reader: &mut Reader, whose: Whose<'_>) -> Result<Vec<Option<OfficeSpan>>, Error> {
        match whose {
            Whose::All => Ok(vec![None]),
            Whose::Office(officer) => {
                let spans = Self::spans(&*self.offices(reader).await?, officer, &OfficeScope::Today)?;
                Ok(spans.into_iter().map(Some).collect())
            }
        }
    }
}

/// Accounts behind a place, of all spans together in the order of the shelf.
async fn batch(
    reader: &mut Reader,
    spans: &[Option<OfficeSpan>],
    place: ListPlace,
) -> Result<Vec<ShelvedAccount>, Error> {
    let mut rows = Vec::new();
    for span in spans {
        rows.extend(reader.shelved((place.shelf, place.asked_at), span.as_ref(), place.after, BATCH).await?);
    }
    rows.sort_unstable_by_key(|row| row.place);
    if place.shelf == Shelf::Lapsed {
        rows.reverse();
    }
    // Behind the last of these, one span may have more before another's.
    rows.truncate(BATCH as usize);
    Ok(rows)
}

fn office_of(whose: Whose<'_>) -> &str {
    match whose {
        Whose::All => "",
        Whose::Office(officer) => officer.office.as_str(),
    }
}

fn list_name(whose: Whose<'_>, obstacle: Option<Obstacle>) -> ListName {
    ListName::of_follow_up(office_of(whose), obstacle)
}

/// Numbers that are being added up.
#[derive(Default)]
struct Counting {
    furthest: BTreeMap<Milestone, u64>,
    obstacles: BTreeMap<Obstacle, u64>,
}

impl Counting {
    fn count(&mut self, funnel: &Funnel) {
        *self.furthest.entry(funnel.furthest()).or_default() += 1;
        if let Some(obstacle) = funnel.pace.obstacle() {
            *self.obstacles.entry(obstacle).or_default() += 1;
        }
    }

    fn counts(self, at: Timestamp) -> FunnelCounts {
        let passed = |milestone| self.furthest.range(milestone..).map(|(_, count)| count).sum();
        let stuck = |obstacle| self.obstacles.get(&obstacle).copied().unwrap_or_default();
        FunnelCounts {
            at,
            total: self.furthest.values().sum(),
            by_milestone: Milestone::ALL.into_iter().map(|one| (one, passed(one))).collect(),
            by_obstacle: Obstacle::ALL.into_iter().map(|one| (one, stuck(one))).collect(),
        }
    }
}
