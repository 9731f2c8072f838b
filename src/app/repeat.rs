//! Repeats: a call with a request id gets its first answer again, and another content under the same id is refused.
//!
//! Every use case that takes a request id is one attempt, run by [`App::once`]: it reads, decides, and says what it would
//! commit. Losing a race, it is run again, and then sees what the winner did.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ATTEMPTS_MAX, App, Caller, Error};
use crate::domain::ids::RequestId;
use crate::domain::sealed::ContentDigest;
use crate::store::{Change, FirstAnswer, Reader, StoreError, Table, Unit};

/// What makes a call recognisable: the client's name for it, and what it says.
#[derive(Clone, Debug)]
pub struct Repeat {
    id: RequestId,
    content: ContentDigest,
}

/// What one attempt came to.
pub(super) enum Attempt<T> {
    /// This is the answer: this call's first one, given before or committed just now.
    Answered(T),
    /// There is nothing to change: this is the answer, unless another copy of this call was answered meanwhile.
    Unchanged(T),
    /// This is the answer if the unit is committed.
    Change(T, Unit),
    /// The same, and from the commit on somebody's rights are others.
    ChangeRights(T, Unit),
    /// Someone was faster: look again.
    Again,
}

impl App {
    /// Runs `attempt` until it is answered: at once, or by a commit that nobody else got in the way of.
    ///
    /// # Errors
    /// [`Error::Contended`] if others got in the way too often, and whatever the attempt fails with.
    pub(super) async fn once<T, F>(
        &self,
        by: &Caller,
        repeat: &Repeat,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<Attempt<T>, Error>>,
    {
        for _ in 0..ATTEMPTS_MAX {
            let (answer, committed) = match attempt().await? {
                Attempt::Answered(answer) => return Ok(answer),
                // A copy of this call may have been answered between the attempt's first look and its last.
                Attempt::Unchanged(answer) if !self.is_answered(by, repeat).await? => return Ok(answer),
                Attempt::Unchanged(_) | Attempt::Again => continue,
                Attempt::Change(answer, unit) => (answer, self.commit(unit).await),
                Attempt::ChangeRights(answer, unit) => (answer, self.commit_rights(unit).await),
            };
            match committed {
                Ok(()) => return Ok(answer),
                Err(StoreError::Taken(Table::Account)) => return Err(Error::NumberTaken),
                // Someone was faster: with this call, this value or this record. Look again.
                Err(StoreError::Taken(_) | StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    async fn is_answered(&self, by: &Caller, repeat: &Repeat) -> Result<bool, Error> {
        Ok(self.store().reader().await?.first_answer(by.id(), repeat.id).await?.is_some())
    }

    /// The call of that id with that content, `content` being the request's encoded bytes.
    pub fn repeat(&self, id: RequestId, method: &str, content: &[u8]) -> Repeat {
        Repeat { id, content: self.vault().content(method, content) }
    }

    /// The first answer to this call, if it was answered before.
    pub(super) async fn first_answer<T: DeserializeOwned>(
        &self,
        reader: &mut Reader,
        by: &Caller,
        repeat: &Repeat,
    ) -> Result<Option<T>, Error> {
        let first = reader.first_answer(by.id(), repeat.id).await?;
        first.map(|first| repeat.answered(&first)).transpose()
    }
}

impl Repeat {
    /// The client's name for the call.
    pub(super) const fn id(&self) -> RequestId {
        self.id
    }

    /// What it says.
    pub(super) const fn content(&self) -> &ContentDigest {
        &self.content
    }

    /// What the first answer to a call of this name says, if that was this call.
    pub(super) fn answered<T: DeserializeOwned>(&self, first: &FirstAnswer) -> Result<T, Error> {
        if first.content != self.content {
            return Err(Error::RequestIdReused);
        }
        serde_json::from_str(&first.answer).map_err(|error| Error::Broken(Box::new(error)))
    }

    /// Remembers `answer` as the first one to this call. It must not hold personal data.
    pub(super) fn remember<T: Serialize>(&self, by: &Caller, answer: &T) -> Result<Change, Error> {
        let answer = serde_json::to_string(answer).map_err(|error| Error::Broken(Box::new(error)))?;
        let (caller, request, content) = (by.id(), self.id, self.content.clone());
        Ok(Change::Remember(FirstAnswer { caller, request, content, answer }))
    }
}
