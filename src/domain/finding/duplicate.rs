//! What can be found between a request and those of others: that it may be the same person's.

use super::catalogue;

catalogue! {
    DUPLICATE_LIKELY: "duplicate.likely", Refer, "NIST SP 800-63A-4 section 3.11", "DOMAIN 8.1, R17, R19",
        "This person probably has a request or an account already, with another document or another spelling."
        / "Người này có thể đã có hồ sơ hoặc tài khoản, với giấy tờ khác hoặc cách viết tên khác.",
        "Ask whether the person has applied before and see the earlier passport; a supervisor compares and decides."
        / "Hãy hỏi người này đã nộp hồ sơ trước đây chưa và xem hộ chiếu cũ; cán bộ phụ trách so sánh và quyết định.";
}
