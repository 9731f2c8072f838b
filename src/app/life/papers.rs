//! The documents of accounts: entered when an account is issued, and read from the request of one from before.

use uuid::Uuid;

use crate::app::{App, Error};
use crate::domain::application::Application;
use crate::domain::ids::{AccountId, DocumentId};
use crate::domain::life::{HeldCard, Papers, ShownDocument, residence_until};
use crate::domain::residence::CardKind;
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::store::{Reader, StoredAccount, StoredDocument};

impl App {
    /// The account of that name, with the days that its documents end.
    pub(in crate::app) async fn account_in(
        &self,
        reader: &mut Reader,
        id: AccountId,
    ) -> Result<Option<StoredAccount>, Error> {
        match reader.account(id).await? {
            Some(stored) => Ok(Some(self.with_papers(reader, stored).await?)),
            None => Ok(None),
        }
    }

    /// Whether an account is locked or closed at `now`. One that is not there is.
    pub(in crate::app) async fn is_held(
        &self,
        reader: &mut Reader,
        id: AccountId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let stored = self.account_in(reader, id).await?;
        Ok(stored.is_none_or(|stored| stored.account.standing(now).is_held()))
    }

    /// An account with the days that its documents end, read from its request if they were not entered yet.
    pub(in crate::app) async fn with_papers(
        &self,
        reader: &mut Reader,
        mut stored: StoredAccount,
    ) -> Result<StoredAccount, Error> {
        if stored.papers_known {
            return Ok(stored);
        }
        let Some(request) = reader.enrolment(stored.account.enrolment).await? else { return Ok(stored) };
        let shown = ShownDocument::of(&self.open_application(&request)?);
        let (mut papers, mut cards) = (Papers::default(), Vec::new());
        for document in &shown {
            match document {
                ShownDocument::Passport(passport) => papers.passport_until = Some(passport.expires_on),
                ShownDocument::Card(card) => {
                    let fact = reader.card_fact(&self.document_index(document)).await?;
                    let is_permanent = card.kind == CardKind::Permanent;
                    cards.push(HeldCard {
                        is_permanent,
                        issued_on: card.issued_on,
                        valid_until: card.expires_on,
                        shown_at: request.enrolment.received_at,
                        fact,
                    });
                }
            }
        }
        papers.residence_until = residence_until(&cards);
        stored.account.life.papers = papers;
        Ok(stored)
    }

    /// The documents of a request, for the account that was issued on it.
    pub(in crate::app) fn documents_of_request(
        &self,
        account: AccountId,
        application: &Application,
        by: Uuid,
        now: Timestamp,
    ) -> Result<Vec<StoredDocument>, Error> {
        ShownDocument::of(application).iter().map(|shown| self.stored_document(account, shown, by, now)).collect()
    }

    /// A document as it is stored.
    pub(in crate::app) fn stored_document(
        &self,
        account: AccountId,
        shown: &ShownDocument,
        added_by: Uuid,
        added_at: Timestamp,
    ) -> Result<StoredDocument, Error> {
        let id = DocumentId::new(self.dice().id(added_at));
        Ok(StoredDocument {
            id,
            account,
            kind: shown.kind(),
            index: self.document_index(shown),
            content: self.seal_document(id, shown)?,
            issued_on: shown.issued_on(),
            valid_until: shown.valid_until(),
            added_by,
            added_at,
        })
    }

    /// Whether a passport is the account's: the one that it was issued on, or one that came later.
    pub(in crate::app) async fn has_passport(
        &self,
        reader: &mut Reader,
        stored: &StoredAccount,
        passport: &BlindIndex,
    ) -> Result<bool, Error> {
        Ok(stored.passport == *passport || reader.holders_of(passport).await?.contains(&stored.account.id))
    }

    /// By what a document is found.
    pub(in crate::app) fn document_index(&self, shown: &ShownDocument) -> BlindIndex {
        match shown {
            ShownDocument::Passport(passport) => self.vault().document(&passport.issuing_state, &passport.number),
            ShownDocument::Card(card) => self.vault().card(card.kind.name(), &card.number),
        }
    }
}
