//! Who the holders of accounts are known as: by their requests, and by documents that a supervisor approved since.
//!
//! What was known before is never overwritten: whoever changed their name is known by the old one too.

use std::collections::BTreeMap;

use crate::app::{App, Error};
use crate::domain::application::Application;
use crate::domain::duplicate::BlockingKey;
use crate::domain::ids::{AccountId, UpdateId};
use crate::domain::life::Bearer;
use crate::domain::time::Timestamp;
use crate::store::{Reader, StoredName};

impl App {
    /// What the holders of these accounts were called since their requests, the latest ahead.
    pub(in crate::app) async fn later_names(
        &self,
        reader: &mut Reader,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, Vec<Bearer>>, Error> {
        let names = reader.names_of(accounts).await?.into_iter();
        let opened = |names: Vec<StoredName>| -> Result<Vec<_>, Error> {
            names.iter().map(|name| self.open_name(name)).collect()
        };
        names.map(|(account, names)| Ok((account, opened(names)?))).collect()
    }

    /// Whom an account is known to be of: what its holder is called now ahead, and whom the request names last.
    pub(in crate::app) async fn known_as(
        &self,
        reader: &mut Reader,
        account: AccountId,
        application: &Application,
    ) -> Result<Vec<Bearer>, Error> {
        let mut names = self.later_names(reader, &[account]).await?.remove(&account).unwrap_or_default();
        names.push(Bearer::of(application));
        Ok(names)
    }

    /// What the holder of an account is called from now on, as the documents of that update say.
    pub(in crate::app) fn new_name(
        &self,
        (id, account): (UpdateId, AccountId),
        bearer: &Bearer,
        since: Timestamp,
    ) -> Result<StoredName, Error> {
        let person = self.vault().blocking_key(&BlockingKey::of_person(&bearer.name, bearer.born_on));
        Ok(StoredName { id, account, content: self.seal_name(id, bearer)?, person, since })
    }
}
