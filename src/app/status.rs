//! Where accounts stand, and what their holders may do now: read from what is committed, kept nowhere else.

use super::{App, Error, Login};
use crate::domain::account::Standing;
use crate::domain::code::{Failures, Purpose, Slot, Timetable};
use crate::domain::ids::AccountId;
use crate::domain::outlook::Outlook;
use crate::domain::time::Timestamp;
use crate::store::{Reader, StoredAccount, StoredStanding};

/// Where an account stands, as the app backend is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand {
    /// The account; absent if there is none.
    pub account: Option<AccountId>,
    /// Where it stands.
    pub outlook: Outlook,
}

impl Stand {
    const NOT_MATCHED: Self = Self { account: None, outlook: Outlook::NotMatched };
}

impl App {
    /// Where the accounts with these numbers and phones stand, and what may be done now, in the order asked. One question
    /// to the store, however many they are; an unknown number and a wrong phone do the same work.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn stands(&self, logins: &[Login]) -> Result<Vec<Stand>, Error> {
        let now = self.clock().now();
        let indexes: Vec<_> = logins.iter().map(|login| self.vault().login(&login.number, &login.phone)).collect();
        let mut reader = self.store().reader().await?;
        let mut found = reader.standings(&indexes).await?;
        for found in found.iter_mut().flatten().filter(|found| !found.stored.papers_known) {
            found.stored = self.with_papers(&mut reader, found.stored.clone()).await?;
        }
        drop(reader);
        let stand = |StoredStanding { stored, failures, slot }| Stand {
            account: Some(stored.account.id),
            outlook: self.outlook_at(stored.account.standing(now), (failures, &slot), now),
        };
        Ok(found.into_iter().map(|found| found.map_or(Stand::NOT_MATCHED, stand)).collect())
    }

    /// The same for one of them.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn stand(&self, login: &Login) -> Result<Stand, Error> {
        Ok(self.stands(std::slice::from_ref(login)).await?.pop().unwrap_or(Stand::NOT_MATCHED))
    }

    /// Where the holder of an account stands, and what may be done now.
    pub(super) async fn outlook_of(
        &self,
        reader: &mut Reader,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<Outlook, Error> {
        let (failures, slot) = reader.slot(stored.account.id, Purpose::Activation).await?;
        Ok(self.outlook_at(stored.account.standing(now), (failures, &slot), now))
    }

    fn outlook_at(&self, standing: Standing, (failures, slot): (Failures, &Slot), now: Timestamp) -> Outlook {
        Outlook::new(standing, || Timetable::at(now, &self.settings().codes, failures, slot))
    }
}
