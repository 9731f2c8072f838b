//! The calendar of working days: which edition is in force, and putting another one there.
//!
//! Each process keeps the edition that it last read, in the form in which it is counted on. Whether it is still the one in
//! force is asked of the store whenever a deadline is counted: an import counts from its commit on, in every process.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use sha2::{Digest as _, Sha256 as Hash};

use super::{App, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::calendar::{Calendar, CalendarFault, CannotSucceed, Difference, Edition, SHIPPED};
use crate::domain::ids::{EntryId, Version};
use crate::domain::trust::Sha256;
use crate::store::{CalendarText, Change, Reader, StoreError, Table, Unit};

/// The calendar that was read last, with its place among those that were in force.
#[derive(Debug, Default)]
pub(super) struct CalendarCache(ArcSwapOption<(Version, Arc<Calendar>)>);

/// What became of an edition that was offered.
#[derive(Debug)]
pub enum Adoption {
    /// It is in force from now on.
    Adopted {
        /// What it takes the place of; absent if there was none.
        former: Option<Edition>,
        /// What it changes.
        differences: Vec<Difference>,
    },
    /// It was in force already, to the letter.
    InForce,
    /// It cannot take the place of the one in force, which stays.
    Refused(CannotSucceed),
}

/// A calendar in the store that cannot be read, or is not there.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("no calendar of working days was ever adopted")]
    None,
    #[error("the calendar of working days that is in force cannot be read")]
    Unreadable(#[source] CalendarFault),
    #[error("the calendar of working days that is in force has another hash than was stored with it")]
    Tampered,
}

impl From<Unusable> for Error {
    fn from(unusable: Unusable) -> Self {
        Self::Broken(Box::new(unusable))
    }
}

impl App {
    /// The calendar in force: that of the last import that was committed when this is asked.
    ///
    /// # Errors
    /// If the store cannot be asked, or holds none that can be read.
    pub async fn calendar(&self, reader: &mut Reader) -> Result<Arc<Calendar>, Error> {
        let version = reader.calendar_version().await?;
        self.calendar_as_of(reader, version).await
    }

    /// The same, by whoever knows already which edition is in force.
    pub(super) async fn calendar_as_of(&self, reader: &mut Reader, version: Version) -> Result<Arc<Calendar>, Error> {
        if let Some((kept, calendar)) = self.calendar.0.load().as_deref()
            && *kept == version
        {
            return Ok(Arc::clone(calendar));
        }
        let text = reader.calendar_text(version).await?.ok_or(Unusable::None)?;
        if text.sha256 != hashed(&text.text) {
            return Err(Unusable::Tampered.into());
        }
        let calendar = Arc::new(read(&text.text)?);
        self.calendar.0.store(Some(Arc::new((version, Arc::clone(&calendar)))));
        Ok(calendar)
    }

    /// Puts the calendar that comes with the program in force where there is none. What is there stays.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn adopt_shipped_calendar(&self) -> Result<(), Error> {
        if self.store().reader().await?.calendar_version().await? != Version::NONE {
            return Ok(());
        }
        let calendar = read(SHIPPED)?;
        match self.commit(self.adopting(Actor::Service("shipped"), &calendar, SHIPPED, Version::NONE)).await {
            // Another process was a moment faster.
            Ok(()) | Err(StoreError::Taken(Table::Calendar)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts an edition in force, from the console of the machine. Deadlines are counted again by
    /// [`App::recompute_deadlines`].
    ///
    /// # Errors
    /// If the store cannot be asked, or another edition comes in force at the same moment.
    pub async fn adopt_calendar(&self, calendar: &Calendar, text: &str) -> Result<Adoption, Error> {
        let mut reader = self.store().reader().await?;
        let seen = reader.calendar_version().await?;
        let former = match reader.calendar_text(seen).await? {
            Some(in_force) if in_force.edition == *calendar.edition() && in_force.text == text => {
                return Ok(Adoption::InForce);
            }
            Some(_) => Some(self.calendar(&mut reader).await?),
            None => None,
        };
        drop(reader);
        if let Some(former) = &former
            && let Err(refusal) = calendar.may_succeed(former)
        {
            return Ok(Adoption::Refused(refusal));
        }
        match self.commit(self.adopting(Actor::Console, calendar, text, seen)).await {
            Ok(()) => {}
            // A name of long ago, or somebody who was a moment faster: which of them shows at the next try.
            Err(StoreError::Taken(Table::Calendar)) if self.was_in_force(calendar.edition()).await? => {
                return Ok(Adoption::Refused(CannotSucceed::OtherContent(calendar.edition().clone())));
            }
            Err(StoreError::Taken(Table::Calendar)) => return Err(Error::Contended),
            Err(error) => return Err(error.into()),
        }
        let differences = former.as_ref().map(|former| calendar.differences(former)).unwrap_or_default();
        Ok(Adoption::Adopted { former: former.map(|former| former.edition().clone()), differences })
    }

    async fn was_in_force(&self, edition: &Edition) -> Result<bool, Error> {
        let mut reader = self.store().reader().await?;
        let last = reader.calendar_version().await?;
        for version in 1..=last.get() {
            let text = reader.calendar_text(Version::new(version)).await?;
            if text.is_some_and(|text| text.edition == *edition) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn adopting(&self, by: Actor, calendar: &Calendar, text: &str, seen: Version) -> Unit {
        let now = self.clock().now();
        let sha256 = hashed(text);
        let subject = EntryId::new(self.dice().id(now)).uuid();
        let entry = self
            .entry(now, by, Action::CalendarAdopted, subject)
            .with("edition", calendar.edition().as_str())
            .with("sha256", sha256.to_string());
        let text = CalendarText { edition: calendar.edition().clone(), text: text.to_owned(), sha256 };
        Unit::new(entry).with(Change::AdoptCalendar(Box::new(text), seen))
    }
}

fn hashed(text: &str) -> Sha256 {
    Sha256::new(Hash::digest(text.as_bytes()).into())
}

fn read(text: &str) -> Result<Calendar, Unusable> {
    Calendar::read(text).map_err(|faults| match faults.into_iter().next() {
        Some(fault) => Unusable::Unreadable(fault),
        None => Unusable::None,
    })
}
