//! What messages say, in the language of their holder: by Fluent, from files embedded in the program.
//!
//! Each kind of message is one entry of each file; its attribute `subject` is for mail alone. What has none, such as the
//! code that activates an account, cannot become a mail.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use time::Date;
use unic_langid::LanguageIdentifier;

use super::sms::without_marks;
use crate::domain::application::Language;
use crate::domain::contact::ContactKind;
use crate::domain::law::activation::SELF_ACTIVATION_DAYS;
use crate::domain::message::{MessageContent, NoticeText};
use crate::domain::time::format_date;

/// The hotline of the identity agency (DOMAIN 1.7).
const HOTLINE: &str = "19000368";

/// The texts of every language.
pub(super) struct Texts {
    languages: Vec<(Language, FluentBundle<FluentResource>)>,
    /// Whether Vietnamese keeps its marks in an SMS, which makes it two or three times as dear.
    sms_diacritics: bool,
}

/// A mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mail {
    /// Its subject, which never holds a code.
    pub subject: String,
    /// Its text.
    pub body: String,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Texts(…)")
    }
}

impl Texts {
    /// The embedded ones.
    pub(super) fn new(sms_diacritics: bool) -> Self {
        let languages = Language::ALL.map(|language| (language, bundle(language))).into();
        Self { languages, sms_diacritics }
    }

    /// The text of an SMS, by the law of the day. `None` if the message may not leave so.
    pub(super) fn sms(&self, content: &MessageContent, on: Date) -> Option<String> {
        let text = self.entry(content, None, on)?;
        let plain = content.language == Language::Vi && !self.sms_diacritics;
        Some(if plain { without_marks(&text) } else { text })
    }

    /// Subject and text of a mail, by the law of the day. `None` if the message may not leave so.
    pub(super) fn mail(&self, content: &MessageContent, on: Date) -> Option<Mail> {
        Some(Mail { subject: self.entry(content, Some("subject"), on)?, body: self.entry(content, None, on)? })
    }

    fn entry(&self, content: &MessageContent, attribute: Option<&str>, on: Date) -> Option<String> {
        let (_, bundle) = self.languages.iter().find(|(language, _)| *language == content.language)?;
        let message = bundle.get_message(name(&content.notice))?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let mut faults = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments(&content.notice, on)), &mut faults);
        faults.is_empty().then(|| text.into_owned())
    }
}

/// One language. What does not parse is left out, and then missed by the test that counts the entries.
fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = language.name().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolating marks around what is filled in would make each SMS UCS-2.
    bundle.set_use_isolating(false);
    bundle
        .add_resource_overriding(FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(some, _)| some));
    bundle
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::Vi => include_str!("texts/vi.ftl"),
        Language::En => include_str!("texts/en.ftl"),
        Language::Zh => include_str!("texts/zh.ftl"),
        Language::Ko => include_str!("texts/ko.ftl"),
        Language::Ja => include_str!("texts/ja.ftl"),
    }
}

/// The entry of a message in the files.
const fn name(notice: &NoticeText) -> &'static str {
    match notice {
        NoticeText::AccountIssued => "account-issued",
        NoticeText::ActivationCode(_) => "activation-code",
        NoticeText::AccountActivated => "account-activated",
        NoticeText::ContactCode(_) => "contact-code",
        NoticeText::ContactChangeBegun(_) => "contact-change-begun",
        NoticeText::ContactChanged(_) => "contact-changed",
        NoticeText::OldContactCode(_) => "old-contact-code",
        NoticeText::ContactChangeAsked(..) => "contact-change-asked",
        NoticeText::NumberDisputed => "number-disputed",
        NoticeText::DeviceChanged => "device-changed",
        NoticeText::DeviceAskedAtCounter => "device-asked-at-counter",
        NoticeText::SlipPrinted => "slip-printed",
        NoticeText::ActivationReminder(_) => "activation-reminder",
        NoticeText::AccountLocked => "account-locked",
        NoticeText::AccountUnlocked => "account-unlocked",
        NoticeText::AccountClosed => "account-closed",
        NoticeText::PassportEnds(_) => "passport-ends",
        NoticeText::ResidenceEnds(_) => "residence-ends",
    }
}

/// What the entry of a message may fill in. Only a message that carries a code has one to give.
fn arguments(notice: &NoticeText, on: Date) -> FluentArgs<'_> {
    let mut arguments = FluentArgs::new();
    arguments.set("hotline", HOTLINE);
    arguments.set("days", SELF_ACTIVATION_DAYS.on(on).unwrap_or_default());
    if let NoticeText::ActivationReminder(last_day) = notice {
        arguments.set("left", (*last_day - on).whole_days().max(0));
    }
    if let NoticeText::PassportEnds(last_day) | NoticeText::ResidenceEnds(last_day) = notice {
        arguments.set("day", format_date(*last_day));
    }
    if let Some(code) = notice.code() {
        arguments.set("code", code.as_str());
    }
    if let NoticeText::ContactChangeAsked(_, link) = notice {
        arguments.set("stop", link.shown());
    }
    if let NoticeText::ContactChangeBegun(what)
    | NoticeText::ContactChanged(what)
    | NoticeText::ContactChangeAsked(what, _) = notice
    {
        let what = match what {
            ContactKind::Phone => "phone",
            ContactKind::Email => "email",
        };
        arguments.set("what", what);
    }
    arguments
}

#[cfg(test)]
mod tests;
