//! What can be wrong between what a genuine chip says beyond its zone and what was typed.
//!
//! The zone in DG1 is judged by the rules of zones. DG11 and DG12 are optional and filled with less care than DG1: only
//! the century of birth, which nothing else tells, refuses.

use super::catalogue;

catalogue! {
    CHIP_CONTENT_UNREADABLE: "chip-content.unreadable", Note, "Doc 9303-10 section 4.7", "",
        "A data group is the state's and does not have the form of Doc 9303, so it was not compared."
        / "Một nhóm dữ liệu là của nhà nước cấp nhưng không theo mẫu Doc 9303 nên không đối chiếu được.",
        "Compare the photograph and the dates with the passport by eye."
        / "Hãy đối chiếu ảnh và các ngày với hộ chiếu bằng mắt.";
    CHIP_PASSPORT_MISSING: "chip-content.passport-missing", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN 3.2",
        "A chip was read, and no passport was typed that it could belong to."
        / "Đã đọc chip nhưng chưa nhập hộ chiếu chứa chip đó.",
        "Type the passport whose chip was read, or hand in the request without the chip."
        / "Hãy nhập hộ chiếu có chip đã đọc, hoặc nộp hồ sơ không kèm chip.";
    DG11_CENTURY_DIFFERS: "dg11.century-differs", Refuse, "Doc 9303-10 section 4.7.11", "",
        "The typed year of birth is in another century than the chip's."
        / "Năm sinh đã nhập khác thế kỷ với năm sinh trong chip.",
        "Type all four digits of the year as the passport shows them."
        / "Hãy nhập đủ bốn chữ số của năm như trên hộ chiếu.";
    DG11_BIRTH_DIFFERS: "dg11.birth-differs", Refer, "Doc 9303-10 section 4.7.11", "",
        "The full date of birth in the chip is not the typed one."
        / "Ngày sinh đầy đủ trong chip khác với ngày sinh đã nhập.",
        "Compare the date with the passport; if it is right, a supervisor looks at the passport: its chip contradicts itself."
        / "Hãy đối chiếu với hộ chiếu; nếu đã đúng, cán bộ phụ trách xem hộ chiếu vì chip tự mâu thuẫn.";
    DG11_NAME_DIFFERS: "dg11.name-differs", Note, "Doc 9303-10 section 4.7.11", "DOMAIN R17",
        "The full name in the chip is not the typed one."
        / "Họ tên đầy đủ trong chip khác với họ tên đã nhập.",
        "Type every part of the name that the passport shows; states keep other spellings in the chip, so a difference is no fault."
        / "Hãy nhập đủ các phần họ tên như trên hộ chiếu; một số nước ghi cách viết khác trong chip nên khác nhau không phải là lỗi.";
    DG11_NUMBER_DIFFERS: "dg11.number-differs", Note, "Doc 9303-10 section 4.7.11; Doc 9303-4 section 4.2.2", "",
        "The personal number in the chip is not the one in its zone."
        / "Số định danh cá nhân trong chip khác với số trong vùng đọc máy của chip.",
        "Usual where a state uses that part of the zone for something else; nothing needs to be done."
        / "Thường gặp khi nước cấp dùng phần này của vùng đọc máy cho mục đích khác; không cần làm gì.";
    DG12_ISSUED_DIFFERS: "dg12.issued-differs", Refer, "Doc 9303-10 section 4.7.12; Decree 69/2024 art. 5.1", "DOMAIN 1.3",
        "The day of issue in the chip is not the typed one."
        / "Ngày cấp trong chip khác với ngày cấp đã nhập.",
        "Compare the day with the passport; if it is right, a supervisor looks: some states write the day of manufacture."
        / "Hãy đối chiếu với hộ chiếu; nếu đã đúng, cán bộ phụ trách xem xét vì một số nước ghi ngày sản xuất.";
}
