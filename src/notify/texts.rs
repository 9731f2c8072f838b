//! What messages say. SMS texts are plain ASCII: Vietnamese without diacritics, as the identity agency's own are.

use crate::domain::application::Language;
use crate::domain::contact::ContactKind;
use crate::domain::message::{CodeText, MessageContent, NoticeText};

/// The hotline of the identity agency (DOMAIN 1.7).
const HOTLINE: &str = "19000368";

/// The text of a message in its language.
pub(super) fn text(content: &MessageContent) -> String {
    match content.language {
        Language::Vi => vietnamese(&content.notice),
        Language::En => english(&content.notice),
    }
}

fn vietnamese(notice: &NoticeText) -> String {
    match notice {
        NoticeText::AccountIssued => format!(
            "Ho so dang ky tai khoan dinh danh dien tu muc do 2 cua ban da duoc phe duyet. Hay kich hoat tren ung dung \
             trong 7 ngay. Ho tro: {HOTLINE}."
        ),
        NoticeText::ActivationCode(CodeText(code)) => format!(
            "{} la ma kich hoat tai khoan dinh danh dien tu. Khong cho ai biet ma nay, ke ca nguoi xung la can bo.",
            code.as_str()
        ),
        NoticeText::AccountActivated => format!(
            "Tai khoan dinh danh dien tu cua ban da duoc kich hoat. Neu khong phai ban, hay goi ngay {HOTLINE}."
        ),
        NoticeText::ContactCode(CodeText(code)) => format!(
            "{} la ma xac nhan thong tin lien he moi cua tai khoan dinh danh dien tu. Khong cho ai biet ma nay.",
            code.as_str()
        ),
        NoticeText::ContactChangeBegun(what) => format!(
            "Co yeu cau doi {} cua tai khoan dinh danh dien tu. Neu khong phai ban, hay goi ngay {HOTLINE}.",
            match what {
                ContactKind::Phone => "so dien thoai",
                ContactKind::Email => "dia chi email",
            }
        ),
        NoticeText::ContactChanged(what) => format!(
            "Da doi {} cua tai khoan dinh danh dien tu. Neu khong phai ban, hay goi ngay {HOTLINE}.",
            match what {
                ContactKind::Phone => "so dien thoai",
                ContactKind::Email => "dia chi email",
            }
        ),
        NoticeText::DeviceChanged => format!(
            "Thiet bi cua tai khoan dinh danh dien tu da duoc thay doi hoac go bo. Neu khong phai ban, hay goi ngay \
             {HOTLINE}."
        ),
        NoticeText::DeviceAskedAtCounter => format!(
            "Co nguoi dang lam thu tuc doi thiet bi cua tai khoan ban tai quay. Neu khong phai ban, hay goi ngay {HOTLINE}."
        ),
    }
}

fn english(notice: &NoticeText) -> String {
    match notice {
        NoticeText::AccountIssued => format!(
            "Your request for a level-2 electronic identity account was approved. Activate it in the app within 7 days. \
             Help: {HOTLINE}."
        ),
        NoticeText::ActivationCode(CodeText(code)) => format!(
            "{} is the code that activates your electronic identity account. Tell it to nobody, officials included.",
            code.as_str()
        ),
        NoticeText::AccountActivated => {
            format!("Your electronic identity account is active. If this was not you, call {HOTLINE} at once.")
        }
        NoticeText::ContactCode(CodeText(code)) => format!(
            "{} is the code that confirms the new contact of your electronic identity account. Tell it to nobody.",
            code.as_str()
        ),
        NoticeText::ContactChangeBegun(what) => format!(
            "A change of the {} of your electronic identity account was asked for. If this was not you, call {HOTLINE} \
             at once.",
            match what {
                ContactKind::Phone => "phone number",
                ContactKind::Email => "e-mail address",
            }
        ),
        NoticeText::ContactChanged(what) => format!(
            "The {} of your electronic identity account was changed. If this was not you, call {HOTLINE} at once.",
            match what {
                ContactKind::Phone => "phone number",
                ContactKind::Email => "e-mail address",
            }
        ),
        NoticeText::DeviceChanged => format!(
            "The device of your electronic identity account was changed or removed. If this was not you, call {HOTLINE} at \
             once."
        ),
        NoticeText::DeviceAskedAtCounter => format!(
            "Somebody at a counter asks for another device for your electronic identity account. If this is not you, call \
             {HOTLINE} at once."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;
    use crate::domain::contact::{Contact, ContactKind, Phone};

    fn all() -> Vec<NoticeText> {
        let code = || CodeText(Code::numbered(123_456));
        vec![
            NoticeText::AccountIssued,
            NoticeText::ActivationCode(code()),
            NoticeText::AccountActivated,
            NoticeText::ContactCode(code()),
            NoticeText::ContactChangeBegun(ContactKind::Phone),
            NoticeText::ContactChangeBegun(ContactKind::Email),
            NoticeText::ContactChanged(ContactKind::Phone),
            NoticeText::ContactChanged(ContactKind::Email),
            NoticeText::DeviceChanged,
            NoticeText::DeviceAskedAtCounter,
        ]
    }

    #[test]
    fn texts_are_ascii_and_one_sms_long_and_only_code_messages_carry_a_code() {
        let to = Contact::Phone(Phone::parse("0912345678").unwrap());
        for language in [Language::Vi, Language::En] {
            for notice in all() {
                let carries = notice.code().is_some();
                let text = text(&MessageContent { to: to.clone(), language, notice });
                assert!(text.is_ascii() && text.len() <= 160, "{}: {text}", text.len());
                assert_eq!(text.contains("123456"), carries);
            }
        }
    }
}
