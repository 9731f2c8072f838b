//! What managers do with entries of the directory, each under the rule of [`manage`].
//!
//! Every change names the version that its manager saw. What gives rights beyond a counter's needs a second person.

use serde::{Deserialize, Serialize};

use super::{enabled, of_post};
use crate::app::proposals::{ProposalView, Wish};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Repeat};
use crate::domain::audit::{Action, Entry};
use crate::domain::ids::{ProposalId, StaffId, Version};
use crate::domain::proposal::{Act, WhyVoid};
use crate::domain::review::ReviewReason;
use crate::domain::staff::{
    CertificateName, Deed, DisabledFor, Managed, Manager, MayNot, OfficeCode, Post, Role, StaffCertificate,
    StaffMember, Standing, Verb, manage, review_due_before,
};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::domain::working_list::ListName;
use crate::store::{Change, Reader, StaffFilter, Unit};

const TELL_WHY: Malformed = Malformed::new(
    "Required: a second person has to agree to this. Write why it is needed, 10 to 500 characters.",
    "Bắt buộc: việc này cần người thứ hai đồng ý. Hãy ghi lý do, từ 10 đến 500 ký tự.",
);

/// What somebody wants done with an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StaffWish {
    /// Entering it.
    Register(CertificateName, Post),
    /// Giving it another role or office.
    ChangePost(StaffId, Version, Post),
    /// Ending what it may do, at once.
    Disable(StaffId, Version),
    /// Letting it call again.
    Enable(StaffId, Version),
    /// Announcing another certificate.
    AddCertificate(StaffId, Version, CertificateName),
    /// Taking its authenticator away.
    ResetTotp(StaffId, Version),
    /// Noting that it is needed.
    Review(StaffId, Version),
}

impl StaffWish {
    /// What is done.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Register(..) => Verb::Register,
            Self::ChangePost(..) => Verb::ChangePost,
            Self::Disable(..) => Verb::Disable,
            Self::Enable(..) => Verb::Enable,
            Self::AddCertificate(..) => Verb::AddCertificate,
            Self::ResetTotp(..) => Verb::ResetTotp,
            Self::Review(..) => Verb::Review,
        }
    }

    /// The entry, and the version that was seen; `None` for one that is yet to be.
    pub(in crate::app) const fn seen(&self) -> Option<(StaffId, Version)> {
        match self {
            Self::Register(..) => None,
            Self::ChangePost(id, seen, _)
            | Self::Disable(id, seen)
            | Self::Enable(id, seen)
            | Self::AddCertificate(id, seen, _)
            | Self::ResetTotp(id, seen)
            | Self::Review(id, seen) => Some((*id, *seen)),
        }
    }

    /// What is done with an entry that is there; `None` for entering one, and for a review.
    fn deed(&self) -> Option<Deed> {
        Some(match self {
            Self::Register(..) | Self::Review(..) => return None,
            Self::ChangePost(_, _, post) => Deed::ChangePost(post.clone()),
            Self::Disable(..) => Deed::Disable,
            Self::Enable(..) => Deed::Enable,
            Self::AddCertificate(_, _, name) => Deed::AddCertificate(name.clone()),
            Self::ResetTotp(..) => Deed::ResetTotp,
        })
    }

    const fn action(&self) -> Action {
        match self {
            Self::Register(..) => Action::StaffRegistered,
            Self::ChangePost(..) => Action::StaffPosted,
            Self::Disable(..) => Action::StaffDisabled,
            Self::Enable(..) => Action::StaffEnabled,
            Self::AddCertificate(..) => Action::StaffCertificateAdded,
            Self::ResetTotp(..) => Action::StaffTotpReset,
            Self::Review(..) => Action::StaffReviewed,
        }
    }
}

/// An entry as it is shown.
#[derive(Clone, Debug)]
pub struct StaffView {
    /// The entry.
    pub member: StaffMember,
    /// Whether it may call.
    pub standing: Standing,
    /// Where it is today, if its post has an office and that has not ended.
    pub office: Option<OfficeCode>,
    /// Its certificates, newest first.
    pub certificates: Vec<StaffCertificate>,
    /// Whether it has an authenticator, and how many recovery codes are left.
    pub recovery_left: Option<u32>,
    /// Whether its review is due.
    pub review_due: bool,
}

/// Which entries are asked for. At least one of them is told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StaffSearch {
    /// Of this role.
    pub role: Option<Role>,
    /// At this office today.
    pub office: Option<OfficeCode>,
    /// Whose review is due.
    pub review_due: bool,
}

/// A page of entries.
#[derive(Debug)]
pub struct StaffPage {
    /// Oldest first.
    pub found: Vec<StaffView>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// What became of a wish.
#[derive(Debug)]
pub struct ManagedStaff {
    /// The entry, as it is now.
    pub view: StaffView,
    /// The proposal that a second person has to agree to; absent if it was done.
    pub proposal: Option<ProposalView>,
}

/// What is done with an entry if a proposal is approved.
#[derive(Clone, Debug)]
pub struct StaffDoing {
    /// The entry, as it is before.
    pub before: StaffMember,
    /// What is done.
    pub deed: Deed,
    /// Whether it has an authenticator.
    has_totp: bool,
}

/// The first answer: the entry's name, and that of the proposal, if there is one.
#[derive(Serialize, Deserialize)]
struct Named {
    staff: StaffId,
}

/// The first answer, whichever it was.
#[derive(Deserialize)]
#[serde(untagged)]
enum First {
    Done { staff: StaffId },
    Proposed { proposal: ProposalId },
}

/// What an attempt came to.
enum Outcome {
    Done(StaffId),
    Proposed(ProposalId),
}

impl App {
    /// Does what a manager wants done with an entry; the entry as it is then.
    ///
    /// # Errors
    /// [`Error::MayNot`], [`Error::StaffChanged`], [`Error::LastAdministrator`], [`Error::CertificateTaken`],
    /// [`Error::Field`] if a second person has to agree and no reason is told, [`Error::NotFound`],
    /// [`Error::RequestIdReused`].
    pub async fn manage_staff(
        &self,
        by: &Caller,
        repeat: &Repeat,
        wish: &StaffWish,
        reason: Option<&ReviewReason>,
    ) -> Result<ManagedStaff, Error> {
        let now = self.clock().now();
        let outcome = self.once(by, repeat, || self.manage_once(by, repeat, (wish, reason), now)).await?;
        let mut reader = self.store().reader().await?;
        let (staff, proposal) = match outcome {
            Outcome::Done(staff) => (staff, None),
            Outcome::Proposed(id) => {
                let stored = reader.proposal(id).await?.ok_or(Error::NotFound(Missing::Proposal))?;
                let view = self.proposal_view(&mut reader, stored, now).await?;
                (StaffId::new(view.proposal.act.target()), Some(view))
            }
        };
        Ok(ManagedStaff { view: self.staff_view(&mut reader, staff, now).await?, proposal })
    }

    async fn manage_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (wish, reason): (&StaffWish, Option<&ReviewReason>),
        now: Timestamp,
    ) -> Result<Attempt<Outcome>, Error> {
        let mut reader = self.store().reader().await?;
        match self.first_answer(&mut reader, by, repeat).await? {
            Some(First::Done { staff }) => return Ok(Attempt::Answered(Outcome::Done(staff))),
            Some(First::Proposed { proposal }) => return Ok(Attempt::Answered(Outcome::Proposed(proposal))),
            None => {}
        }
        let before = self.entry_for(&mut reader, by, wish, now).await?;
        let two = self.takes_two(&mut reader, by, wish, &before, now).await?;
        let has_totp = self.check_wish(&mut reader, wish, &before, now).await?;
        if two {
            let reason = reason.ok_or(Error::Field { field: "reason", fault: TELL_WHY })?;
            return self.propose_staff(&mut reader, (by, repeat), (wish, reason), before, now).await;
        }
        drop(reader);
        let (id, entry) = (before.id, told(self.entry(now, by.actor(), wish.action(), before.id.uuid()), wish));
        let unit = Unit::new(entry).with(repeat.remember(by, &Named { staff: id })?);
        let unit = match wish.deed() {
            Some(deed) => unit.with_all(self.done(&StaffDoing { before, deed, has_totp }, now)),
            None if matches!(wish, StaffWish::Register(..)) => unit.with(Change::NewStaff(Box::new(before))),
            None => unit.with(self.saved(StaffMember { reviewed_at: Some(now), ..before })),
        };
        Ok(Attempt::ChangeRights(Outcome::Done(id), unit))
    }

    /// Asks for a second person. An entry that is yet to be is made at once, disabled until then: the proposal shows it.
    async fn propose_staff(
        &self,
        reader: &mut Reader,
        (by, repeat): (&Caller, &Repeat),
        (wish, reason): (&StaffWish, &ReviewReason),
        before: StaffMember,
        now: Timestamp,
    ) -> Result<Attempt<Outcome>, Error> {
        let (id, seen) = (before.id, before.version);
        let act = Act::Staff(id, wish.deed().unwrap_or(Deed::Enable));
        let stored = match self.wish(reader, by, (act, seen), reason, now).await? {
            Wish::Waits(waiting) => return Ok(Attempt::Unchanged(Outcome::Proposed(waiting.proposal.id))),
            Wish::Propose(stored) => stored,
        };
        let awaited = matches!(wish, StaffWish::Register(..)).then(|| {
            let awaited = StaffMember { enabled: false, disabled_for: Some(DisabledFor::Awaited), ..before };
            Change::NewStaff(Box::new(awaited))
        });
        let unit = self.proposed(by, repeat, &stored)?.with_all(awaited);
        Ok(Attempt::Change(Outcome::Proposed(stored.proposal.id), unit))
    }

    /// What a proposal would do with an entry that is as the first person saw it.
    pub(in crate::app) async fn staff_doing(
        &self,
        reader: &mut Reader,
        (id, seen): (StaffId, Version),
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Result<StaffDoing, WhyVoid>, Error> {
        let Some(before) = reader.staff(id).await?.filter(|found| found.version == seen) else {
            return Ok(Err(WhyVoid::Changed));
        };
        match self.check_deed(reader, deed, &before, now).await {
            Ok(has_totp) => Ok(Ok(StaffDoing { before, deed: deed.clone(), has_totp })),
            Err(Error::NotFound(_) | Error::LastAdministrator | Error::CertificateTaken) => Ok(Err(WhyVoid::Changed)),
            Err(error) => Err(error),
        }
    }

    /// That a wish can be done with an entry that is as it was seen. Whether that has an authenticator.
    async fn check_wish(
        &self,
        reader: &mut Reader,
        wish: &StaffWish,
        before: &StaffMember,
        now: Timestamp,
    ) -> Result<bool, Error> {
        match (wish, wish.deed()) {
            (_, Some(deed)) => self.check_deed(reader, &deed, before, now).await,
            (StaffWish::Register(certificate, post), None) => {
                if reader.staff_showing(certificate).await?.is_some() {
                    return Err(Error::CertificateTaken);
                }
                self.check_office(reader, post, now).await.map(|()| false)
            }
            (_, None) => Ok(false),
        }
    }

    async fn check_deed(
        &self,
        reader: &mut Reader,
        deed: &Deed,
        before: &StaffMember,
        now: Timestamp,
    ) -> Result<bool, Error> {
        match deed {
            Deed::Enable => {}
            Deed::ChangePost(post) => {
                self.check_office(reader, post, now).await?;
                if post.role() != Role::Administrator {
                    self.check_not_last(reader, before, now).await?;
                }
            }
            Deed::AddCertificate(certificate) => {
                if reader.staff_showing(certificate).await?.is_some() {
                    return Err(Error::CertificateTaken);
                }
            }
            Deed::ResetTotp => return Ok(reader.staff_totp(before.id).await?.is_some()),
            Deed::Disable => self.check_not_last(reader, before, now).await?,
        }
        Ok(false)
    }

    /// The changes that do it.
    pub(in crate::app) fn done(&self, doing: &StaffDoing, now: Timestamp) -> Vec<Change> {
        let before = doing.before.clone();
        let id = before.id;
        match &doing.deed {
            Deed::Enable => vec![self.saved(enabled(before, now))],
            Deed::ChangePost(post) => vec![self.saved(StaffMember { post: post.clone(), posted_at: now, ..before })],
            Deed::AddCertificate(name) => vec![Change::AnnounceCertificate(id, name.clone(), before.version)],
            // Its version moves, too: whoever looked at the entry saw an authenticator.
            Deed::ResetTotp => {
                let there = doing.has_totp.then_some(Change::ResetStaffTotp(id));
                std::iter::once(self.saved(before)).chain(there).collect()
            }
            Deed::Disable => {
                vec![self.saved(StaffMember { enabled: false, disabled_for: Some(DisabledFor::Manager), ..before })]
            }
        }
    }

    /// The entry that a wish is about, at the version that was seen; for one that is yet to be, what it would be. One that is
    /// not the caller's business is as good as none.
    async fn entry_for(
        &self,
        reader: &mut Reader,
        by: &Caller,
        wish: &StaffWish,
        now: Timestamp,
    ) -> Result<StaffMember, Error> {
        if let StaffWish::Register(certificate, post) = wish {
            let id = StaffId::new(self.dice().id(now));
            return Ok(StaffMember::new(id, certificate.clone(), post.clone(), now));
        }
        let Some((id, seen)) = wish.seen() else { return Err(Error::NotFound(Missing::Staff)) };
        let found = reader.staff(id).await?.ok_or(Error::NotFound(Missing::Staff))?;
        if !is_business_of(by, &self.managed(reader, &found).await?) {
            return Err(Error::NotFound(Missing::Staff));
        }
        if found.version == seen { Ok(found) } else { Err(Error::StaffChanged) }
    }

    /// Whether a second person has to agree, by the rule of who manages whom.
    async fn takes_two(
        &self,
        reader: &mut Reader,
        by: &Caller,
        wish: &StaffWish,
        before: &StaffMember,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut of = self.managed(reader, before).await?;
        let becomes = match wish {
            StaffWish::ChangePost(_, _, post) => {
                Some(StaffMember { post: post.clone(), posted_at: now, ..before.clone() })
            }
            _ => None,
        };
        let becomes = match &becomes {
            Some(becomes) => Some(self.managed(reader, becomes).await?),
            None => None,
        };
        if matches!(wish, StaffWish::Register(..)) {
            of.id = None;
        }
        Ok(manage(&manager(by), wish.verb(), &of, becomes.as_ref())?)
    }

    /// An entry where it is today.
    async fn managed(&self, reader: &mut Reader, member: &StaffMember) -> Result<Managed, Error> {
        let office = member.post.office().map(|office| (office, member.posted_at));
        let seat = self.seat(reader, member.id, office).await?;
        Ok(Managed { id: Some(member.id), role: member.post.role(), office: seat.map(|seat| seat.office) })
    }

    /// An entry, for those who manage it, for auditors, and for whoever it is. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for an entry that is not the caller's business.
    pub async fn look_at_staff(&self, by: &Caller, id: StaffId) -> Result<StaffView, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let view = self.staff_view(&mut reader, id, now).await?;
        let of = Managed { id: Some(id), role: view.member.post.role(), office: view.office.clone() };
        let may = by.role() == Role::Auditor || is_business_of(by, &of);
        drop(reader);
        if !may {
            return Err(Error::NotFound(Missing::Staff));
        }
        self.commit(Unit::new(self.entry(now, by.actor(), Action::StaffViewed, id.uuid()))).await?;
        Ok(view)
    }

    /// A page of entries. A supervisor's are the officers of their own office. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an office of somebody else, [`Error::Field`] for a token of another list.
    pub async fn list_staff(
        &self,
        by: &Caller,
        search: &StaffSearch,
        token: Option<&[u8]>,
        size: u32,
    ) -> Result<StaffPage, Error> {
        let now = self.clock().now();
        let search = within_reach(by, search)?;
        let role = search.role.map_or("", Role::name);
        let list = ListName::of_staff(role, search.office.as_ref().map_or("", OfficeCode::as_str), search.review_due);
        let after = token.map(|token| list.key(token)).transpose();
        let after = after.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let after = after.map(|id| StaffId::new(uuid::Uuid::from_bytes(id)));
        let mut reader = self.store().reader().await?;
        let mut found = self.staff_found(&mut reader, &search, after, size.saturating_add(1), now).await?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let end = found.last().filter(|_| more).map(|last| *last.id.uuid().as_bytes());
        let mut views = Vec::with_capacity(found.len());
        for member in found {
            views.push(self.shown_entry(&mut reader, member, now).await?);
        }
        drop(reader);
        let entry = self.entry(now, by.actor(), Action::StaffViewed, by.id().uuid());
        self.commit(Unit::new(entry.with("count", views.len().to_string()))).await?;
        Ok(StaffPage { found: views, next: end.map(|end| list.token(end)) })
    }

    /// Entries that match, by today's map: those of every code whose rights the office has.
    async fn staff_found(
        &self,
        reader: &mut Reader,
        search: &StaffSearch,
        after: Option<StaffId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<StaffMember>, Error> {
        let review_due = search.review_due.then(|| review_due_before(now));
        let filter = |office| StaffFilter { role: search.role, office, review_due };
        let Some(office) = &search.office else {
            return Ok(reader.staff_listed(&filter(None), after, limit).await?);
        };
        let map = self.offices(reader).await?;
        let spans = map.spans(office, now.local_date());
        let mut codes: Vec<_> = spans.iter().map(|span| span.code.clone()).collect();
        codes.dedup();
        let mut found = Vec::new();
        for code in codes {
            let there = reader.staff_listed(&filter(Some(code)), after, limit).await?;
            let posted = |member: &StaffMember, code: &OfficeCode| {
                spans.iter().any(|span| span.contains(code, member.posted_at.local_date()))
            };
            found.extend(
                there.into_iter().filter(|member| member.post.office().is_some_and(|code| posted(member, code))),
            );
        }
        found.sort_unstable_by_key(|member| member.id);
        found.dedup_by_key(|member| member.id);
        Ok(found)
    }

    async fn staff_view(&self, reader: &mut Reader, id: StaffId, now: Timestamp) -> Result<StaffView, Error> {
        let member = reader.staff(id).await?.ok_or(Error::NotFound(Missing::Staff))?;
        self.shown_entry(reader, member, now).await
    }

    async fn shown_entry(&self, reader: &mut Reader, member: StaffMember, now: Timestamp) -> Result<StaffView, Error> {
        let totp = reader.staff_totp(member.id).await?.filter(|totp| totp.confirmed);
        let reviewed = member.reviewed_at.unwrap_or(member.registered_at);
        Ok(StaffView {
            standing: member.standing(self.settings().staff.idle, now),
            office: self.managed(reader, &member).await?.office,
            certificates: reader.staff_certificates(member.id).await?,
            recovery_left: totp.map(|totp| totp.recovery_left),
            review_due: member.enabled && reviewed < review_due_before(now),
            member,
        })
    }
}

/// What a caller may list of what they ask for.
fn within_reach(by: &Caller, search: &StaffSearch) -> Result<StaffSearch, Error> {
    if by.role() != Role::Supervisor {
        return Ok(search.clone());
    }
    let own = by.officer().ok_or(Error::NotFound(Missing::Office))?.office;
    if search.office.as_ref().is_some_and(|office| *office != own) {
        return Err(Error::NotFound(Missing::Office));
    }
    Ok(StaffSearch { role: Some(Role::Officer), office: Some(own), review_due: search.review_due })
}

/// Whether somebody manages an entry, or is it.
fn is_business_of(by: &Caller, of: &Managed) -> bool {
    matches!(manage(&manager(by), Verb::Review, of, None), Ok(_) | Err(MayNot::Oneself))
}

fn manager(by: &Caller) -> Manager {
    Manager { id: by.id(), role: by.role(), office: by.officer().map(|officer| officer.office) }
}

/// The audit entry with what the wish says, names of certificates left out.
fn told(entry: Entry, wish: &StaffWish) -> Entry {
    match wish {
        StaffWish::Register(_, post) | StaffWish::ChangePost(_, _, post) => of_post(entry, post),
        StaffWish::Disable(..) => entry.with("for", "manager"),
        _ => entry,
    }
}
