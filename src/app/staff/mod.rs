//! The staff directory: who is behind a certificate, and how a certificate comes into it and is taken out of use.
//!
//! From the console of the machine here; by those who manage others in `manage`; who called, and who did not for too long, in
//! `presence`; what was read a moment ago in `known`.

mod known;
mod manage;
mod presence;

pub use manage::{ManagedStaff, StaffDoing, StaffPage, StaffSearch, StaffView, StaffWish};
pub(super) use presence::Directory;
pub use presence::StaffSettings;

use std::sync::Arc;

use self::known::Entered;
use super::{App, Caller, Error, Missing};
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::ids::StaffId;
use crate::domain::staff::{CertificateName, DisabledFor, Post, Role, StaffMember, Standing};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoreError, Table, Unit};

impl App {
    /// The caller behind a certificate; `None` if it is not in the directory, has ended, or is disabled. A certificate that
    /// was announced takes the place of the others of its entry now.
    ///
    /// # Errors
    /// [`Error::StaffIdle`], or if the directory cannot be asked.
    pub async fn caller(&self, certificate: &CertificateName) -> Result<Option<Caller>, Error> {
        let now = self.clock().now();
        let idle = self.settings().staff.idle;
        // Who would be refused is asked for anew.
        let known = self.directory.known.find(certificate, self.settings().staff.fresh);
        let entered = match known.filter(|known| known.member.standing(idle, now) == Standing::Enabled) {
            Some(entered) => entered,
            None => match self.read_entry(certificate).await? {
                Some(entered) => entered,
                None => return Ok(None),
            },
        };
        let member = &entered.member;
        match member.standing(idle, now) {
            Standing::Disabled => return Ok(None),
            Standing::Idle => return Err(Error::StaffIdle),
            Standing::Enabled => {}
        }
        let office = entered.offices.as_deref().zip(member.post.office());
        let seat = office.and_then(|(map, office)| self.seat_on(map, member.id, (office, member.posted_at)));
        if entered.announced {
            self.take_up(member, now).await?;
        }
        Ok(Caller::from_directory(member.clone(), seat))
    }

    /// The entry for a certificate that has not ended, as the store has it now. What will be so at the next call is kept.
    async fn read_entry(&self, certificate: &CertificateName) -> Result<Option<Arc<Entered>>, Error> {
        let turn = self.directory.known.turn();
        let mut reader = self.store().reader().await?;
        let Some((member, shown, offices)) = reader.staff_showing(certificate).await? else { return Ok(None) };
        if shown.ended_at.is_some() {
            return Ok(None);
        }
        let offices = match member.post.office() {
            Some(_) => Some(self.offices_as_of(&mut reader, offices).await?),
            None => None,
        };
        let entered = Arc::new(Entered { member, offices, announced: shown.announced });
        if entered.member.enabled && !entered.announced {
            self.directory.known.keep(turn, certificate, entered.clone());
        }
        Ok(Some(entered))
    }

    async fn take_up(&self, member: &StaffMember, now: Timestamp) -> Result<(), Error> {
        let entry = self.entry(now, Actor::Staff(member.id), Action::StaffCertificateTakenUp, member.id.uuid());
        let taken = Change::TakeUpCertificate(member.id, member.certificate.clone());
        match self.commit_rights(Unit::new(entry).with(taken)).await {
            // Another call of theirs may have done so at the same moment, and rings.
            Ok(()) | Err(StoreError::Changed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Enters a certificate in the directory, from the console of the machine. `None` if it is there already.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such office today, or if the directory cannot be written.
    pub async fn register_staff(&self, certificate: CertificateName, post: Post) -> Result<Option<StaffId>, Error> {
        let now = self.clock().now();
        self.check_office(&mut self.store().reader().await?, &post, now).await?;
        let member = StaffMember::new(StaffId::new(self.dice().id(now)), certificate, post, now);
        let id = member.id;
        let entry = of_post(self.entry(now, Actor::Console, Action::StaffRegistered, id.uuid()), &member.post);
        match self.commit(Unit::new(entry).with(Change::NewStaff(Box::new(member)))).await {
            Ok(()) => Ok(Some(id)),
            Err(StoreError::Taken(Table::Staff)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Disables the entry for a certificate, from the console of the machine: within `staff.fresh`, the holder is
    /// refused as a stranger is. `None` if no enabled entry has it.
    ///
    /// # Errors
    /// [`Error::LastAdministrator`], or if the directory cannot be written.
    pub async fn disable_staff(&self, certificate: &CertificateName) -> Result<Option<StaffId>, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let found = reader.staff_by_certificate(certificate).await?.filter(|member| member.enabled);
        let Some(member) = found else { return Ok(None) };
        self.check_not_last(&mut reader, &member, now).await?;
        drop(reader);
        let disabled = StaffMember { enabled: false, disabled_for: Some(DisabledFor::Manager), ..member };
        self.save_at_console(disabled, Action::StaffDisabled, now).await
    }

    /// Lets the entry for a certificate call again, from the console of the machine. `None` if no disabled or idle entry has
    /// it.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub async fn enable_staff(&self, certificate: &CertificateName) -> Result<Option<StaffId>, Error> {
        let now = self.clock().now();
        let found = self.store().reader().await?.staff_by_certificate(certificate).await?;
        let rests = |member: &StaffMember| member.standing(self.settings().staff.idle, now) != Standing::Enabled;
        let Some(member) = found.filter(rests) else { return Ok(None) };
        self.save_at_console(enabled(member, now), Action::StaffEnabled, now).await
    }

    async fn save_at_console(
        &self,
        member: StaffMember,
        action: Action,
        now: Timestamp,
    ) -> Result<Option<StaffId>, Error> {
        let id = member.id;
        let entry = self.entry(now, Actor::Console, action, id.uuid());
        match self.commit_rights(Unit::new(entry).with(self.saved(member))).await {
            Ok(()) => Ok(Some(id)),
            // Someone else changed it at the same moment.
            Err(StoreError::Changed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn saved(&self, member: StaffMember) -> Change {
        Change::SaveStaff(Box::new(member), self.settings().staff.idle)
    }

    /// That there is the office of a post today.
    async fn check_office(&self, reader: &mut Reader, post: &Post, now: Timestamp) -> Result<(), Error> {
        let Some(office) = post.office() else { return Ok(()) };
        let map = self.offices(reader).await?;
        map.office(office, now.local_date()).map(drop).ok_or(Error::NotFound(Missing::Office))
    }

    /// That somebody else could manage the directory if the entry did not. The store makes sure of it once more.
    async fn check_not_last(&self, reader: &mut Reader, member: &StaffMember, now: Timestamp) -> Result<(), Error> {
        if member.post.role() != Role::Administrator || !member.enabled {
            return Ok(());
        }
        let other = reader.has_other_administrator(member.id, self.settings().staff.idle.before(now)).await?;
        other.then_some(()).ok_or(Error::LastAdministrator)
    }
}

/// The audit entry with what a post is.
fn of_post(entry: Entry, post: &Post) -> Entry {
    entry.with("role", post.role().name()).with("office", post.office().map_or("", |office| office.as_str()))
}

/// The entry as it may call again: its idle days begin anew.
fn enabled(member: StaffMember, now: Timestamp) -> StaffMember {
    StaffMember { enabled: true, disabled_for: None, active_at: Some(now), ..member }
}
