//! The holders: they ask for a code, read it on their phone, and activate in the app.

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tonic::transport::Channel;

use super::IN_FLIGHT;
use super::calls::Caller;
use super::people::Person;
use super::plan::Fate;
use crate::cli::demo::{FileMailbox, Mailbox as _};
use crate::practice::Handset;
use crate::proto::activation_service_client::ActivationServiceClient;
use crate::proto::{ActivateOutcome, ActivateRequest, SendCodeOutcome, SendCodeRequest};

/// How often a message is waited for, each time for as long as the mailbox does.
const LOOKS_MAX: usize = 12;

/// Somebody with an account.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) person: Person,
    pub(super) account_id: String,
}

impl Holder {
    /// The phone in the holder's hand.
    pub(super) fn handset(&self) -> Handset {
        Handset::of_holder(&self.person.identity_number)
    }
}

/// The backend of the app, and the phones behind it.
pub(super) struct Holders<'a> {
    client: ActivationServiceClient<Channel>,
    post: &'a FileMailbox,
    caller: &'a Caller,
}

/// Reads the code at a destination that has so many others before it there.
///
/// # Errors
/// If it does not come.
pub(super) async fn read(post: &FileMailbox, destination: &str, after: usize) -> anyhow::Result<String> {
    for _ in 0..LOOKS_MAX {
        if let Some(code) = post.code_for(destination, after).await {
            return Ok(code);
        }
    }
    Err(anyhow::anyhow!("a code was sent and did not arrive"))
}

impl<'a> Holders<'a> {
    pub(super) fn new(channel: Channel, post: &'a FileMailbox, caller: &'a Caller) -> Self {
        Self { client: ActivationServiceClient::new(channel), post, caller }
    }

    /// Those of these activate who ever do.
    ///
    /// # Errors
    /// If one cannot.
    pub(super) async fn activate(&self, issued: Vec<Holder>) -> anyhow::Result<Vec<Holder>> {
        let coming = issued.into_iter().filter(|holder| holder.person.fate == Fate::Activates);
        stream::iter(coming.map(|holder| self.one(holder))).buffered(IN_FLIGHT).try_collect().await
    }

    async fn one(&self, holder: Holder) -> anyhow::Result<Holder> {
        let (handset, Person { identity_number, phone, .. }) = (holder.handset(), holder.person.clone());
        let request = SendCodeRequest {
            request_id: self.caller.name(),
            identity_number: identity_number.clone(),
            phone: phone.clone(),
            device_key: handset.public_key(),
            source_address: String::new(),
        };
        let sent = self.caller.call("SendCode", request, async |q| self.client.clone().send_code(q).await).await?;
        ensure!(sent.outcome() == SendCodeOutcome::Sent, "no code was sent: {}", sent.outcome().as_str_name());
        let reading = read(self.post, &phone, 0);
        let code = self.caller.time("(a code on its way)", reading).await?.context("at the first activation")?;
        let request = ActivateRequest {
            request_id: self.caller.name(),
            identity_number,
            phone,
            code,
            device_key: handset.public_key(),
            signature: handset.sign(&sent.challenge_text),
            challenge: sent.challenge,
            face_check: String::new(),
        };
        let activating = async |q| self.client.clone().activate(q).await;
        let outcome = self.caller.call("Activate", request, activating).await?.outcome();
        ensure!(outcome == ActivateOutcome::Activated, "a right code came to {}", outcome.as_str_name());
        Ok(holder)
    }
}
