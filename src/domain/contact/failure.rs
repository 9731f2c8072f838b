//! Why a contact change failed: the published list, each reason with what cures it.

use crate::domain::text::Text;

macro_rules! failures {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $en:literal / $vi:literal;)*) => {
        /// Why a request failed.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum FailureReason {
            $($(#[$doc])* $variant,)*
        }

        impl FailureReason {
            /// Every reason, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name that the store and the documents use.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What helps, for the person.
            pub const fn cure(self) -> Text {
                match self {
                    $(Self::$variant => Text::new($en, $vi),)*
                }
            }
        }
    };
}

failures! {
    /// The holder gave it up with the bound device.
    CancelledByHolder = "cancelled-by-holder":
        "You gave this change up. Ask again if you want it after all."
        / "Bạn đã hủy yêu cầu này. Nếu vẫn muốn đổi, hãy yêu cầu lại.";
    /// Somebody who reads another contact of the account stopped it.
    CancelledByNotice = "cancelled-by-notice":
        "It was stopped with the code of a notice to another contact of the account. If the holder did not do that, have the account looked at; otherwise ask again at an office, with the passport."
        / "Yêu cầu đã bị dừng bằng mã trong thông báo gửi tới một liên hệ khác của tài khoản. Nếu không phải chủ tài khoản làm việc đó, cần kiểm tra tài khoản; nếu vẫn muốn đổi, hãy đến cơ quan và mang theo hộ chiếu.";
    /// The office that began it, or an administrator, gave it up.
    CancelledByStaff = "cancelled-by-staff":
        "The office gave this change up. Ask there why, and ask again."
        / "Cơ quan đã hủy yêu cầu này. Hãy hỏi cơ quan lý do rồi yêu cầu lại.";
    /// Nobody typed the code in time.
    Expired = "expired":
        "The code was not typed in time. Ask again, and keep the new phone or mailbox at hand."
        / "Mã xác nhận không được nhập kịp thời. Hãy yêu cầu lại và để sẵn điện thoại hoặc hộp thư mới.";
    /// The second person declined it, or gave no answer in time.
    NotApproved = "not-approved":
        "The second person did not agree in time. Ask at the office why, and ask again there."
        / "Người thứ hai đã không phê duyệt kịp thời. Hãy hỏi cơ quan lý do rồi yêu cầu lại tại đó.";
    /// The number serves another account.
    NumberTaken = "number-serves-another":
        "This number serves another account. Use another number; if it is yours now, show that at an office, which opens a dispute."
        / "Số này đang phục vụ tài khoản khác. Hãy dùng số khác; nếu hiện nay số này là của bạn, hãy đến cơ quan chứng minh để mở tranh chấp.";
    /// The account's contacts or its device changed meanwhile.
    AccountChanged = "account-changed":
        "The account's contacts or its device were changed meanwhile. Look at the account, and ask again if the change is still wanted."
        / "Liên hệ hoặc thiết bị của tài khoản đã thay đổi trong lúc chờ. Hãy xem lại tài khoản và yêu cầu lại nếu vẫn muốn đổi.";
    /// A code was tried too often.
    TooManyWrongCodes = "too-many-wrong-codes":
        "A code was mistyped too often. Ask again, and type the code that the latest message shows."
        / "Mã đã bị nhập sai quá nhiều lần. Hãy yêu cầu lại và nhập đúng mã trong tin nhắn mới nhất.";
    /// No message could be brought to the contact.
    Unreachable = "contact-unreachable":
        "No message reached the contact. Check that the number or address is right and in service, and ask again."
        / "Không gửi được tin nhắn tới liên hệ này. Hãy kiểm tra số hoặc địa chỉ còn hoạt động rồi yêu cầu lại.";
    /// The account was locked or closed.
    AccountUnusable = "account-unusable":
        "The account is locked or closed. Ask for the lock to be lifted first."
        / "Tài khoản đang bị khóa hoặc đã đóng. Trước hết hãy đề nghị mở khóa.";
    /// A request of an earlier release, whose way is closed.
    Superseded = "superseded":
        "It was begun in a way that there is no more. Begin it again."
        / "Yêu cầu được tạo theo cách thức không còn áp dụng. Hãy tạo lại yêu cầu.";
}

impl FailureReason {
    /// Reads a name written by [`FailureReason::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_name_of_its_own_and_says_what_to_do_next_in_both_languages() {
        for reason in FailureReason::ALL {
            assert_eq!(FailureReason::from_name(reason.name()), Some(*reason));
            let cure = reason.cure();
            assert!(cure.en.contains('.') && cure.vi.contains("ãy") && cure.en != cure.vi, "{}", reason.name());
        }
        assert_eq!(FailureReason::from_name("bad-luck"), None);
    }
}
