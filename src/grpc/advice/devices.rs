//! What outcomes about devices mean for the person in front of the screen, and what to do next.

use super::LOCKED;
use crate::app::{Countersigned, NotBindable, NotReplaced, Proved, Renewed, Replaced, TotpChecked, VerifiedDevice};
use crate::domain::device::ProofPurpose;
use crate::domain::text::Text;

const SIGN_AGAIN: Text = Text::new(
    "The device could not prove itself. Try again; if it goes on, go to an immigration office with the passport.",
    "Thiết bị chưa chứng minh được danh tính. Hãy thử lại; nếu vẫn không được, hãy mang hộ chiếu đến cơ quan xuất nhập cảnh.",
);
const NO_DEVICE: Text = Text::new(
    "The account has no device. Go to an immigration office with the passport to have one bound.",
    "Tài khoản chưa có thiết bị. Hãy mang hộ chiếu đến cơ quan xuất nhập cảnh để gắn thiết bị.",
);
const GO_ON: Text = Text::new("The device is yours. Go on.", "Đây là thiết bị của bạn. Hãy tiếp tục.");

pub(in crate::grpc) const fn verified(verified: VerifiedDevice) -> Text {
    match verified {
        VerifiedDevice::Valid { .. } => GO_ON,
        VerifiedDevice::Revoked => Text::new(
            "This device was removed from the account. Use the account's present device.",
            "Thiết bị này đã bị gỡ khỏi tài khoản. Hãy dùng thiết bị hiện tại của tài khoản.",
        ),
        VerifiedDevice::Expired => Text::new(
            "The certificate of this device has ended. Open the app while you are on line; it renews it.",
            "Chứng thư của thiết bị đã hết hạn. Hãy mở ứng dụng khi có mạng để gia hạn.",
        ),
        VerifiedDevice::Unknown => Text::new(
            "This device is not bound to the account. Bind it first.",
            "Thiết bị này chưa gắn với tài khoản. Hãy gắn thiết bị trước.",
        ),
        VerifiedDevice::ChallengeUnusable | VerifiedDevice::WrongSignature => SIGN_AGAIN,
        VerifiedDevice::Locked => LOCKED,
    }
}

pub(in crate::grpc) const fn totp(checked: TotpChecked) -> Text {
    match checked {
        TotpChecked::Right { .. } => GO_ON,
        TotpChecked::AlreadyUsed { .. } => Text::new(
            "This code was used already. Wait for the next one.",
            "Mã này đã được dùng. Hãy chờ mã tiếp theo.",
        ),
        TotpChecked::Wrong { .. } => Text::new(
            "The code is not right. Check it, and that the device's clock is right.",
            "Mã không đúng. Hãy kiểm tra lại mã và đồng hồ của thiết bị.",
        ),
        TotpChecked::TooManyFailures { retry_at: Some(_) } => Text::new(
            "Too many wrong codes. Try again after the time shown.",
            "Nhập sai mã quá nhiều lần. Hãy thử lại sau thời điểm đã báo.",
        ),
        TotpChecked::TooManyFailures { retry_at: None } => Text::new(
            "Too many wrong codes. Go to an immigration office with the passport to have a device bound anew.",
            "Nhập sai mã quá nhiều lần. Hãy mang hộ chiếu đến cơ quan xuất nhập cảnh để gắn lại thiết bị.",
        ),
        TotpChecked::NoDevice => NO_DEVICE,
        TotpChecked::Locked => LOCKED,
    }
}

pub(in crate::grpc) const fn not_bindable(why: NotBindable) -> Text {
    match why {
        NotBindable::ChallengeUnusable | NotBindable::WrongSignature | NotBindable::KeyUsed => SIGN_AGAIN,
        NotBindable::FaceCheckNotAccepted => Text::new(
            "The face check does not count. Do it again on this device.",
            "Kết quả đối chiếu khuôn mặt không được chấp nhận. Hãy thực hiện lại trên thiết bị này.",
        ),
    }
}

pub(in crate::grpc) const fn replaced(replaced: &Replaced) -> Text {
    let why = match replaced {
        Replaced::Bound(_) => {
            return Text::new(
                "This is the account's device from now on; the one before is removed.",
                "Từ nay đây là thiết bị của tài khoản; thiết bị trước đã bị gỡ.",
            );
        }
        Replaced::Not(why) => why,
    };
    match why {
        NotReplaced::NotActive => Text::new(
            "The account is not active yet. Activate it; that binds the device.",
            "Tài khoản chưa được kích hoạt. Hãy kích hoạt; thiết bị sẽ được gắn khi đó.",
        ),
        NotReplaced::Locked => LOCKED,
        NotReplaced::NotBindable(why) => not_bindable(*why),
        NotReplaced::NoConsent => Text::new(
            "The old device did not agree. Confirm on it, or go to an immigration office with the passport.",
            "Thiết bị cũ chưa đồng ý. Hãy xác nhận trên thiết bị cũ, hoặc mang hộ chiếu đến cơ quan xuất nhập cảnh.",
        ),
        NotReplaced::WrongCode { .. } => Text::new(
            "The code from the counter is not right. Check it and try again.",
            "Mã nhận tại quầy không đúng. Hãy kiểm tra rồi thử lại.",
        ),
        NotReplaced::NoLiveCode => Text::new(
            "There is no code from a counter to check. Ask the officer whether it was agreed to, or for a new one.",
            "Không có mã tại quầy còn hiệu lực. Hãy hỏi cán bộ xem mã đã được duyệt chưa, hoặc xin mã mới.",
        ),
    }
}

pub(in crate::grpc) const fn renewed(renewed: &Renewed) -> Text {
    match renewed {
        Renewed::Renewed(_) => {
            Text::new("The device's certificate was renewed.", "Chứng thư của thiết bị đã được gia hạn.")
        }
        Renewed::TooEarly { .. } => Text::new(
            "The device's certificate is still good. Nothing has to be done.",
            "Chứng thư của thiết bị vẫn còn hiệu lực. Không cần làm gì.",
        ),
        Renewed::NoDevice => NO_DEVICE,
        Renewed::Locked => LOCKED,
        Renewed::ChallengeUnusable | Renewed::WrongSignature => SIGN_AGAIN,
    }
}

pub(in crate::grpc) const fn proved(proved: &Proved) -> Text {
    match proved {
        Proved::Recorded { purpose: ProofPurpose::Activation, .. } => Text::new(
            "Print the slip and have a supervisor agree. The holder activates the account with it and the passport.",
            "Hãy in phiếu và đề nghị cán bộ phụ trách duyệt. Chủ tài khoản kích hoạt bằng phiếu cùng hộ chiếu.",
        ),
        Proved::Recorded { purpose: ProofPurpose::Replacement, .. } => Text::new(
            "Have a supervisor agree, then let the holder type the code into the new device within ten minutes.",
            "Hãy đề nghị cán bộ phụ trách duyệt, rồi để chủ tài khoản nhập mã vào thiết bị mới trong vòng mười phút.",
        ),
        Proved::NotMatched => Text::new(
            "No account has this identification number and this passport. Check both.",
            "Không có tài khoản với số định danh và hộ chiếu này. Hãy kiểm tra cả hai.",
        ),
        Proved::Locked => LOCKED,
        Proved::Lapsed => Text::new(
            "The days for activation are over. The holder calls the hotline, 1900 0368, key 4, which opens them again.",
            "Đã hết thời hạn kích hoạt. Chủ tài khoản gọi tổng đài 1900 0368, phím 4 để được mở lại.",
        ),
    }
}

pub(in crate::grpc) const fn countersigned(agreed: Countersigned) -> Text {
    match agreed {
        Countersigned::Agreed { .. } => Text::new(
            "The holder can type the code into the new device now.",
            "Chủ tài khoản có thể nhập mã vào thiết bị mới ngay bây giờ.",
        ),
        Countersigned::Ended => Text::new(
            "The record has ended. The officer records anew that the holder is there.",
            "Bản ghi đã hết hiệu lực. Cán bộ cần ghi nhận lại việc chủ tài khoản có mặt.",
        ),
    }
}
