//! What whoever helps the holder of an account that stands still should do.

use crate::domain::follow_up::Obstacle;
use crate::domain::text::Text;

pub(in crate::grpc) const fn obstacle(obstacle: Obstacle) -> Text {
    match obstacle {
        Obstacle::NoticeWaits => Text::new(
            "The notice has not gone out yet. The operator must look at the carriers.",
            "Thông báo chưa được gửi đi. Người vận hành cần kiểm tra kênh gửi tin.",
        ),
        Obstacle::NoticeFailed => Text::new(
            "No carrier took the notice. The operator must look at it and have it tried again.",
            "Không kênh nào nhận gửi thông báo. Người vận hành cần kiểm tra và cho gửi lại.",
        ),
        Obstacle::NoticeLost => Text::new(
            "The notice did not arrive. Compare the phone number with the form, and reach the holder another way.",
            "Thông báo không đến được. Hãy đối chiếu số điện thoại với tờ khai và liên hệ chủ tài khoản bằng cách khác.",
        ),
        Obstacle::NoticeNotDelivered => Text::new(
            "Nobody knows whether the notice arrived. Reach the holder and tell them to activate the account in the app.",
            "Chưa rõ thông báo đã đến hay chưa. Hãy liên hệ và nhắc chủ tài khoản kích hoạt trên ứng dụng.",
        ),
        Obstacle::CodeNotAsked => Text::new(
            "The holder has the notice and has not begun. Remind them to activate the account in the app.",
            "Chủ tài khoản đã nhận thông báo nhưng chưa thực hiện. Hãy nhắc họ kích hoạt trên ứng dụng.",
        ),
        Obstacle::CodeNotTried => Text::new(
            "A code was sent and none was typed. Ask whether the SMS arrives on the phone of the account.",
            "Mã đã được gửi nhưng chưa được nhập. Hãy hỏi điện thoại của tài khoản có nhận được tin nhắn không.",
        ),
        Obstacle::WrongCodes => Text::new(
            "Wrong codes were typed, and then nothing more. Help the holder to type the code of the latest SMS.",
            "Mã đã bị nhập sai rồi dừng lại. Hãy hướng dẫn chủ tài khoản nhập mã trong tin nhắn mới nhất.",
        ),
        Obstacle::FailedToday => Text::new(
            "No more codes can be tried today. The holder goes on tomorrow.",
            "Hôm nay không thể thử thêm mã. Chủ tài khoản thực hiện tiếp vào ngày mai.",
        ),
        Obstacle::FailedInRow => Text::new(
            "Too many wrong codes in a row. Make sure who calls, then ask for the way to be opened again.",
            "Nhập sai mã liên tiếp quá nhiều lần. Hãy xác minh người gọi rồi đề nghị mở lại việc kích hoạt.",
        ),
        Obstacle::WindowLapsed => Text::new(
            "The days for activation are over. Make sure who calls, then ask for the way to be opened again.",
            "Đã hết thời hạn tự kích hoạt. Hãy xác minh người gọi rồi đề nghị mở lại việc kích hoạt.",
        ),
        Obstacle::NoDevice => Text::new(
            "No device is bound to the account. The holder comes to an office with the passport to have one bound.",
            "Tài khoản chưa gắn thiết bị. Chủ tài khoản mang hộ chiếu đến cơ quan để được gắn thiết bị.",
        ),
    }
}
