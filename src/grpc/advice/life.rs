//! What outcomes about the life of an account mean for the person at the screen, and what to do next.

use crate::app::{Close, Lift, LockedNow, Owned, Stepped, Updated};
use crate::domain::lock::CannotLock;
use crate::domain::order::CannotStep;
use crate::domain::text::Text;

const CLOSED: Text = Text::new(
    "The account was closed for good. Nothing can be done with it; look for the person's other account.",
    "Tài khoản đã bị đóng vĩnh viễn và không thể xử lý thêm. Hãy tìm tài khoản khác của người này.",
);
const BY_ITSELF: Text = Text::new(
    "This ground comes and goes by itself. Record the holder's new documents: when they hold, it goes.",
    "Căn cứ khóa này tự phát sinh và tự hết. Hãy cập nhật giấy tờ mới của chủ tài khoản; khi giấy tờ còn hạn, khóa tự hết.",
);
const OTHER_ROLE: Text = Text::new(
    "Your role may not do this for this ground. The table of grounds says who may; ask one of them.",
    "Vai trò của bạn không được xử lý căn cứ này. Hãy xem bảng căn cứ khóa và nhờ người có thẩm quyền.",
);
const WAITS: Text = Text::new(
    "It waits for the second person. Nothing is done before they approve.",
    "Đề nghị đang chờ người thứ hai phê duyệt. Chưa có thay đổi nào.",
);
const WAITS_ALREADY: Text = Text::new(
    "Such a proposal waits already. Ask somebody else who may approve it to look at it.",
    "Đã có đề nghị như vậy đang chờ. Hãy nhờ người có thẩm quyền khác xem xét.",
);

pub(in crate::grpc) const fn locked(locked: &LockedNow) -> Text {
    match locked {
        LockedNow::Locked(_) => Text::new(
            "The account is locked from now on. The holder is told.",
            "Tài khoản đã bị khóa kể từ bây giờ. Chủ tài khoản sẽ được thông báo.",
        ),
        LockedNow::AlreadyLocked => Text::new(
            "The account is locked on this ground already. Nothing has to be done.",
            "Tài khoản đã bị khóa theo căn cứ này. Không cần làm gì thêm.",
        ),
        LockedNow::Closed => CLOSED,
        LockedNow::Refused(CannotLock::ByOrder) => Text::new(
            "File the authority's order (form TK03); the lock follows from its approval.",
            "Hãy lập yêu cầu của cơ quan có thẩm quyền (mẫu TK03); tài khoản bị khóa khi yêu cầu được phê duyệt.",
        ),
        LockedNow::Refused(CannotLock::NotForRole) => OTHER_ROLE,
        LockedNow::Refused(CannotLock::ByItself | CannotLock::Ended) => BY_ITSELF,
    }
}

pub(in crate::grpc) const fn owned(owned: &Owned) -> Text {
    match owned {
        Owned::Locked => Text::new(
            "Your account is locked. To unlock it, go to an immigration office with your passport.",
            "Tài khoản của bạn đã bị khóa. Để mở khóa, hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh.",
        ),
        Owned::AlreadyLocked => Text::new(
            "Your account was locked already. To unlock it, go to an immigration office with your passport.",
            "Tài khoản của bạn đã bị khóa từ trước. Để mở khóa, hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh.",
        ),
        Owned::Closed => Text::new(
            "The account was closed. If this is wrong, go to an immigration office with the passport.",
            "Tài khoản đã bị đóng. Nếu có nhầm lẫn, hãy mang hộ chiếu đến cơ quan quản lý xuất nhập cảnh.",
        ),
        Owned::NoDevice | Owned::ChallengeUnusable | Owned::WrongSignature => Text::new(
            "The device could not prove itself. Try again, or call the hotline 1900 0368, which can lock the account.",
            "Thiết bị chưa chứng minh được danh tính. Hãy thử lại, hoặc gọi tổng đài 1900 0368 để được khóa tài khoản.",
        ),
    }
}

pub(in crate::grpc) const fn lift(lift: &Lift) -> Text {
    match lift {
        Lift::Proposed(_) => WAITS,
        Lift::AlreadyProposed(_) => WAITS_ALREADY,
        Lift::Refused(CannotLock::Ended) => Text::new(
            "This ground was lifted before. If the account is locked all the same, another one stands: look it up.",
            "Căn cứ khóa này đã được gỡ. Nếu tài khoản vẫn bị khóa thì còn căn cứ khác: hãy tra cứu.",
        ),
        Lift::Refused(CannotLock::ByItself) => BY_ITSELF,
        Lift::Refused(CannotLock::NotForRole | CannotLock::ByOrder) => OTHER_ROLE,
        Lift::NoOrder => Text::new(
            "The lock rests on an order. File the authority's order to unlock; once it is approved, propose this again.",
            "Khóa dựa trên yêu cầu của cơ quan có thẩm quyền. Hãy lập yêu cầu mở khóa; sau khi được duyệt, hãy đề nghị lại.",
        ),
    }
}

pub(in crate::grpc) const fn close(close: &Close) -> Text {
    match close {
        Close::Proposed(_) => WAITS,
        Close::AlreadyProposed(_) => WAITS_ALREADY,
        Close::AlreadyClosed => Text::new(
            "The account was closed before. Nothing has to be done.",
            "Tài khoản đã được đóng trước đó. Không cần làm gì.",
        ),
    }
}

pub(in crate::grpc) const fn updated(updated: &Updated) -> Text {
    match updated {
        Updated::Joined => Text::new(
            "The documents are the account's from now on. A lock because of expiry has gone if they hold.",
            "Giấy tờ đã được cập nhật vào tài khoản. Nếu giấy tờ còn hạn, khóa do hết hạn đã tự hết.",
        ),
        Updated::Referred(_) => Text::new(
            "The documents wait for a supervisor of your office. Keep the holder's contact; nothing has changed yet.",
            "Giấy tờ đang chờ cán bộ phụ trách của đơn vị xem xét. Hãy giữ liên hệ của chủ tài khoản; chưa có thay đổi nào.",
        ),
        Updated::NotAccepted(_) => Text::new(
            "The documents are not accepted. See the findings, and what each asks for.",
            "Giấy tờ chưa được chấp nhận. Hãy xem các phát hiện và cách xử lý.",
        ),
        Updated::Closed => CLOSED,
    }
}

pub(in crate::grpc) const fn stepped(stepped: &Stepped) -> Text {
    match stepped {
        Stepped::Done(_) => Text::new("Done. See the order's state.", "Đã thực hiện. Hãy xem trạng thái của yêu cầu."),
        Stepped::Refused(CannotStep::WrongStep, _) => Text::new(
            "The order is not at this step. See its state: it may have been done before.",
            "Yêu cầu không ở bước này. Hãy xem trạng thái: có thể bước này đã được thực hiện.",
        ),
        Stepped::Refused(CannotStep::OwnForwarding, _) => Text::new(
            "You forwarded this order. Another person must decide it.",
            "Bạn đã chuyển yêu cầu này. Người khác phải quyết định.",
        ),
    }
}
