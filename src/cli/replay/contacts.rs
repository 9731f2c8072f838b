//! Contact changes: holders begin them with the bound device while the old contact is alive, and most are confirmed.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tonic::transport::Channel;

use super::calls::Caller;
use super::holders::{Holder, read};
use super::people::NewContact;
use super::plan::Ending;
use crate::cli::demo::{FileMailbox, mistyped};
use crate::cli::words::moment;
use crate::proto::begin_contact_change_request::NewContact as Wished;
use crate::proto::device_service_client::DeviceServiceClient;
use crate::proto::get_challenge_request::NewContact as Signed;
use crate::proto::holder_contact_service_client::HolderContactServiceClient;
use crate::proto::{
    BeginContactChangeRequest, BeginOutcome, CancelContactChangeRequest, CancelOutcome, ConfirmContactChangeRequest,
    ConfirmContactChangeResponse, ConfirmOutcome, DevicePurpose, GetChallengeRequest, GetChallengeResponse,
};
use crate::sys::Clock;

/// Holders who may change a contact, kept at hand.
const AT_HAND_MAX: usize = 64;
/// How often a code may be tried.
const TRIES: u32 = 5;
/// What lies between the end of a wait and the next try.
const MOMENT: Duration = Duration::from_secs(1);

/// The app on the phones of those who change a contact.
pub(super) struct Contacts<'a> {
    changes: HolderContactServiceClient<Channel>,
    devices: DeviceServiceClient<Channel>,
    post: &'a FileMailbox,
    caller: &'a Caller,
    at_hand: VecDeque<Holder>,
    /// Somebody whose number others wish for, and how many codes came there.
    bystander: Option<(Holder, usize)>,
    /// Whoever mistypes has to wait between tries: that is for the evening, when the clock can be moved.
    evening: Vec<Wish>,
}

/// What a holder wishes for.
struct Wish {
    holder: Holder,
    /// What is signed, and what is asked for.
    new: (Signed, Wished),
    /// Where codes arrive, and how many came there before: at the old contact, at the new.
    old: (String, usize),
    destination: (String, usize),
}

impl<'a> Contacts<'a> {
    pub(super) fn new(app: Channel, post: &'a FileMailbox, caller: &'a Caller) -> Self {
        let (changes, devices) = (HolderContactServiceClient::new(app.clone()), DeviceServiceClient::new(app));
        Self { changes, devices, post, caller, at_hand: VecDeque::new(), bystander: None, evening: Vec::new() }
    }

    /// Keeps those at hand who could change a contact: they act for themselves and have an address of their own.
    pub(super) fn meet(&mut self, active: &[Holder]) {
        for holder in active.iter().filter(|holder| holder.person.plain && !holder.person.email.is_empty()) {
            if self.bystander.is_none() {
                self.bystander = Some((holder.clone(), 1));
            } else if self.at_hand.len() < AT_HAND_MAX {
                self.at_hand.push_back(holder.clone());
            }
        }
    }

    /// The changes of a day; how many were begun and confirmed.
    ///
    /// # Errors
    /// If one ends otherwise than it should.
    pub(super) async fn change(
        &mut self,
        endings: impl Iterator<Item = (u32, Ending)>,
        contacts: Vec<NewContact>,
    ) -> anyhow::Result<(u32, u32)> {
        let (mut begun, mut confirmed) = (0, 0);
        for ((number, ending), contact) in endings.zip(contacts) {
            let wish = self.wish(number, ending, contact)?;
            if ending == Ending::Mistyped {
                self.evening.push(wish);
            } else {
                self.one(wish, ending).await?;
            }
            begun += 1;
            confirmed += u32::from(ending == Ending::Confirmed);
        }
        Ok((begun, confirmed))
    }

    fn wish(&mut self, number: u32, ending: Ending, new: NewContact) -> anyhow::Result<Wish> {
        let holder = self.at_hand.pop_front().context("nobody is there who could change a contact")?;
        let NewContact { mut phone, email } = new;
        let mut before = 0;
        if ending == Ending::ServesAnother {
            let (other, codes) = self.bystander.as_mut().context("nobody is there whose number could be wished for")?;
            phone.clone_from(&other.person.phone);
            before = *codes;
            *codes += 1;
        }
        if ending == Ending::ServesAnother || number.is_multiple_of(2) {
            // The code of the activation came there.
            let old = (holder.person.phone.clone(), 1);
            let new = (Signed::Phone(phone.clone()), Wished::Phone(phone.clone()));
            Ok(Wish { holder, new, old, destination: (phone, before) })
        } else {
            let old = (holder.person.email.clone(), 0);
            let new = (Signed::Email(email.clone()), Wished::Email(email.clone()));
            Ok(Wish { holder, new, old, destination: (email, 0) })
        }
    }

    async fn one(&self, wish: Wish, ending: Ending) -> anyhow::Result<()> {
        let Wish { holder, new: (signed, wished), old, destination } = wish;
        let change = &self.begin(&holder, signed, wished).await?;
        let code = read(self.post, &old.0, old.1).await.context("at the old contact")?;
        match ending {
            Ending::LeftAtOld => return Ok(()),
            Ending::GivenUp => return self.give_up(&holder, change).await,
            _ => {}
        }
        self.types(&holder, change, &code, ConfirmOutcome::OldContactProven).await?;
        let code = read(self.post, &destination.0, destination.1).await.context("at the new contact")?;
        match ending {
            Ending::Confirmed => self.types(&holder, change, &code, ConfirmOutcome::Confirmed).await,
            Ending::ServesAnother => self.types(&holder, change, &code, ConfirmOutcome::Taken).await,
            _ => Ok(()),
        }
    }

    /// Those who mistype the code to the end, when nobody else is at work.
    ///
    /// # Errors
    /// If they are answered otherwise than they should be.
    pub(super) async fn end_of_day(&mut self, clock: &Clock) -> anyhow::Result<()> {
        for Wish { holder, new: (signed, wished), old, .. } in std::mem::take(&mut self.evening) {
            let change = self.begin(&holder, signed, wished).await?;
            let code = mistyped(&read(self.post, &old.0, old.1).await.context("at the old contact")?);
            let mut tries = 0;
            while tries < TRIES {
                let answer = self.confirm(&holder, &change, &code).await?;
                match answer.outcome() {
                    ConfirmOutcome::WrongCode => tries += 1,
                    ConfirmOutcome::NotYet => {
                        let until = answer.retry_at.as_ref().map(moment).context("a wait has an end")?;
                        clock.advance(until.since(clock.now()).saturating_add(MOMENT));
                    }
                    other => bail!("a wrong code came to {}", other.as_str_name()),
                }
            }
        }
        Ok(())
    }

    async fn begin(&self, holder: &Holder, signed: Signed, wished: Wished) -> anyhow::Result<String> {
        let about = GetChallengeRequest { new_contact: Some(signed), ..GetChallengeRequest::default() };
        let challenge = self.challenge(holder, DevicePurpose::ChangeContact, about).await?;
        let request = BeginContactChangeRequest {
            request_id: self.caller.name(),
            account_id: holder.account_id.clone(),
            new_contact: Some(wished),
            old_contact_lost: false,
            signature: holder.handset().sign(&challenge.text),
            challenge: challenge.challenge,
            repeats: String::new(),
        };
        let beginning = async |q| self.changes.clone().begin_contact_change(q).await;
        let answer = self.caller.call("BeginContactChange", request, beginning).await?;
        ensure!(answer.outcome() == BeginOutcome::Begun, "a change came to {}", answer.outcome().as_str_name());
        Ok(answer.change.context("a change that was begun has a name")?.change_id)
    }

    async fn types(&self, holder: &Holder, change: &str, code: &str, expected: ConfirmOutcome) -> anyhow::Result<()> {
        let (outcome, expected) =
            (self.confirm(holder, change, code).await?.outcome().as_str_name(), expected.as_str_name());
        ensure!(outcome == expected, "a code came to {outcome}, and not to {expected}");
        Ok(())
    }

    async fn confirm(&self, holder: &Holder, change: &str, code: &str) -> anyhow::Result<ConfirmContactChangeResponse> {
        let request = ConfirmContactChangeRequest {
            request_id: self.caller.name(),
            account_id: holder.account_id.clone(),
            change_id: change.to_owned(),
            code: code.to_owned(),
        };
        let confirming = async |q| self.changes.clone().confirm_contact_change(q).await;
        self.caller.call("ConfirmContactChange", request, confirming).await
    }

    async fn give_up(&self, holder: &Holder, change: &str) -> anyhow::Result<()> {
        let about = GetChallengeRequest { change_id: change.to_owned(), ..GetChallengeRequest::default() };
        let challenge = self.challenge(holder, DevicePurpose::CancelContactChange, about).await?;
        let request = CancelContactChangeRequest {
            request_id: self.caller.name(),
            account_id: holder.account_id.clone(),
            change_id: change.to_owned(),
            signature: holder.handset().sign(&challenge.text),
            challenge: challenge.challenge,
        };
        let cancelling = async |q| self.changes.clone().cancel_contact_change(q).await;
        let outcome = self.caller.call("CancelContactChange", request, cancelling).await?.outcome();
        ensure!(outcome == CancelOutcome::Cancelled, "giving up came to {}", outcome.as_str_name());
        Ok(())
    }

    async fn challenge(
        &self,
        holder: &Holder,
        purpose: DevicePurpose,
        about: GetChallengeRequest,
    ) -> anyhow::Result<GetChallengeResponse> {
        let request = GetChallengeRequest {
            account_id: holder.account_id.clone(),
            purpose: purpose.into(),
            key_thumbprint: holder.handset().thumbprint(),
            ..about
        };
        self.caller.call("GetChallenge", request, async |q| self.devices.clone().get_challenge(q).await).await
    }
}
