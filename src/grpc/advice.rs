//! What each outcome means for the person in front of the screen, and what to do next.

pub(super) mod contacts;
pub(super) mod devices;
pub(super) mod follow_up;
pub(super) mod life;
mod staff;

pub(super) use staff::{totp_begun, totp_confirmed};

use crate::app::{Activated, Approved, Asked, CodeSent, Drawn, NotBindable, Proposed, Settled};
use crate::domain::code::Held;
use crate::domain::lock::LockClass;
use crate::domain::outlook::{NextStep, Outlook, StandStill};
use crate::domain::proposal::{CannotSettle, WhyVoid};
use crate::domain::text::Text;
use crate::domain::trust::CannotApprove;

const NOT_MATCHED: Text = Text::new(
    "No account has this identification number and this phone number. Check both and try again.",
    "Không có tài khoản với số định danh và số điện thoại này. Hãy kiểm tra cả hai rồi thử lại.",
);
const LAPSED: Text = Text::new(
    "The time to activate the account yourself is over. Call the hotline 1900 0368, key 4.",
    "Đã hết thời hạn tự kích hoạt tài khoản. Hãy gọi tổng đài 1900 0368, bấm phím 4.",
);
const ACTIVE: Text = Text::new("The account is active. Log in.", "Tài khoản đã được kích hoạt. Hãy đăng nhập.");
const WRONG_CODE: Text =
    Text::new("The code is not right. Check it and try again.", "Mã không đúng. Hãy kiểm tra rồi thử lại.");
const WAIT: Text = Text::new(
    "Too many wrong codes. Try again after the time shown.",
    "Nhập sai mã quá nhiều lần. Hãy thử lại sau thời điểm đã báo.",
);
const ENOUGH_SENT: Text = Text::new(
    "A code was sent already. Look at the phone; another one can be sent after the time shown.",
    "Mã xác nhận đã được gửi. Hãy kiểm tra điện thoại; có thể yêu cầu gửi lại sau thời gian đã báo.",
);
const NO_LIVE_CODE: Text = Text::new(
    "There is no code to check: it has ended or was used up. Ask for a new one.",
    "Không còn mã hiệu lực: mã đã hết hạn hoặc hết lượt thử. Hãy yêu cầu mã mới.",
);
const PASSPORT_DIFFERS: Text = Text::new(
    "This is not the passport of the account, or it could not be read. Check what was entered, or scan the chip again.",
    "Đây không phải hộ chiếu của tài khoản, hoặc chưa đọc được. Hãy kiểm tra thông tin đã nhập hoặc quét lại chip.",
);
const HELD_BACK: Text = Text::new(
    "Too many codes are being asked for. Try again after the time shown.",
    "Đang có quá nhiều yêu cầu gửi mã. Hãy thử lại sau thời điểm đã báo.",
);
const STOPPED: Text = Text::new(
    "Too many wrong codes. Call the hotline 1900 0368, key 4.",
    "Nhập sai mã quá nhiều lần. Hãy gọi tổng đài 1900 0368, bấm phím 4.",
);
const GOES_ON_ALONE: Text = Text::new(
    "The holder can go on alone: see the account's state.",
    "Chủ tài khoản có thể tự thực hiện tiếp: hãy xem trạng thái tài khoản.",
);
const NO_LONGER_WAITS: Text = Text::new(
    "It no longer waits: it was settled, or a day went by. Ask anew if need be.",
    "Yêu cầu không còn chờ: đã được xử lý hoặc đã quá một ngày. Hãy lập yêu cầu mới nếu cần.",
);
const TAKEN: Text = Text::new(
    "This phone number serves another account or request. Use the holder's own number.",
    "Số điện thoại này đang gắn với tài khoản hoặc hồ sơ khác. Hãy dùng số chính chủ.",
);

pub(super) const LOCKED: Text = Text::new(
    "The account is locked or closed. Look up its status: it says what helps.",
    "Tài khoản đang bị khóa hoặc đã đóng. Hãy tra cứu trạng thái để biết cách xử lý.",
);
const CLOSED: Text = Text::new(
    "The account was closed. If this is wrong, go to an immigration office with the passport.",
    "Tài khoản đã bị đóng. Nếu có nhầm lẫn, hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh.",
);

/// What helps against a lock.
const fn locked(class: LockClass) -> Text {
    match class {
        LockClass::Office => Text::new(
            "The account is locked. Go to an immigration office with the passport: only there you can be told more.",
            "Tài khoản đang bị khóa. Hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh để được giải thích.",
        ),
        LockClass::Security => Text::new(
            "The account is locked for your safety. Go to an immigration office with the passport to have it unlocked.",
            "Tài khoản bị khóa để bảo vệ bạn. Hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh để mở khóa.",
        ),
        LockClass::PassportExpired => Text::new(
            "The passport has expired. Show the new one at an immigration office; the account then unlocks by itself.",
            "Hộ chiếu đã hết hạn. Hãy xuất trình hộ chiếu mới tại cơ quan quản lý xuất nhập cảnh; tài khoản sẽ tự mở khóa.",
        ),
        LockClass::ResidenceExpired => Text::new(
            "The residence term has ended. Renew the card and show it at an immigration office; the account then unlocks by itself.",
            "Thời hạn cư trú đã hết. Hãy gia hạn thẻ và xuất trình tại cơ quan quản lý xuất nhập cảnh; tài khoản sẽ tự mở khóa.",
        ),
        LockClass::HolderRequest => Text::new(
            "The account is locked as you asked. Go to an immigration office with the passport to have it unlocked.",
            "Tài khoản đang bị khóa theo yêu cầu của bạn. Hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh để mở khóa.",
        ),
    }
}

pub(super) fn outlook(outlook: &Outlook) -> Text {
    match outlook {
        Outlook::NotMatched => NOT_MATCHED,
        Outlook::Lapsed { .. } => LAPSED,
        Outlook::Active => ACTIVE,
        Outlook::Locked { class } => locked(*class),
        Outlook::Closed => CLOSED,
        Outlook::Awaiting { .. } => match outlook.next_step() {
            NextStep::TypeCode => Text::new(
                "A code was sent to the phone. Enter it before it ends.",
                "Mã xác nhận đã được gửi tới điện thoại. Hãy nhập trước khi hết hạn.",
            ),
            NextStep::Wait => match outlook.stands_still() {
                Some(StandStill::Codes(Held::JustSent | Held::SentToday)) => ENOUGH_SENT,
                _ => WAIT,
            },
            NextStep::CallHotline => STOPPED,
            NextStep::SendCode | NextStep::CheckInput | NextStep::LogIn | NextStep::VisitOffice => Text::new(
                "The account can be activated. Ask for a code.",
                "Tài khoản có thể kích hoạt. Hãy yêu cầu mã xác nhận.",
            ),
        },
    }
}

pub(super) const fn code_sent(sent: &CodeSent) -> Text {
    match sent {
        CodeSent::Sent { .. } => Text::new(
            "A code was sent to the phone. Enter it before it ends.",
            "Mã xác nhận đã được gửi tới điện thoại. Hãy nhập trước khi hết hạn.",
        ),
        CodeSent::KeyUsed => devices::not_bindable(NotBindable::KeyUsed),
        CodeSent::NotMatched => NOT_MATCHED,
        CodeSent::Lapsed => LAPSED,
        CodeSent::Locked => LOCKED,
        CodeSent::AlreadyActive => ACTIVE,
        CodeSent::TooManyFailures { retry_at: Some(_) } => WAIT,
        CodeSent::TooManyFailures { retry_at: None } => STOPPED,
        CodeSent::HeldBack { .. } => HELD_BACK,
        CodeSent::NotYet { .. } => ENOUGH_SENT,
    }
}

pub(super) const fn activated(activated: &Activated) -> Text {
    match activated {
        Activated::Activated { .. } | Activated::AlreadyActive { .. } => ACTIVE,
        Activated::NotBindable(why) => devices::not_bindable(*why),
        Activated::PassportDiffers => PASSPORT_DIFFERS,
        Activated::NotMatched => NOT_MATCHED,
        Activated::Lapsed => LAPSED,
        Activated::Locked => LOCKED,
        Activated::WrongCode { tries_left: 0 } | Activated::NoLiveCode => NO_LIVE_CODE,
        Activated::WrongCode { .. } => WRONG_CODE,
        Activated::NotYet { .. } => WAIT,
        Activated::TooManyFailures => STOPPED,
    }
}

pub(super) const fn slip(answer: &Activated) -> Text {
    match answer {
        Activated::WrongCode { tries_left: 0 } | Activated::NoLiveCode => Text::new(
            "There is no slip to use: a supervisor has not agreed yet, it has ended, or was used. Ask at the office.",
            "Không có phiếu dùng được: chưa được duyệt, đã hết hạn hoặc đã dùng. Hãy hỏi tại cơ quan xuất nhập cảnh.",
        ),
        Activated::WrongCode { .. } => Text::new(
            "The code is not the one on the slip. Check it and try again.",
            "Mã không đúng với phiếu. Hãy kiểm tra rồi thử lại.",
        ),
        other => activated(other),
    }
}

pub(super) const fn drawn(drawn: &Drawn) -> Text {
    match drawn {
        Drawn::Challenge(_) => {
            Text::new("Enter the code of the slip and scan the passport.", "Hãy nhập mã trên phiếu và quét hộ chiếu.")
        }
        Drawn::NotMatched => NOT_MATCHED,
        Drawn::Lapsed => LAPSED,
        Drawn::Locked => LOCKED,
        Drawn::AlreadyActive => ACTIVE,
        Drawn::KeyUsed => devices::not_bindable(NotBindable::KeyUsed),
        Drawn::HeldBack { .. } => HELD_BACK,
    }
}

pub(super) const fn reopening_asked(asked: &Asked) -> Text {
    match asked {
        Asked::Asked(_) | Asked::AlreadyAsked(_) => Text::new(
            "It waits for a second person of the hotline, for a day.",
            "Yêu cầu đang chờ người thứ hai của tổng đài phê duyệt, trong vòng một ngày.",
        ),
        Asked::NotNeeded => GOES_ON_ALONE,
    }
}

/// What became of a second person's word.
pub(super) const fn settled(settled: &Settled) -> Text {
    match settled {
        Settled::Approved(_) => Text::new("Approved, and done.", "Đã phê duyệt và thực hiện."),
        Settled::Declined(_) => Text::new("Dropped. Nothing was changed.", "Đã hủy đề nghị. Không có gì thay đổi."),
        Settled::Refused(CannotSettle::OwnProposal, _) => Text::new(
            "You proposed this yourself. Another person must approve it.",
            "Chính bạn đã lập đề nghị này. Phải có người khác phê duyệt.",
        ),
        Settled::Refused(CannotSettle::NotPending, _) => NO_LONGER_WAITS,
        Settled::Refused(CannotSettle::OtherRole, _) => Text::new(
            "Your role does not approve this. Ask somebody who does; the proposal waits meanwhile.",
            "Vai trò của bạn không được phê duyệt việc này. Hãy nhờ người có thẩm quyền; đề nghị vẫn đang chờ.",
        ),
        Settled::Void(why, _) => void(*why),
    }
}

/// Why a proposal is, or would be, void.
pub(super) const fn void(why: WhyVoid) -> Text {
    match why {
        WhyVoid::Changed => Text::new(
            "It has changed since this was proposed, so nothing is done. Look at it as it is now, and propose anew if need be.",
            "Đối tượng đã thay đổi kể từ khi lập đề nghị nên không thực hiện gì. Hãy xem lại hiện trạng và lập đề nghị mới \
             nếu cần.",
        ),
        WhyVoid::NotNeeded => Text::new(
            "There is nothing left to do: things have come right meanwhile.",
            "Không còn việc gì phải làm: tình trạng đã được giải quyết.",
        ),
    }
}

pub(super) const fn proposed(proposed: &Proposed) -> Text {
    match proposed {
        Proposed::Proposed(_) | Proposed::AlreadyProposed(_) => Text::new(
            "The file waits. Another operator, who has it or its SHA-256 from elsewhere, approves it.",
            "Tệp đang chờ. Người vận hành khác, có tệp hoặc mã SHA-256 từ nguồn riêng, sẽ phê duyệt.",
        ),
        Proposed::AlreadyInForce(_) => Text::new(
            "This very file is in force. Nothing to do.",
            "Chính tệp này đang được áp dụng. Không cần làm gì.",
        ),
        Proposed::NotAccepted(..) => Text::new(
            "The file was not kept. See the problems, and what each asks for.",
            "Tệp không được giữ lại. Hãy xem các vấn đề và cách xử lý từng vấn đề.",
        ),
    }
}

pub(super) const fn approved(approved: &Approved) -> Text {
    match approved {
        Approved::InForce(_) => Text::new(
            "In force here from now on, and in every other process within seconds.",
            "Đã được áp dụng tại đây; các tiến trình khác sẽ áp dụng trong vài giây.",
        ),
        Approved::Refused(_, CannotApprove::OwnProposal) => Text::new(
            "You proposed it. Another operator must approve it.",
            "Bạn là người đề xuất. Người vận hành khác phải phê duyệt.",
        ),
        Approved::Refused(_, CannotApprove::AnotherFile) => Text::new(
            "Your SHA-256 is that of another file. Find out which of the two is genuine before anything else.",
            "Mã SHA-256 của bạn thuộc tệp khác. Trước hết hãy xác minh tệp nào là thật.",
        ),
        Approved::Refused(_, CannotApprove::AlreadyDecided) => {
            Text::new("It no longer waits. See its state.", "Tệp không còn chờ phê duyệt. Hãy xem trạng thái.")
        }
        Approved::NotAccepted(..) => Text::new(
            "It cannot come in force. See the problems; reject it, or mend what they name first.",
            "Tệp không thể được áp dụng. Hãy xem các vấn đề; từ chối tệp hoặc xử lý trước các vấn đề đã nêu.",
        ),
    }
}
