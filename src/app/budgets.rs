//! Budgets of codes: how many may be asked for, and how many are sent. They are counted beside the store, so that they hold
//! back floods and never decide who may guess: tries are counted in the store (ADR 0007).
//!
//! What somebody spends alone, a device key and a network, is counted before anything is looked up, whoever is named. What
//! belongs to the holder, the account and the destination, is counted only when a code is about to leave: whoever does not
//! know the account's phone cannot spend it.

use std::time::Duration;

use super::App;
use crate::domain::contact::Contact;
use crate::domain::device::KeyThumbprint;
use crate::domain::ids::AccountId;
use crate::domain::network::SourceNetwork;
use crate::domain::time::Timestamp;
use crate::limits::{LimitKey, Quota, Verdict};

/// What may be spent.
#[derive(Clone, Copy, Debug)]
pub struct BudgetSettings {
    /// Codes asked for with one device key.
    pub device: Quota,
    /// Codes asked for from one network.
    pub source: Quota,
    /// Codes sent to one account, whatever they are for.
    pub account: Quota,
    /// Codes sent to one phone or address.
    pub destination: Quota,
    /// Codes sent to phones of one country.
    pub prefix: Quota,
    /// Codes sent in all.
    pub all: Quota,
}

/// A budget is spent: nothing is sent before that moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spent {
    pub(super) retry_at: Timestamp,
}

impl App {
    /// Counts a wish for a code, whoever it is for.
    pub(super) async fn spend_wish(&self, device: KeyThumbprint, source: Option<SourceNetwork>) -> Result<(), Spent> {
        let budgets = self.settings().budgets;
        // The network first: a key costs nothing, and each that is let through has to be remembered.
        if let Some(source) = source {
            self.spend("source", &hex::encode(self.vault().source(&source).as_bytes()), budgets.source).await?;
        }
        self.spend("device", &device.to_string(), budgets.device).await
    }

    /// Counts a code from a notice that is tried from a network; those whose network is not told are counted together.
    pub(super) async fn spend_stop(&self, source: Option<SourceNetwork>) -> Result<(), Spent> {
        let subject = source.map(|source| hex::encode(self.vault().source(&source).as_bytes())).unwrap_or_default();
        self.spend("stop", &subject, self.settings().budgets.source).await
    }

    /// Counts a wish for what goes together with a slip, which strangers of the same network must not be able to close.
    pub(super) async fn spend_slip(&self, device: KeyThumbprint) -> Result<(), Spent> {
        self.spend("slip", &device.to_string(), self.settings().budgets.device).await
    }

    /// Counts a code that is about to leave. What is refused by a later budget stays counted in the earlier ones.
    pub(super) async fn spend_sending(&self, account: AccountId, to: &Contact) -> Result<(), Spent> {
        let budgets = self.settings().budgets;
        let destination = match to {
            Contact::Phone(phone) => self.vault().phone(phone),
            Contact::Email(email) => self.vault().email(email),
        };
        // What all share first: while that is spent, nobody loses what is their own.
        self.spend("all", "", budgets.all).await?;
        if let Contact::Phone(phone) = to {
            self.spend("prefix", phone.country_prefix(), budgets.prefix).await?;
        }
        self.spend("account", &account.to_string(), budgets.account).await?;
        self.spend("destination", &hex::encode(destination.as_bytes()), budgets.destination).await
    }

    async fn spend(&self, budget: &'static str, subject: &str, quota: Quota) -> Result<(), Spent> {
        let key = format!("codes/{budget}");
        match self.limits().take(LimitKey { method: &key, subject }, quota.passing_crowd()).await {
            Verdict::Allowed => Ok(()),
            Verdict::Wait(wait) => {
                tracing::info!(budget, "a budget of codes is spent");
                Err(Spent { retry_at: self.clock().now().plus(wait.max(Duration::from_secs(1))) })
            }
        }
    }
}
