//! What can be wrong with where and when a capture says that it was taken.

use super::catalogue;

catalogue! {
    SEQUENCE_DOUBLED: "workstation.sequence-doubled", Refuse, "Decree 331/2026", "DOMAIN 7.2",
        "This workstation has sent another capture under the same number."
        / "Máy trạm này đã gửi một lần thu nhận khác với cùng số thứ tự.",
        "Give the capture the workstation's next free number. Look whether two machines use one name, or a copy of a folder."
        / "Hãy đánh số kế tiếp còn trống của máy trạm. Kiểm tra xem có hai máy dùng chung tên hoặc bản sao thư mục không.";
    CAPTURED_IN_FUTURE: "workstation.captured-in-future", Refuse, "Decree 331/2026", "DOMAIN 7.2",
        "The capture says that it was taken in the future."
        / "Thời điểm thu nhận ghi ở tương lai.",
        "Set the workstation's clock, which is off as shown, and hand the capture in again with its true time."
        / "Hãy chỉnh đồng hồ máy trạm theo độ lệch đã nêu rồi nộp lại với thời điểm đúng.";
    CLOCK_OFF: "workstation.clock-off", Note, "Decree 331/2026", "DOMAIN 7.2",
        "The workstation's clock is more than five minutes off."
        / "Đồng hồ máy trạm lệch hơn năm phút.",
        "Set the clock from a time server."
        / "Hãy đồng bộ đồng hồ với máy chủ thời gian.";
}
