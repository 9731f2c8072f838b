//! What can be wrong with phone and e-mail address.

use super::catalogue;

catalogue! {
    PHONE_IN_USE: "phone.in-use", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN 6.1, R7",
        "This phone number serves another account or a request in progress."
        / "Số điện thoại này đang gắn với tài khoản khác hoặc hồ sơ đang xử lý.",
        "Ask for the applicant's own number. Only a represented person may share the representative's."
        / "Đề nghị dùng số chính chủ. Chỉ người được đại diện mới dùng chung số của người đại diện.";
}
