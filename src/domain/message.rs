//! Messages to holders: what is said, to where, and until when it is worth sending.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::application::Language;
use super::code::Code;
use super::contact::{Contact, ContactKind};
use super::ids::{AccountId, MessageId};
use super::text::Malformed;
use super::time::Timestamp;

/// A message as it is before sealing. The destination is the one at creation: a later change does not redirect it.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its name, which carriers get as idempotency key.
    pub id: MessageId,
    /// The account it is about.
    pub account: AccountId,
    /// What it says and to where.
    pub content: MessageContent,
    /// After this it is not worth sending; `None`: it always is.
    pub useful_until: Option<Timestamp>,
}

/// What is sealed of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MessageContent {
    /// To where.
    pub to: Contact,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub notice: NoticeText,
}

/// What a message says. Notices never carry a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum NoticeText {
    /// The account was approved and can be activated.
    AccountIssued,
    /// The code that activates the account.
    ActivationCode(CodeText),
    /// The account is active.
    AccountActivated,
    /// The code that confirms this contact.
    ContactCode(CodeText),
    /// A change of phone or address was begun.
    ContactChangeBegun(ContactKind),
    /// The phone or address was changed.
    ContactChanged(ContactKind),
    /// Another device is the account's, or none any more.
    DeviceChanged,
    /// Somebody stood at a counter and asked for another device.
    DeviceAskedAtCounter,
}

/// A code as the content of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeText(pub Code);

impl TryFrom<String> for CodeText {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Code::parse(&text).map(Self)
    }
}

impl From<CodeText> for String {
    fn from(code: CodeText) -> Self {
        code.0.as_str().to_owned()
    }
}

impl NoticeText {
    /// The name by which counts, the store and the carrier's file know it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AccountIssued => "account_notice",
            Self::ActivationCode(_) => "activation_code",
            Self::AccountActivated => "activated_notice",
            Self::ContactCode(_) => "contact_code",
            Self::ContactChangeBegun(_) | Self::ContactChanged(_) => "contact_notice",
            Self::DeviceChanged | Self::DeviceAskedAtCounter => "device_notice",
        }
    }

    /// The code it carries, if it carries one.
    pub const fn code(&self) -> Option<&Code> {
        match self {
            Self::ActivationCode(CodeText(code)) | Self::ContactCode(CodeText(code)) => Some(code),
            _ => None,
        }
    }
}

/// Attempts after which a message is given up: about two days of a carrier that takes nothing. A code ends long before.
pub const ATTEMPTS_MAX: u32 = 600;

/// How long to wait after `attempts` failed ones: 2 s, doubling, at most 5 minutes.
pub fn retry_after(attempts: u32) -> Duration {
    Duration::from_secs(2_u64.saturating_pow(attempts.clamp(1, 16)).min(300))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_have_a_ceiling() {
        assert_eq!([1, 2, 3, 9, 500].map(|n| retry_after(n).as_secs()), [2, 4, 8, 300, 300]);
    }
}
