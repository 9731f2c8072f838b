//! Errors as callers see them. This file alone names gRPC codes.
//!
//! Each refusal has a stable reason; `docs/errors.md` says what the office, the app team and the operator should do about
//! it. Causes go to the log, whole chain, never to the caller.

use std::time::Duration;

use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use crate::app::{Error, Missing};
use crate::domain::enrolment::{CannotDecide, CannotWithdraw};
use crate::domain::review::CannotReview;
use crate::domain::staff::{MayNot, NotStepped};
use crate::domain::text::{Malformed, Text};
use crate::domain::working_list::CannotResume;
use crate::proto as pb;

/// The domain of reasons.
const DOMAIN: &str = "eid.issuance.v1";
const NO_PART: Malformed = Malformed::new(
    "Required: every message of the stream holds one part.",
    "Bắt buộc: mỗi thông điệp của luồng chứa một phần.",
);
/// How long a caller should wait when part of the service is away.
const RETRY_SOON: Duration = Duration::from_secs(1);
/// How long a caller should wait while the service does what it can: some hundred calls are through by then.
const RETRY_OVERLOADED: Duration = Duration::from_millis(500);
/// How long a caller should wait for a place that others have.
const RETRY_LATER: Duration = Duration::from_secs(30);

/// A stable reason, and what it says.
#[derive(Debug)]
pub struct Reason {
    /// Stable name.
    pub name: &'static str,
    /// gRPC code.
    code: Code,
    /// What it says.
    pub text: Text,
}

macro_rules! reasons {
    ($($name:ident: $code:ident, $en:literal / $vi:literal;)*) => {
        $(
            #[doc = $en]
            static $name: Reason =
                Reason { name: stringify!($name), code: Code::$code, text: Text::new($en, $vi) };
        )*

        /// Every reason.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    INVALID_FIELDS: InvalidArgument,
        "Some fields cannot be read; each is named with its cure."
        / "Một số trường không đọc được; từng trường và cách sửa được nêu kèm.";
    ENROLMENT_NOT_FOUND: NotFound,
        "No such request at this office."
        / "Không có hồ sơ này tại đơn vị.";
    ACCOUNT_NOT_FOUND: NotFound,
        "No such account."
        / "Không có tài khoản này.";
    CONTACT_CHANGE_NOT_FOUND: NotFound,
        "No such contact change."
        / "Không có yêu cầu thay đổi liên hệ này.";
    LOCK_NOT_FOUND: NotFound,
        "No such ground locks or locked an account."
        / "Không có căn cứ khóa tài khoản này.";
    ORDER_NOT_FOUND: NotFound,
        "No such order of an authority."
        / "Không có yêu cầu này của cơ quan có thẩm quyền.";
    PROPOSAL_NOT_FOUND: NotFound,
        "No such proposal, or not one of yours to settle."
        / "Không có đề nghị này, hoặc đề nghị không thuộc thẩm quyền của bạn.";
    DEVICE_NOT_FOUND: NotFound,
        "The account has no such device."
        / "Tài khoản không có thiết bị này.";
    PROOF_NOT_FOUND: NotFound,
        "No such record at this office, or a newer one took its place."
        / "Không có bản ghi này tại đơn vị, hoặc đã có bản ghi mới hơn.";
    DISPUTE_NOT_FOUND: NotFound,
        "No such dispute."
        / "Không có tranh chấp này.";
    TRUST_MATERIAL_NOT_FOUND: NotFound,
        "No such trust material."
        / "Không có tệp tin cậy này.";
    OFFICE_NOT_FOUND: NotFound,
        "No such office, or none whose requests are your office's."
        / "Không có đơn vị này, hoặc hồ sơ của đơn vị này không thuộc đơn vị của bạn.";
    NO_OFFICE_TODAY: PermissionDenied,
        "The office of your entry in the staff directory does not exist today, and no other has taken its place."
        / "Đơn vị ghi trong danh bạ cán bộ của bạn hiện không tồn tại và chưa có đơn vị nào thay thế.";
    REGISTRY_NOT_SERVED: FailedPrecondition,
        "This service keeps no immigration records."
        / "Dịch vụ này không lưu hồ sơ xuất nhập cảnh.";
    REQUEST_ID_REUSED: AlreadyExists,
        "This request_id was used for another content. Draw a new one for each request; repeat one only unchanged."
        / "request_id này đã dùng cho nội dung khác. Mỗi yêu cầu cần một mã mới; chỉ gửi lại khi nội dung không đổi.";
    IDENTITY_NUMBER_TAKEN: AlreadyExists,
        "This identification number belongs to another account, living or dead."
        / "Số định danh này đã thuộc tài khoản khác, còn hiệu lực hoặc đã đóng.";
    LEASE_LOST: FailedPrecondition,
        "The lease is no longer this request's: it lapsed and the request was claimed again. Claim it anew."
        / "Quyền xử lý hồ sơ này không còn: đã hết hạn và hồ sơ đã được nhận lại. Hãy nhận lại hồ sơ.";
    ALREADY_DECIDED: FailedPrecondition,
        "The request was decided already."
        / "Hồ sơ đã có quyết định.";
    RETURNED: FailedPrecondition,
        "The request was returned for correction. It comes again when the office has corrected it."
        / "Hồ sơ đã được trả lại để sửa. Hồ sơ sẽ được chuyển lại khi đơn vị đã sửa.";
    WITHDRAWN: FailedPrecondition,
        "The request was withdrawn by its office."
        / "Hồ sơ đã được đơn vị tiếp nhận rút lại.";
    NOT_RETURNED: FailedPrecondition,
        "The request does not wait for a correction. Look at its state; one that has ended is handed in anew."
        / "Hồ sơ này không ở trạng thái chờ sửa. Hãy xem trạng thái; hồ sơ đã kết thúc thì nộp mới.";
    ALREADY_ENDED: FailedPrecondition,
        "The request has ended and cannot be withdrawn."
        / "Hồ sơ đã kết thúc nên không thể rút.";
    HELD_BY_AUTHORITY: FailedPrecondition,
        "The authority holds the request and may be deciding. Try again after the time told."
        / "Cơ quan định danh đang xử lý hồ sơ. Hãy thử lại sau thời điểm đã báo.";
    NOT_REFERRED: FailedPrecondition,
        "The request does not wait for a review."
        / "Hồ sơ này không ở trạng thái chờ xem xét.";
    RULES_DIFFER: FailedPrecondition,
        "The rules named are not those that referred the request. Look at it again and name each of them."
        / "Các quy tắc nêu ra không đúng với các quy tắc đã chuyển hồ sơ. Hãy xem lại và nêu đủ từng quy tắc.";
    CANDIDATES_DIFFER: FailedPrecondition,
        "A likely duplicate is not among those named. Compare the candidates again and name each that is another person."
        / "Có hồ sơ nghi trùng chưa được nêu. Hãy so sánh lại và nêu đủ từng hồ sơ là của người khác.";
    NO_DUPLICATE: FailedPrecondition,
        "The request was not referred as a likely duplicate. Decline it without same_person, or override it."
        / "Hồ sơ này không bị chuyển vì nghi trùng. Hãy từ chối mà không chọn same_person, hoặc cho qua.";
    PROPOSAL_WAITS: FailedPrecondition,
        "Another proposal about this waits. Look at it with ListProposals; approve or drop it first."
        / "Đang có đề nghị khác về đối tượng này. Hãy xem bằng ListProposals; phê duyệt hoặc hủy đề nghị đó trước.";
    SEARCH_NOT_ALLOWED: PermissionDenied,
        "Your role does not look for people by this. docs/finding.md says by what it does; ask somebody who may."
        / "Vai trò của bạn không được tra cứu theo thông tin này. Xem docs/finding.md; hãy nhờ người có thẩm quyền.";
    OWN_REQUEST: PermissionDenied,
        "Nobody reviews a request of their own; another supervisor has to."
        / "Không ai tự xem xét hồ sơ do mình tiếp nhận; cần một cán bộ phụ trách khác.";
    WRONG_STATE: FailedPrecondition,
        "The contact change has ended. Look at its state and at what helps; ask anew if need be."
        / "Yêu cầu thay đổi liên hệ đã kết thúc. Hãy xem trạng thái và cách khắc phục; yêu cầu lại nếu cần.";
    TRUST_MATERIAL_DECIDED: FailedPrecondition,
        "The trust material was put in force and cannot be rejected. A newer file of its publisher takes its place."
        / "Tệp tin cậy đã được áp dụng nên không thể từ chối. Tệp mới hơn của cùng nơi phát hành sẽ thay thế.";
    CALENDAR_LACKS_YEAR: FailedPrecondition,
        "The calendar of working days does not hold the year {year}, so no deadline can be counted. The operator imports one that does (eid calendar import); send the request again then, with the same request_id."
        / "Lịch ngày làm việc chưa có năm {year} nên không tính được thời hạn. Người vận hành cần nạp lịch có năm này (eid calendar import); sau đó hãy gửi lại với cùng request_id.";
    RESUME_TOKEN_NOT_IN_HISTORY: FailedPrecondition,
        "This resume token is ahead of what the service holds, or of another history: it was restored from a backup. Watch without a token, and load anew what you keep: the list of requests, or where accounts stand."
        / "Mã tiếp tục này vượt quá hoặc không thuộc dữ liệu hiện có: hệ thống đã được khôi phục từ bản sao lưu. Hãy theo dõi lại không kèm mã và tải lại dữ liệu đang giữ: danh sách hồ sơ, hoặc trạng thái tài khoản.";
    OFFICE_CHANGED: FailedPrecondition,
        "The records of offices were amended: your office now has requests that were not told of. Watch without a token, and list the requests anew."
        / "Danh mục đơn vị đã được điều chỉnh: đơn vị của bạn có thêm hồ sơ chưa được báo. Hãy theo dõi lại không kèm mã và tải lại danh sách hồ sơ.";
    TOO_MANY_WATCHERS: ResourceExhausted,
        "You watch by as many calls as you may, or the service has no place for more. End a call, or try again after the time told."
        / "Bạn đã mở đủ số kênh theo dõi cho phép, hoặc dịch vụ không còn chỗ. Hãy đóng bớt một kênh, hoặc thử lại sau thời gian đã báo.";
    WATCH_AGAIN: Unavailable,
        "This call ends here and nothing is lost. Call again with the last resume_token."
        / "Kênh theo dõi này kết thúc tại đây, không mất dữ liệu nào. Hãy gọi lại với resume_token cuối cùng.";
    WORKSTATION_ELSEWHERE: PermissionDenied,
        "Another office uses this workstation's name. Give each workstation a name of its own; one that was taken by a slip, the operator gives free."
        / "Đơn vị khác đang dùng tên máy trạm này. Hãy đặt cho mỗi máy trạm một tên riêng; nếu đơn vị kia dùng nhầm tên, người vận hành có thể giải phóng tên đó.";
    CONTENDED: Aborted,
        "Others are changing the same record. Try again."
        / "Bản ghi đang được người khác thay đổi. Hãy thử lại.";
    NOT_A_MESSAGE: InvalidArgument,
        "The message cannot be decoded. Build it from the protocol of this version, uncompressed or with an encoding offered."
        / "Không giải mã được thông điệp. Hãy tạo thông điệp theo đúng giao thức của phiên bản này.";
    MESSAGE_TOO_LARGE: OutOfRange,
        "The message is larger than this service takes. Send less at once."
        / "Thông điệp lớn hơn mức cho phép. Hãy gửi ít hơn mỗi lần.";
    CERTIFICATE_UNKNOWN: Unauthenticated,
        "This certificate is not in the staff directory, is disabled, or a newer one took its place. Show the newer one, or ask whoever manages your entry."
        / "Chứng thư này không có trong danh bạ cán bộ, đã bị khóa hoặc đã được thay bằng chứng thư mới hơn. Hãy dùng chứng thư mới, hoặc liên hệ người quản lý tài khoản cán bộ của bạn.";
    CERTIFICATE_REVOKED: Unauthenticated,
        "This certificate was revoked by whoever issued it. Get another one, and have it entered in the staff directory."
        / "Chứng thư này đã bị cơ quan cấp thu hồi. Hãy xin chứng thư khác và yêu cầu ghi vào danh bạ cán bộ.";
    STAFF_IDLE: PermissionDenied,
        "Your entry in the staff directory made no call for too many days and rests. Ask whoever manages it to enable it again."
        / "Tài khoản cán bộ của bạn đã quá số ngày cho phép không hoạt động nên bị tạm ngừng. Hãy đề nghị người quản lý mở lại.";
    RIGHTS_CHANGED: PermissionDenied,
        "Your role or office in the staff directory was changed while this stream was open. Call again: what you may do now applies."
        / "Vai trò hoặc đơn vị của bạn trong danh bạ cán bộ đã thay đổi khi luồng đang mở. Hãy gọi lại: quyền hiện tại sẽ được áp dụng.";
    STEP_UP_REQUIRED: Unauthenticated,
        "This call needs a code of the moment. Send it again with the six digits of your authenticator in the metadata eid-totp."
        / "Lệnh này cần mã xác thực tức thời. Hãy gửi lại kèm sáu chữ số của ứng dụng xác thực trong metadata eid-totp.";
    STEP_UP_NOT_ENROLLED: FailedPrecondition,
        "This call needs a code of an authenticator, and you have enrolled none. Enrol one (StepUpService.BeginTotpEnrolment), then call again."
        / "Lệnh này cần mã của ứng dụng xác thực nhưng bạn chưa đăng ký. Hãy đăng ký (StepUpService.BeginTotpEnrolment) rồi gọi lại.";
    STEP_UP_WRONG: Unauthenticated,
        "The code is wrong. Look at the clock of your telephone and type the code that the authenticator shows now, or a recovery code."
        / "Mã không đúng. Hãy kiểm tra giờ trên điện thoại và nhập mã đang hiển thị, hoặc dùng một mã khôi phục.";
    STEP_UP_USED: Unauthenticated,
        "The code was used already; each counts once. Wait for the next one, then call again."
        / "Mã này đã được dùng; mỗi mã chỉ có giá trị một lần. Hãy chờ mã tiếp theo rồi gọi lại.";
    STEP_UP_WAIT: ResourceExhausted,
        "Too many codes were wrong. Wait as long as told, then call again with a new code."
        / "Nhập sai mã quá nhiều lần. Hãy chờ đúng thời gian đã báo rồi gọi lại với mã mới.";
    STEP_UP_STOPPED: FailedPrecondition,
        "So many codes were wrong in a row that no more are taken. Whoever manages your entry has to reset your authenticator; then enrol again."
        / "Nhập sai mã liên tiếp quá nhiều lần nên không nhận thêm. Người quản lý phải đặt lại ứng dụng xác thực của bạn; sau đó hãy đăng ký lại.";
    STAFF_NOT_FOUND: NotFound,
        "No such entry in the staff directory, or not one that you manage."
        / "Không có tài khoản cán bộ này, hoặc bạn không quản lý tài khoản này.";
    STAFF_NOT_YOURS: PermissionDenied,
        "Another person manages this entry: the supervisor of its office, or an administrator."
        / "Tài khoản cán bộ này do người khác quản lý: cán bộ phụ trách của đơn vị, hoặc quản trị viên.";
    STAFF_ONESELF: PermissionDenied,
        "Nobody manages their own entry. Ask another person who manages it."
        / "Không ai tự quản lý tài khoản cán bộ của mình. Hãy nhờ người quản lý khác.";
    STAFF_CHANGED: FailedPrecondition,
        "The entry was changed since you looked at it. Look again, and decide anew."
        / "Tài khoản cán bộ đã thay đổi kể từ khi bạn xem. Hãy xem lại rồi quyết định.";
    LAST_ADMINISTRATOR: FailedPrecondition,
        "This is the last administrator who may call. Register or enable another one first."
        / "Đây là quản trị viên cuối cùng còn hoạt động. Hãy đăng ký hoặc mở lại một quản trị viên khác trước.";
    STAFF_CERTIFICATE_TAKEN: AlreadyExists,
        "This certificate is in the staff directory already. Look for the entry that has it, or have another certificate issued."
        / "Chứng thư này đã có trong danh bạ cán bộ. Hãy tìm tài khoản đang dùng chứng thư, hoặc xin cấp chứng thư khác.";
    ROLE_NOT_ALLOWED: PermissionDenied,
        "Callers in this role may not call this method."
        / "Vai trò này không được gọi phương thức này.";
    TOO_MANY_CALLS: ResourceExhausted,
        "Too many calls. Wait as long as told, then go on."
        / "Gọi quá nhiều lần. Hãy chờ đúng thời gian đã báo rồi tiếp tục.";
    OVERLOADED: Unavailable,
        "The service is doing as much as it can. The call was not begun; wait as long as told, then send it again."
        / "Dịch vụ đang quá tải. Lệnh gọi chưa được thực hiện; hãy chờ đúng thời gian đã báo rồi gửi lại.";
    TOO_SLOW: DeadlineExceeded,
        "The call took longer than it may. If it changes something, repeat it with the same request_id."
        / "Lệnh gọi quá thời hạn. Nếu là lệnh thay đổi, hãy gửi lại với cùng request_id.";
    STREAM_IDLE: DeadlineExceeded,
        "The stream was silent for too long. Open another one when there is something to send."
        / "Luồng im lặng quá lâu. Hãy mở luồng mới khi có dữ liệu cần gửi.";
    STREAM_OVER: ResourceExhausted,
        "The stream has brought as much as one may, or lived as long. Open another one and send what was not answered."
        / "Luồng đã đạt giới hạn về dung lượng hoặc thời gian. Hãy mở luồng mới và gửi tiếp phần chưa được trả lời.";
    STOPPING: Unavailable,
        "This server is being stopped. Open another stream and send what was not answered."
        / "Máy chủ này đang dừng. Hãy mở luồng mới và gửi tiếp phần chưa được trả lời.";
    NO_SUCH_METHOD: Unimplemented,
        "There is no such method."
        / "Không có phương thức này.";
    UNAVAILABLE: Unavailable,
        "The service cannot reach its database. Try again; if the call changes something, with the same request_id."
        / "Dịch vụ không kết nối được cơ sở dữ liệu. Hãy thử lại; nếu là lệnh thay đổi, dùng lại cùng request_id.";
    ARCHIVE_UNAVAILABLE: Unavailable,
        "The service cannot reach the archive of captures. Nothing was stored; try again with the same request_id."
        / "Dịch vụ không kết nối được kho dữ liệu sinh trắc. Chưa lưu gì; hãy thử lại với cùng request_id.";
    BROKEN: Internal,
        "Something is broken on our side; the operator has been told."
        / "Có lỗi phía hệ thống; người vận hành đã được báo.";
}

impl Reason {
    fn status(&self) -> Status {
        self.with(ErrorDetails::new())
    }

    fn with(&self, mut details: ErrorDetails) -> Status {
        details.set_error_info(self.name, DOMAIN, []);
        details.set_localized_message("vi", self.text.vi);
        Status::with_error_details(self.code, self.text.en, details)
    }

    /// With a year in the place that the text has for it, and beside the reason.
    fn of_year(&self, year: i32) -> Status {
        let (mut details, year) = (ErrorDetails::new(), year.to_string());
        let said = |text: &str| text.replace("{year}", &year);
        details.set_error_info(self.name, DOMAIN, [("year".to_owned(), year.clone())]);
        details.set_localized_message("vi", said(self.text.vi));
        Status::with_error_details(self.code, said(self.text.en), details)
    }

    fn retry(&self, after: Duration) -> Status {
        self.with(ErrorDetails::with_retry_info(Some(after)))
    }

    /// Name of the code, as documents write it.
    pub fn code_name(&self) -> &'static str {
        name_of(self.code)
    }
}

/// Name of a code, as documents and metrics write it.
pub(super) const fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Bytes that the named fields take in an answer. Its headers carry them: clients of gRPC take 8 KiB of those, and base64
/// makes of three bytes four.
const VIOLATIONS_BYTES_MAX: usize = 4 << 10;

/// Fields that cannot be read, as many at once as every client takes, each in both languages.
pub(super) fn invalid(faults: Vec<(String, Malformed)>) -> Status {
    let violation =
        |(field, fault): (String, Malformed)| FieldViolation::new(field, format!("{} / {}", fault.en(), fault.vi()));
    let mut left = VIOLATIONS_BYTES_MAX;
    let fits = |violation: &FieldViolation| {
        // Tags and lengths of a message and its two texts.
        let rest = left.checked_sub(violation.field.len() + violation.description.len() + 9);
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let violations: Vec<_> = faults.into_iter().map(violation).take_while(fits).collect();
    INVALID_FIELDS.with(ErrorDetails::with_bad_request(violations))
}

/// No certificate that the directory knows.
pub(super) fn unknown_certificate() -> Status {
    CERTIFICATE_UNKNOWN.status()
}

/// A certificate that its issuer took back.
pub(super) fn revoked() -> Status {
    CERTIFICATE_REVOKED.status()
}

/// A privileged call that goes no further.
pub(super) fn not_stepped(why: NotStepped) -> Status {
    match why {
        NotStepped::Missing => STEP_UP_REQUIRED.status(),
        NotStepped::NotEnrolled => STEP_UP_NOT_ENROLLED.status(),
        NotStepped::Wrong => STEP_UP_WRONG.status(),
        NotStepped::Used { wait } => STEP_UP_USED.retry(wait),
        NotStepped::Wait { wait } => STEP_UP_WAIT.retry(wait),
        NotStepped::Stopped => STEP_UP_STOPPED.status(),
    }
}

/// A role that may not.
pub(super) fn role_not_allowed() -> Status {
    ROLE_NOT_ALLOWED.status()
}

/// An officer whose office has ended.
pub(super) fn no_office_today() -> Status {
    NO_OFFICE_TODAY.status()
}

/// A method that is not there.
pub(super) fn no_such_method() -> Status {
    NO_SUCH_METHOD.status()
}

/// Called too often.
pub(super) fn too_many_calls(wait: Duration) -> Status {
    TOO_MANY_CALLS.retry(wait)
}

/// More calls under way than the service does at once.
pub(super) fn overloaded() -> Status {
    OVERLOADED.retry(RETRY_OVERLOADED)
}

/// Took too long.
pub(super) fn too_slow() -> Status {
    TOO_SLOW.retry(RETRY_SOON)
}

/// A panic, which has been logged.
pub(super) fn broken() -> Status {
    BROKEN.status()
}

/// A stream whose client was silent for too long.
pub(super) fn stream_idle() -> Status {
    STREAM_IDLE.status()
}

/// A stream that has brought or lived as much as one may.
pub(super) fn stream_over() -> Status {
    STREAM_OVER.retry(RETRY_SOON)
}

/// A stream that ends because the server does.
pub(super) fn stopping() -> Status {
    STOPPING.retry(RETRY_SOON)
}

/// A message of a stream that holds nothing.
pub(super) fn no_part() -> Status {
    invalid(vec![("part".to_owned(), NO_PART)])
}

/// What the layer below said of the next message of a stream, with our reason.
pub(super) fn of_transport(status: Status) -> Status {
    match status.code() {
        Code::OutOfRange => MESSAGE_TOO_LARGE.status(),
        Code::Internal | Code::InvalidArgument => NOT_A_MESSAGE.status(),
        _ => status,
    }
}

/// Whether an error says that the service is unable now: not the item's fault, and the next one would fare alike.
pub(super) fn ends_a_stream(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::Aborted
            | Code::DeadlineExceeded
            | Code::FailedPrecondition
            | Code::ResourceExhausted
            | Code::Cancelled
    )
}

/// The reason, if the same request would be refused again however often it came.
pub(super) fn refused_for_good(status: &Status) -> Option<String> {
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    // A correction that came too late: the request waits for none any more, or is not this office's.
    let too_late = [NOT_RETURNED.name, ENROLMENT_NOT_FOUND.name].contains(&reason.as_str());
    let for_good = too_late || matches!(status.code(), Code::InvalidArgument | Code::AlreadyExists);
    for_good.then_some(reason)
}

/// An error as the answer to one item of a stream.
pub(super) fn item_error(status: &Status) -> pb::ItemError {
    let details = status.get_error_details();
    let vi = details.localized_message().map(|text| text.message.clone()).unwrap_or_default();
    let faults = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    let fault =
        |fault: &FieldViolation| pb::ItemFault { field: fault.field.clone(), description: fault.description.clone() };
    pb::ItemError {
        code: status.code().into(),
        reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
        message: Some(pb::Text { en: status.message().to_owned(), vi }),
        faults: faults.iter().map(fault).collect(),
    }
}

/// A refusal by the layer below the handlers, which gives no reason, with ours.
pub(super) fn explained(response: http::Response<Body>) -> http::Response<Body> {
    let explained = response.headers().contains_key("grpc-status-details-bin");
    match code_of(&response) {
        Code::OutOfRange if !explained => MESSAGE_TOO_LARGE.status().into_http(),
        Code::Internal if !explained => NOT_A_MESSAGE.status().into_http(),
        _ => response,
    }
}

/// Whether a response is no refusal.
pub(super) fn went_well<B>(response: &http::Response<B>) -> bool {
    code_of(response) == Code::Ok
}

/// The code of a response, for the log: `0` unless the headers say otherwise.
pub(super) fn code_of<B>(response: &http::Response<B>) -> Code {
    Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code())
}

/// Whether an answer with this code says that something is broken, away or too slow on our side.
pub(super) const fn is_our_fault(code: Code) -> bool {
    matches!(code, Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::Unavailable | Code::DataLoss)
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotFound(Missing::Enrolment) => ENROLMENT_NOT_FOUND.status(),
            Error::NotFound(Missing::Account) => ACCOUNT_NOT_FOUND.status(),
            Error::NotFound(Missing::ContactChange) => CONTACT_CHANGE_NOT_FOUND.status(),
            Error::NotFound(Missing::Lock) => LOCK_NOT_FOUND.status(),
            Error::NotFound(Missing::Order) => ORDER_NOT_FOUND.status(),
            Error::NotFound(Missing::Proposal) => PROPOSAL_NOT_FOUND.status(),
            Error::NotFound(Missing::TrustMaterial) => TRUST_MATERIAL_NOT_FOUND.status(),
            Error::NotFound(Missing::Device) => DEVICE_NOT_FOUND.status(),
            Error::NotFound(Missing::Proof) => PROOF_NOT_FOUND.status(),
            Error::NotFound(Missing::Dispute) => DISPUTE_NOT_FOUND.status(),
            Error::NotFound(Missing::Office) => OFFICE_NOT_FOUND.status(),
            Error::NotFound(Missing::Registry) => REGISTRY_NOT_SERVED.status(),
            Error::RequestIdReused => REQUEST_ID_REUSED.status(),
            Error::CannotDecide(CannotDecide::AlreadyDecided) => ALREADY_DECIDED.status(),
            Error::CannotDecide(CannotDecide::LeaseLost) => LEASE_LOST.status(),
            Error::CannotDecide(CannotDecide::Returned) => RETURNED.status(),
            Error::CannotDecide(CannotDecide::Withdrawn) => WITHDRAWN.status(),
            Error::CannotWithdraw(CannotWithdraw::Ended) => ALREADY_ENDED.status(),
            Error::CannotWithdraw(CannotWithdraw::Held { wait }) => HELD_BY_AUTHORITY.retry(*wait),
            Error::NotReturned(_) => NOT_RETURNED.status(),
            Error::CannotReview(CannotReview::NotReferred) => NOT_REFERRED.status(),
            Error::CannotReview(CannotReview::RulesDiffer) => RULES_DIFFER.status(),
            Error::CannotReview(CannotReview::CandidatesDiffer) => CANDIDATES_DIFFER.status(),
            Error::CannotReview(CannotReview::NoDuplicate) => NO_DUPLICATE.status(),
            Error::CannotReview(CannotReview::OwnRequest) => OWN_REQUEST.status(),
            Error::AnotherProposalWaits => PROPOSAL_WAITS.status(),
            Error::SearchNotAllowed => SEARCH_NOT_ALLOWED.status(),
            Error::NumberTaken => IDENTITY_NUMBER_TAKEN.status(),
            Error::WrongChangeState(_) => WRONG_STATE.status(),
            Error::WasInForce(_) => TRUST_MATERIAL_DECIDED.status(),
            Error::CalendarLacks(lacks) => CALENDAR_LACKS_YEAR.of_year(lacks.year),
            Error::Field { field, fault } => invalid(vec![((*field).to_owned(), *fault)]),
            Error::CannotResume(CannotResume::NotInHistory) => RESUME_TOKEN_NOT_IN_HISTORY.status(),
            Error::CannotResume(CannotResume::OfficeChanged) => OFFICE_CHANGED.status(),
            Error::TooManyWatchers => TOO_MANY_WATCHERS.retry(RETRY_LATER),
            Error::WatchEnded => WATCH_AGAIN.retry(RETRY_SOON),
            Error::NoLongerKnown => CERTIFICATE_UNKNOWN.status(),
            Error::StaffIdle => STAFF_IDLE.status(),
            Error::RightsChanged => RIGHTS_CHANGED.status(),
            Error::NotFound(Missing::Staff) => STAFF_NOT_FOUND.status(),
            Error::MayNot(MayNot::Oneself) => STAFF_ONESELF.status(),
            Error::MayNot(MayNot::NotTheirs) => STAFF_NOT_YOURS.status(),
            Error::StaffChanged => STAFF_CHANGED.status(),
            Error::LastAdministrator => LAST_ADMINISTRATOR.status(),
            Error::CertificateTaken => STAFF_CERTIFICATE_TAKEN.status(),
            Error::OfficeEnded => NO_OFFICE_TODAY.status(),
            Error::WorkstationElsewhere => WORKSTATION_ELSEWHERE.status(),
            Error::Contended => CONTENDED.retry(RETRY_SOON),
            Error::Unavailable(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store is not available");
                UNAVAILABLE.retry(RETRY_SOON)
            }
            Error::ArchiveUnavailable(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the archive is not available");
                ARCHIVE_UNAVAILABLE.retry(RETRY_SOON)
            }
            Error::Broken(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a call failed on our side");
                BROKEN.status()
            }
        }
    }
}
