//! Repeats: a call with a request id gets its first answer again, and another content under the same id is refused.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{App, Caller, Error};
use crate::domain::ids::RequestId;
use crate::domain::sealed::ContentDigest;
use crate::store::{Change, FirstAnswer, Reader};

/// What makes a call recognisable: the client's name for it, and what it says.
#[derive(Clone, Debug)]
pub struct Repeat {
    id: RequestId,
    content: ContentDigest,
}

impl App {
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
        let Some(first) = reader.first_answer(by.id(), repeat.id).await? else { return Ok(None) };
        if first.content != repeat.content {
            return Err(Error::RequestIdReused);
        }
        serde_json::from_str(&first.answer).map(Some).map_err(|error| Error::Broken(Box::new(error)))
    }
}

impl Repeat {
    /// Remembers `answer` as the first one to this call. It must not hold personal data.
    pub(super) fn remember<T: Serialize>(&self, by: &Caller, answer: &T) -> Result<Change, Error> {
        let answer = serde_json::to_string(answer).map_err(|error| Error::Broken(Box::new(error)))?;
        let (caller, request, content) = (by.id(), self.id, self.content.clone());
        Ok(Change::Remember(FirstAnswer { caller, request, content, answer }))
    }
}
