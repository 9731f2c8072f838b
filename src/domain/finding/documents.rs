//! What can be wrong with passport and residence card as they were typed.

use super::catalogue;

catalogue! {
    PASSPORT_EXPIRED: "passport.expired", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN 1.5",
        "The passport is no longer valid."
        / "Hộ chiếu đã hết hạn.",
        "Ask for a passport in date."
        / "Đề nghị xuất trình hộ chiếu còn hạn.";
    PASSPORT_IN_USE: "passport.in-use", Refuse, "Decree 69/2024 art. 3.5", "",
        "This passport belongs to a request in progress or to an account."
        / "Hộ chiếu này đã thuộc một hồ sơ đang xử lý hoặc một tài khoản.",
        "Look for the earlier request; do not capture it twice."
        / "Hãy tìm hồ sơ trước đó; không tạo hồ sơ trùng.";
    CARD_EXPIRED: "residence-card.expired", Refuse, "Decree 69/2024 art. 7.2", "DOMAIN 1.2, 1.5",
        "The residence card is no longer valid."
        / "Thẻ cư trú đã hết hạn.",
        "Ask for a card in date; the card must be renewed first."
        / "Đề nghị xuất trình thẻ còn hạn; cần gia hạn thẻ trước.";
    CARD_IN_USE: "residence-card.in-use", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN 3.1",
        "This residence card belongs to a request in progress or to an account."
        / "Thẻ cư trú này đã thuộc một hồ sơ đang xử lý hoặc một tài khoản.",
        "Compare the number with the card; look for the earlier request."
        / "Hãy đối chiếu số thẻ; tìm hồ sơ trước đó.";
    CARD_SYMBOL_UNKNOWN: "residence-card.symbol-unknown", Note, "Law 47/2014 art. 36–38", "DOMAIN 3.1",
        "No temporary residence card is known under this symbol."
        / "Chưa biết loại thẻ tạm trú nào mang ký hiệu này.",
        "Compare the symbol with the card."
        / "Hãy đối chiếu ký hiệu với thẻ.";
    CARD_PASSPORT_DIFFERS: "residence-card.passport-differs", Note, "Law 47/2014 art. 38.1", "DOMAIN R18",
        "The card names another passport number."
        / "Thẻ ghi số hộ chiếu khác.",
        "Usual after a passport renewal: see the old passport if the applicant has it."
        / "Thường gặp sau khi đổi hộ chiếu: hãy xem hộ chiếu cũ nếu có.";
    DATE_IN_FUTURE: "date.in-future", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN R2",
        "The date lies in the future."
        / "Ngày này ở tương lai.",
        "Compare it with the document; check the clock of the workstation."
        / "Hãy đối chiếu với giấy tờ; kiểm tra đồng hồ máy trạm.";
    DATE_ORDER: "date.order", Refuse, "Doc 9303-4 section 4.1", "",
        "The two dates cannot both be right."
        / "Hai ngày này không thể cùng đúng.",
        "Compare both with the document."
        / "Hãy đối chiếu cả hai với giấy tờ.";
}
