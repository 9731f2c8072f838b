//! The staff directory: who is behind a certificate, and how a certificate comes into it and is taken out of use.

use super::{App, Caller, Error, Missing};
use crate::domain::audit::{Action, Actor};
use crate::domain::ids::StaffId;
use crate::domain::staff::{CertificateName, Post, StaffMember};
use crate::store::{Change, StoreError, Table, Unit};

impl App {
    /// The caller behind a certificate; `None` if it is not in the directory, or disabled.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub async fn caller(&self, certificate: &CertificateName) -> Result<Option<Caller>, Error> {
        let mut reader = self.store().reader().await?;
        let Some(member) = reader.staff_by_certificate(certificate).await? else { return Ok(None) };
        let seat = self
            .seat(&mut reader, member.id, member.post.office().map(|office| (office, member.registered_at)))
            .await?;
        Ok(Caller::from_directory(member, seat))
    }

    /// Enters a certificate in the directory, from the console of the machine. `None` if it is there already.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such office today, or if the directory cannot be written.
    pub async fn register_staff(&self, certificate: CertificateName, post: Post) -> Result<Option<StaffId>, Error> {
        let now = self.clock().now();
        if let Some(office) = post.office() {
            let map = self.offices(&mut self.store().reader().await?).await?;
            map.office(office, now.local_date()).ok_or(Error::NotFound(Missing::Office))?;
        }
        let id = StaffId::new(self.dice().id(now));
        let entry = self
            .entry(now, Actor::Console, Action::StaffRegistered, id.uuid())
            .with("role", post.role().name())
            .with("office", post.office().map_or("", |office| office.as_str()));
        let member = Box::new(StaffMember { id, certificate, post, registered_at: now, enabled: true });
        match self.commit(Unit::new(entry).with(Change::NewStaff(member))).await {
            Ok(()) => Ok(Some(id)),
            Err(StoreError::Taken(Table::Staff)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Disables the entry for a certificate, from the console of the machine: from its next call on, the holder is
    /// refused as a stranger is. `None` if no enabled entry has it.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub async fn disable_staff(&self, certificate: &CertificateName) -> Result<Option<StaffId>, Error> {
        let Some(caller) = self.caller(certificate).await? else { return Ok(None) };
        let id = caller.id();
        let entry = self.entry(self.clock().now(), Actor::Console, Action::StaffDisabled, id.uuid());
        match self.commit(Unit::new(entry).with(Change::DisableStaff(id))).await {
            Ok(()) => Ok(Some(id)),
            // Someone else disabled it at the same moment.
            Err(StoreError::Changed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
