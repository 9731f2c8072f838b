//! The texts: complete in every language, each of a known price, and without codes where none belongs.

use std::collections::BTreeSet;

use fluent_bundle::FluentResource;
use time::macros::date;

use super::*;
use crate::domain::code::Code;
use crate::domain::contact::{CancelLink, Contact, Phone};
use crate::domain::message::CodeText;
use crate::notify::sms::Sms;

const TODAY: Date = date!(2026 - 11 - 22);

/// Every message with what an SMS of it costs, in parts: Vietnamese without and with its marks, then English, Chinese,
/// Korean, Japanese.
fn all() -> Vec<(NoticeText, [usize; 6])> {
    let code = || CodeText(Code::numbered(123_456));
    let link = || CancelLink::drawn([7; 16]);
    vec![
        (NoticeText::AccountIssued, [1, 3, 1, 1, 1, 1]),
        (NoticeText::ActivationCode(code()), [1, 2, 1, 1, 1, 1]),
        (NoticeText::AccountActivated, [1, 2, 1, 1, 1, 1]),
        (NoticeText::ContactCode(code()), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ContactChangeBegun(ContactKind::Phone), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ContactChangeBegun(ContactKind::Email), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ContactChanged(ContactKind::Phone), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ContactChanged(ContactKind::Email), [1, 2, 1, 1, 1, 1]),
        (NoticeText::OldContactCode(code()), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ContactChangeAsked(ContactKind::Phone, link()), [1, 3, 1, 1, 2, 2]),
        (NoticeText::ContactChangeAsked(ContactKind::Email, link()), [1, 3, 1, 1, 2, 2]),
        (NoticeText::NumberDisputed, [1, 2, 1, 1, 2, 1]),
        (NoticeText::DeviceChanged, [1, 2, 1, 1, 1, 1]),
        (NoticeText::DeviceAskedAtCounter, [1, 2, 1, 1, 1, 1]),
        (NoticeText::SlipPrinted, [1, 2, 1, 1, 1, 1]),
        (NoticeText::ActivationReminder(date!(2026 - 11 - 26)), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ActivationReminder(date!(2026 - 11 - 23)), [1, 2, 1, 1, 1, 1]),
        (NoticeText::ActivationReminder(TODAY), [1, 2, 1, 1, 1, 1]),
        (NoticeText::AccountLocked, [1, 2, 1, 1, 1, 1]),
        (NoticeText::AccountUnlocked, [1, 2, 1, 1, 1, 1]),
        (NoticeText::AccountClosed, [1, 2, 1, 1, 1, 1]),
        (NoticeText::PassportEnds(date!(2027 - 01 - 21)), [1, 3, 1, 1, 1, 1]),
        (NoticeText::ResidenceEnds(date!(2027 - 01 - 21)), [1, 2, 1, 1, 1, 1]),
    ]
}

fn content(language: Language, notice: &NoticeText) -> MessageContent {
    MessageContent { to: Contact::Phone(Phone::parse("0912345678").unwrap()), language, notice: notice.clone() }
}

/// The SMS of a message in Vietnamese without and with its marks, and in the other languages.
fn each(notice: &NoticeText) -> Vec<String> {
    let [plain, marked] = [false, true].map(Texts::new);
    let marked = [marked.sms(&content(Language::Vi, notice), TODAY)];
    let others = Language::ALL.iter().map(|language| plain.sms(&content(*language, notice), TODAY));
    let mut texts: Vec<_> = others.chain(marked).map(|text| text.expect("every language has every text")).collect();
    texts[1..].rotate_right(1);
    texts
}

#[test]
fn every_language_has_the_same_entries_and_all_of_them_can_be_read() {
    let entries = |language| -> BTreeSet<String> {
        let read = FluentResource::try_new(source(language).to_owned());
        let read = read.unwrap_or_else(|(_, faults)| panic!("{language:?}: {faults:?}"));
        drop(read);
        let heads = source(language).lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        let entries = heads.filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned());
        entries.collect()
    };
    let known: BTreeSet<_> = all().iter().map(|(notice, _)| name(notice).to_owned()).collect();
    for language in Language::ALL {
        assert_eq!(entries(language), known, "{language:?}");
    }
}

#[test]
fn every_text_costs_the_parts_it_is_known_to_cost() {
    let mut wrong = Vec::new();
    for (notice, known) in all() {
        let texts = each(&notice);
        let found: Vec<_> = texts.iter().map(|text| Sms::of(text, 0).expect("an SMS").parts.len()).collect();
        if found != known {
            wrong.push(format!(
                "{} {found:?} {:?}",
                name(&notice),
                texts.iter().map(|t| t.chars().count()).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn texts_carry_a_code_only_if_their_message_does_and_subjects_never() {
    let texts = Texts::new(false);
    for (notice, _) in all() {
        let carries = notice.code().is_some();
        assert!(each(&notice).iter().all(|text| text.contains("123456") == carries), "{}", name(&notice));
        for language in Language::ALL {
            let mail = texts.mail(&content(language, &notice), TODAY);
            assert_eq!(mail.is_none(), matches!(notice, NoticeText::ActivationCode(_)), "{}", name(&notice));
            assert!(mail.is_none_or(|mail| !mail.subject.contains("123456") && !mail.subject.is_empty()));
        }
    }
}

#[test]
fn what_is_filled_in_is_there_in_every_language() {
    for text in each(&NoticeText::AccountIssued) {
        assert!(text.contains(HOTLINE) && text.contains('7'), "{text}");
    }
    for notice in [NoticeText::ContactChangeBegun, NoticeText::ContactChanged] {
        let (phone, email) = (each(&notice(ContactKind::Phone)), each(&notice(ContactKind::Email)));
        assert!(phone.iter().zip(email).all(|(phone, email)| *phone != email && phone.contains(HOTLINE)));
    }
}

#[test]
fn a_reminder_says_the_days_that_are_left_when_it_goes_and_that_today_is_the_last() {
    let all = |last_day| each(&NoticeText::ActivationReminder(last_day));
    for (text, today) in all(date!(2026 - 11 - 26)).iter().zip(all(TODAY)) {
        assert!(text.contains('4') && text.contains(HOTLINE), "{text}");
        assert!(!today.contains('{') && today != *text && today.contains(HOTLINE), "{today}");
    }
    let english =
        |last_day| Texts::new(false).sms(&content(Language::En, &NoticeText::ActivationReminder(last_day)), TODAY);
    assert!(english(date!(2026 - 11 - 23)).unwrap().contains("within 1 day."));
    assert!(english(date!(2026 - 11 - 24)).unwrap().contains("within 2 days."));
    assert_eq!(english(date!(2026 - 11 - 20)), english(TODAY), "one that is late says nothing of days before");
}

#[test]
fn vietnamese_goes_without_marks_by_sms_unless_set_and_with_them_by_mail() {
    let content = content(Language::Vi, &NoticeText::AccountActivated);
    assert!(Texts::new(false).sms(&content, TODAY).unwrap().starts_with("Tai khoan dinh danh dien tu cua ban"));
    assert!(Texts::new(true).sms(&content, TODAY).unwrap().starts_with("Tài khoản định danh điện tử của bạn"));
    assert!(Texts::new(false).mail(&content, TODAY).unwrap().body.starts_with("Tài khoản định danh"));
}
