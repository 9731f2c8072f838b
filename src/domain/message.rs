//! Messages to holders: what is said, to where, and until when it is worth sending.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::Date;

use super::application::Language;
use super::code::Code;
use super::contact::{CancelLink, Contact, ContactKind};
use super::follow_up::waking;
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
    /// The code that shows that this contact, which is to be given up, is alive.
    OldContactCode(CodeText),
    /// Another phone or address was asked for; with the code that stops it.
    ContactChangeAsked(ContactKind, CancelLink),
    /// Somebody claims the number that serves the account.
    NumberDisputed,
    /// Another device is the account's, or none any more.
    DeviceChanged,
    /// Somebody stood at a counter and asked for another device.
    DeviceAskedAtCounter,
    /// Somebody stood at a counter and got a slip that activates the account.
    SlipPrinted,
    /// The account waits to be activated; the holder can do it alone up to and with that day.
    ActivationReminder(#[serde(with = "super::time::iso_date")] Date),
    /// The account is locked.
    AccountLocked,
    /// The account can be used again.
    AccountUnlocked,
    /// The account was closed for good.
    AccountClosed,
    /// The passport is valid up to and with that day.
    PassportEnds(#[serde(with = "super::time::iso_date")] Date),
    /// The right to reside lasts up to and with that day.
    ResidenceEnds(#[serde(with = "super::time::iso_date")] Date),
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
            Self::OldContactCode(_) => "old_contact_code",
            Self::ContactChangeBegun(_)
            | Self::ContactChanged(_)
            | Self::ContactChangeAsked(..)
            | Self::NumberDisputed => "contact_notice",
            Self::DeviceChanged | Self::DeviceAskedAtCounter => "device_notice",
            Self::SlipPrinted => "slip_notice",
            Self::ActivationReminder(_) => "activation_reminder",
            Self::AccountLocked | Self::AccountUnlocked | Self::AccountClosed => "life_notice",
            Self::PassportEnds(_) | Self::ResidenceEnds(_) => "document_warning",
        }
    }

    /// The code it carries, if it carries one.
    pub const fn code(&self) -> Option<&Code> {
        match self {
            Self::ActivationCode(CodeText(code))
            | Self::ContactCode(CodeText(code))
            | Self::OldContactCode(CodeText(code)) => Some(code),
            _ => None,
        }
    }
}

impl MessageContent {
    /// Whether it may go where it is meant to go. A code that opens something never goes by e-mail (SP 800-63B 3.1.3.1); the
    /// one that confirms an address can go nowhere else, and opens nothing (SP 800-63A 3.8).
    pub const fn may_leave(&self) -> bool {
        match (&self.notice, &self.to) {
            (NoticeText::ActivationCode(_), Contact::Email(_)) => false,
            (
                NoticeText::ActivationCode(_)
                | NoticeText::AccountIssued
                | NoticeText::AccountActivated
                | NoticeText::ContactCode(_)
                | NoticeText::ContactChangeBegun(_)
                | NoticeText::ContactChanged(_)
                | NoticeText::OldContactCode(_)
                | NoticeText::ContactChangeAsked(..)
                | NoticeText::NumberDisputed
                | NoticeText::DeviceChanged
                | NoticeText::DeviceAskedAtCounter
                | NoticeText::SlipPrinted
                | NoticeText::ActivationReminder(_)
                | NoticeText::AccountLocked
                | NoticeText::AccountUnlocked
                | NoticeText::AccountClosed
                | NoticeText::PassportEnds(_)
                | NoticeText::ResidenceEnds(_),
                _,
            ) => true,
        }
    }
}

/// Whether it is the time for a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timeliness {
    /// It is.
    Now,
    /// It will be by day.
    ByDay,
    /// It was.
    TooLate,
}

impl MessageContent {
    /// Whether it is the time for it at `now`. Reminders go by day, and not when the days are over; what has an end of its own
    /// keeps it beside the content, and everything else is welcome whenever it comes.
    pub fn timeliness(&self, now: Timestamp) -> Timeliness {
        match self.notice {
            NoticeText::ActivationReminder(last_day)
            | NoticeText::PassportEnds(last_day)
            | NoticeText::ResidenceEnds(last_day)
                if now.local_date() > last_day =>
            {
                Timeliness::TooLate
            }
            NoticeText::ActivationReminder(_) | NoticeText::PassportEnds(_) | NoticeText::ResidenceEnds(_)
                if waking(now).is_some() =>
            {
                Timeliness::ByDay
            }
            _ => Timeliness::Now,
        }
    }
}

/// Attempts after which a message is given up: about two days of a carrier that takes nothing. A code ends long before.
pub const ATTEMPTS_MAX: u32 = 600;

/// How long to wait after `attempts` failed ones: 2 s, doubling, at most 5 minutes; of that the first half surely and as
/// much of the second as `chance` of [`CHANCES`] says, so that what failed together does not come back together.
pub fn retry_after(attempts: u32, chance: u32) -> Duration {
    let most = Duration::from_secs(2_u64.saturating_pow(attempts.clamp(1, 16)).min(300));
    most / 2 + most / 2 * chance.min(CHANCES) / CHANCES
}

/// What chance is counted in.
pub const CHANCES: u32 = 1_000;

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::domain::contact::{Email, Phone};

    #[test]
    fn waits_grow_have_a_ceiling_and_are_spread_over_their_second_half() {
        assert_eq!([1, 2, 3, 9, 500].map(|n| retry_after(n, CHANCES).as_secs()), [2, 4, 8, 300, 300]);
        assert_eq!([1, 2, 3, 9, 500].map(|n| retry_after(n, 0).as_secs()), [1, 2, 4, 150, 150]);
        assert_eq!(retry_after(3, 250), Duration::from_secs(5));
        assert_eq!(retry_after(3, u32::MAX), retry_after(3, CHANCES));
    }

    #[test]
    fn a_code_that_opens_something_may_leave_by_sms_alone() {
        let content = |to, notice| MessageContent { to, language: Language::En, notice };
        let phone = || Contact::Phone(Phone::parse("0912345678").unwrap());
        let email = || Contact::Email(Email::parse("a@example.org").unwrap());
        let code = || CodeText(Code::numbered(123_456));
        assert!(content(phone(), NoticeText::ActivationCode(code())).may_leave());
        assert!(!content(email(), NoticeText::ActivationCode(code())).may_leave());
        assert!(content(email(), NoticeText::ContactCode(code())).may_leave(), "it confirms that address");
        assert!(content(email(), NoticeText::AccountIssued).may_leave());
    }

    #[test]
    fn a_reminder_goes_by_day_and_within_the_days_and_a_notice_whenever_it_can() {
        let day = date!(2026 - 11 - 27);
        let hour = |day, hour| Timestamp::start_of(day).plus(Duration::from_hours(hour));
        let content = |notice| {
            let to = Contact::Phone(Phone::parse("0912345678").unwrap());
            MessageContent { to, language: Language::En, notice }
        };
        let reminder = content(NoticeText::ActivationReminder(day));
        let found = [7, 8, 19, 20].map(|at| reminder.timeliness(hour(day, at)));
        assert_eq!(found, [Timeliness::ByDay, Timeliness::Now, Timeliness::Now, Timeliness::ByDay]);
        assert_eq!(reminder.timeliness(hour(date!(2026 - 11 - 28), 9)), Timeliness::TooLate);
        let warning = content(NoticeText::PassportEnds(day));
        assert_eq!(warning.timeliness(hour(day, 7)), Timeliness::ByDay);
        assert_eq!(warning.timeliness(hour(date!(2026 - 11 - 28), 9)), Timeliness::TooLate);
        assert_eq!(content(NoticeText::AccountIssued).timeliness(hour(day, 2)), Timeliness::Now);
    }
}
