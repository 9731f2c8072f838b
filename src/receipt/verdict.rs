//! Why a text is not the service's receipt, in words for the person who checks it.

use super::key::KeyId;
use crate::domain::text::Text;

/// Why a receipt is not genuine, or not of this content.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.text().en)]
pub enum NotGenuine {
    /// The text is longer than any receipt.
    TooLong,
    /// It has not the form of a receipt.
    NotAReceipt,
    /// Its letters were all made capital, or all small.
    OneCase,
    /// It is signed in another way, or for another purpose, than receipts are.
    AnotherKind,
    /// It names a key that is not among those given.
    UnknownKey(KeyId),
    /// Its signature is not of what it says.
    Altered,
    /// The signature is right, but what it says cannot be read.
    NotUnderstood,
    /// It is genuine, but of another content than the one shown.
    OtherContent,
}

impl NotGenuine {
    /// A name for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::NotAReceipt => "not-a-receipt",
            Self::OneCase => "one-case",
            Self::AnotherKind => "another-kind",
            Self::UnknownKey(_) => "unknown-key",
            Self::Altered => "altered",
            Self::NotUnderstood => "not-understood",
            Self::OtherContent => "other-content",
        }
    }

    /// What is wrong and what to do about it.
    pub const fn text(&self) -> Text {
        match self {
            Self::TooLong => Text::new(
                "Not a receipt: it is longer than any. Give the text of one receipt alone.",
                "Không phải biên nhận: dài hơn mọi biên nhận. Hãy chỉ đưa nội dung của một biên nhận.",
            ),
            Self::NotAReceipt => Text::new(
                "Not a receipt, or cut short. Scan the whole code again.",
                "Không phải biên nhận, hoặc bị thiếu. Hãy quét lại toàn bộ mã.",
            ),
            Self::OneCase => Text::new(
                "Capital and small letters were changed on the way, which nobody can undo. Scan the code of the slip: it \
                 holds digits alone.",
                "Chữ hoa và chữ thường đã bị đổi, không thể khôi phục. Hãy quét mã trên phiếu: mã chỉ gồm chữ số.",
            ),
            Self::AnotherKind => Text::new(
                "Not a receipt of this service: it is signed in another way or for another purpose.",
                "Không phải biên nhận của hệ thống này: được ký theo cách khác hoặc cho mục đích khác.",
            ),
            Self::UnknownKey(_) => Text::new(
                "Not signed by a known key. Fetch the service's present keys (eid receipt keys) and check again; if it is \
                 still unknown, the receipt is not genuine.",
                "Không được ký bằng khóa đã biết. Hãy tải các khóa hiện hành của hệ thống (eid receipt keys) rồi kiểm tra \
                 lại; nếu vẫn không biết khóa, biên nhận không phải thật.",
            ),
            Self::Altered => Text::new(
                "Altered: the signature does not fit what the receipt says.",
                "Đã bị sửa đổi: chữ ký không khớp với nội dung biên nhận.",
            ),
            Self::NotUnderstood => Text::new(
                "Signed by the service, but not understood. Check it with a newer version of this program.",
                "Được hệ thống ký nhưng không đọc được. Hãy kiểm tra bằng phiên bản mới hơn của chương trình này.",
            ),
            Self::OtherContent => Text::new(
                "The receipt is genuine, but it is not for this content: something was changed since, or it belongs to \
                 another request.",
                "Biên nhận là thật nhưng không thuộc nội dung này: nội dung đã thay đổi sau đó, hoặc biên nhận thuộc hồ \
                 sơ khác.",
            ),
        }
    }
}
