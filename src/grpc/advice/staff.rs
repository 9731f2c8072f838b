//! What the outcomes of enrolling an authenticator mean for the person.

use crate::app::{TotpBegun, TotpConfirmed};
use crate::domain::text::Text;

/// Of the beginning.
pub(in crate::grpc) fn totp_begun(begun: &TotpBegun) -> Text {
    match begun {
        TotpBegun::Begun(_) => Text::new(
            "Scan it with your authenticator now: it is not shown again. Then confirm with the code that it shows.",
            "Hãy quét ngay bằng ứng dụng xác thực: mã sẽ không hiển thị lại. Sau đó xác nhận bằng mã trên ứng dụng.",
        ),
        TotpBegun::AlreadyEnrolled => Text::new(
            "You have an authenticator. If it is lost, use a recovery code, and ask whoever manages your entry to reset it.",
            "Bạn đã có ứng dụng xác thực. Nếu bị mất, hãy dùng mã khôi phục và đề nghị người quản lý đặt lại.",
        ),
    }
}

/// Of the confirmation.
pub(in crate::grpc) fn totp_confirmed(confirmed: &TotpConfirmed) -> Text {
    match confirmed {
        TotpConfirmed::Enrolled(_) => Text::new(
            "Write the recovery codes down and keep them apart from your telephone: they are not shown again.",
            "Hãy ghi lại các mã khôi phục và cất riêng với điện thoại: mã sẽ không hiển thị lại.",
        ),
        TotpConfirmed::Wrong => Text::new(
            "The code is not right. Look at the clock of your telephone, and type the code that is shown now.",
            "Mã không đúng. Hãy kiểm tra giờ trên điện thoại và nhập mã đang hiển thị.",
        ),
        TotpConfirmed::NotBegun => Text::new(
            "No enrolment waits for a code. Begin one, scan it, and confirm with its code.",
            "Chưa có đăng ký nào chờ xác nhận. Hãy bắt đầu đăng ký, quét mã rồi xác nhận.",
        ),
        TotpConfirmed::AlreadyEnrolled => Text::new(
            "Your authenticator is enrolled already. If you have no recovery codes, ask whoever manages your entry to reset it.",
            "Ứng dụng xác thực của bạn đã được đăng ký. Nếu không có mã khôi phục, hãy đề nghị người quản lý đặt lại.",
        ),
    }
}
