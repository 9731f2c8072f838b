//! What the outcomes of contact changes and disputes mean for the person.

use super::{HELD_BACK, STOPPED, TAKEN, WAIT, WRONG_CODE};
use crate::app::{Begun, Confirmed, Disputed, GivenUp, Resent, Resolved, Stopped};
use crate::domain::contact::ChangeState;
use crate::domain::text::Text;

const ENDED: Text = Text::new(
    "The change has ended. See its state and what helps; ask anew if need be.",
    "Yêu cầu thay đổi đã kết thúc. Hãy xem trạng thái và cách khắc phục; yêu cầu lại nếu cần.",
);
const NO_DEVICE: Text = Text::new(
    "No device is bound to the account. Bind one at a counter, or ask for the change there.",
    "Tài khoản chưa gắn với thiết bị nào. Hãy gắn thiết bị tại quầy hoặc yêu cầu thay đổi tại đó.",
);
const CHALLENGE: Text = Text::new(
    "That took too long. Begin again: the app draws a new challenge.",
    "Thao tác quá lâu. Hãy làm lại: ứng dụng sẽ lấy giá trị thách thức mới.",
);
const SIGNATURE: Text = Text::new(
    "The account's own device did not sign this. Begin again on that device.",
    "Yêu cầu này không do thiết bị của tài khoản ký. Hãy làm lại trên thiết bị đó.",
);

pub(in crate::grpc) const fn begun(begun: &Begun) -> Text {
    match begun {
        Begun::Begun(view) => under_way(view.change.state),
        Begun::Unchanged => Text::new(
            "This is the account's contact already. Nothing to change.",
            "Đây đã là liên hệ của tài khoản. Không có gì để thay đổi.",
        ),
        Begun::Taken(_) => TAKEN,
        Begun::AlreadyPending(_) => Text::new(
            "A change of this kind is open. Finish or cancel it first.",
            "Đang có yêu cầu thay đổi cùng loại. Hãy hoàn tất hoặc hủy yêu cầu đó trước.",
        ),
        Begun::HeldBack { .. } => HELD_BACK,
        Begun::TooManyFailures { retry_at: Some(_) } => WAIT,
        Begun::TooManyFailures { retry_at: None } => STOPPED,
        Begun::NoDevice => NO_DEVICE,
        Begun::ChallengeUnusable => CHALLENGE,
        Begun::WrongSignature => SIGNATURE,
        Begun::NotUsable => Text::new(
            "The account is locked or closed. Ask for the lock to be lifted first.",
            "Tài khoản đang bị khóa hoặc đã đóng. Trước hết hãy đề nghị mở khóa.",
        ),
        Begun::NotMatched => Text::new(
            "No account has this number and this passport. Check both, as they are printed.",
            "Không có tài khoản nào khớp số định danh và hộ chiếu này. Hãy kiểm tra lại cả hai đúng như bản in.",
        ),
    }
}

const fn under_way(state: ChangeState) -> Text {
    match state {
        ChangeState::ProvingOld => Text::new(
            "A code was sent to the present contact. Type it; then one goes to the new contact.",
            "Mã xác nhận đã được gửi tới liên hệ hiện tại. Hãy nhập mã đó; sau đó mã sẽ được gửi tới liên hệ mới.",
        ),
        ChangeState::Waiting { .. } => Text::new(
            "The change waits until the time told; then a code goes to the new contact. The present contacts were told how to stop it.",
            "Yêu cầu chờ đến thời điểm đã báo, sau đó mã được gửi tới liên hệ mới. Các liên hệ hiện tại đã được báo cách dừng.",
        ),
        ChangeState::AwaitingApproval => Text::new(
            "A second person has to approve the change; then a code goes to the new contact.",
            "Cần người thứ hai phê duyệt; sau đó mã được gửi tới liên hệ mới.",
        ),
        ChangeState::AwaitingCode => Text::new(
            "A code was sent to the new contact. The old one stays until the code comes back.",
            "Mã xác nhận đã được gửi tới liên hệ mới. Liên hệ cũ còn hiệu lực đến khi xác nhận.",
        ),
        ChangeState::Done { .. } | ChangeState::Failed { .. } => ENDED,
    }
}

pub(in crate::grpc) const fn confirmed(confirmed: Confirmed) -> Text {
    match confirmed {
        Confirmed::Confirmed => Text::new("The new contact is live.", "Liên hệ mới đã có hiệu lực."),
        Confirmed::OldContactProven => Text::new(
            "A code goes to the new contact now. Type that one next.",
            "Mã xác nhận đang được gửi tới liên hệ mới. Tiếp theo hãy nhập mã đó.",
        ),
        Confirmed::WrongCode { tries_left: 0 } => Text::new(
            "The code was mistyped too often, and the change has failed. Ask for it again.",
            "Mã đã bị nhập sai quá nhiều lần nên yêu cầu không thành công. Hãy yêu cầu lại.",
        ),
        Confirmed::WrongCode { .. } => WRONG_CODE,
        Confirmed::NoLiveCode => Text::new(
            "There is no code to check: it has ended, or has not left yet. Ask for the code again.",
            "Không còn mã hiệu lực: mã đã hết hạn hoặc chưa được gửi. Hãy yêu cầu gửi lại mã.",
        ),
        Confirmed::NotYet { .. } => WAIT,
        Confirmed::Taken => TAKEN,
        Confirmed::NotPending => ENDED,
    }
}

pub(in crate::grpc) const fn resent(resent: Resent) -> Text {
    match resent {
        Resent::Sent { .. } => Text::new("The code is on its way.", "Mã xác nhận đang được gửi."),
        Resent::Waiting { .. } => Text::new(
            "The waiting time is not over. The code leaves by itself at the time told.",
            "Chưa hết thời gian chờ. Mã sẽ tự động được gửi vào thời điểm đã báo.",
        ),
        Resent::HeldBack { retry_at: Some(_) } => HELD_BACK,
        Resent::HeldBack { retry_at: None } => Text::new(
            "A second person has not approved the change yet. The code leaves when they do.",
            "Người thứ hai chưa phê duyệt. Mã sẽ được gửi khi được phê duyệt.",
        ),
        Resent::TooManyFailures { retry_at: Some(_) } => WAIT,
        Resent::TooManyFailures { retry_at: None } => STOPPED,
        Resent::NotPending => ENDED,
    }
}

pub(in crate::grpc) const fn given_up(given_up: GivenUp) -> Text {
    match given_up {
        GivenUp::GivenUp => Text::new(
            "The change is cancelled. The present contact stays.",
            "Đã hủy yêu cầu thay đổi. Liên hệ hiện tại được giữ nguyên.",
        ),
        GivenUp::NotPending => ENDED,
        GivenUp::NoDevice => NO_DEVICE,
        GivenUp::ChallengeUnusable => CHALLENGE,
        GivenUp::WrongSignature => SIGNATURE,
    }
}

pub(in crate::grpc) const fn stopped(stopped: Stopped) -> Text {
    match stopped {
        Stopped::Stopped => Text::new(
            "The change is stopped. The present contacts stay. If you did not ask for it, call 19000368.",
            "Đã dừng yêu cầu thay đổi. Các liên hệ hiện tại được giữ nguyên. Nếu bạn không yêu cầu, hãy gọi 19000368.",
        ),
        Stopped::NotStopped => Text::new(
            "This code stops nothing. Check it against the notice; if the change was done, call 19000368 at once.",
            "Mã này không dừng được yêu cầu nào. Hãy đối chiếu với thông báo; nếu liên hệ đã bị đổi, hãy gọi ngay 19000368.",
        ),
        Stopped::HeldBack { .. } => HELD_BACK,
    }
}

pub(in crate::grpc) const fn disputed(disputed: &Disputed) -> Text {
    match disputed {
        Disputed::Opened(_) => Text::new(
            "The claim is before the administrators. Nothing was changed; tell the claimant to use another number meanwhile.",
            "Khiếu nại đã được chuyển tới quản trị viên. Chưa có gì thay đổi; hãy hướng dẫn người khiếu nại tạm dùng số khác.",
        ),
        Disputed::AlreadyOpen(_) => Text::new(
            "This number is disputed already. An administrator will decide.",
            "Số này đã có tranh chấp. Quản trị viên sẽ quyết định.",
        ),
        Disputed::NotServed => Text::new(
            "This number serves no account. Whoever has it can ask for it.",
            "Số này không phục vụ tài khoản nào. Người đang giữ số có thể đăng ký.",
        ),
        Disputed::UnderWay => Text::new(
            "This number is bound to a request that is not decided, so there is no account to dispute it with. Ask the \
             office of the claimant's request to enter another number, or claim it again when that request is decided.",
            "Số này đang gắn với một hồ sơ chưa được quyết định, nên chưa có tài khoản để khiếu nại. Hãy dùng số khác cho hồ sơ \
             của người khiếu nại, hoặc khiếu nại lại khi hồ sơ kia đã được quyết định.",
        ),
    }
}

pub(in crate::grpc) const fn resolved(resolved: &Resolved) -> Text {
    match resolved {
        Resolved::Resolved(_) => Text::new(
            "The dispute is over. Tell the claimant how it ended.",
            "Tranh chấp đã kết thúc. Hãy báo kết quả cho người khiếu nại.",
        ),
        Resolved::NotOpen(_) => Text::new(
            "The dispute was over before. See how it ended.",
            "Tranh chấp đã kết thúc từ trước. Hãy xem kết quả.",
        ),
        Resolved::StillServes(_) => Text::new(
            "The number serves the account still. Change the account's phone first, in person or for the authority.",
            "Số này vẫn đang phục vụ tài khoản. Trước hết hãy đổi số của tài khoản, trực tiếp tại cơ quan hoặc theo quyết định.",
        ),
    }
}
