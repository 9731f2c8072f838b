//! What can be wrong with passport and residence card as they were typed.

use super::catalogue;

catalogue! {
    PASSPORT_MISSING: "passport.missing", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN 1.5, 3.2",
        "No passport or travel document is shown."
        / "Chưa xuất trình hộ chiếu hoặc giấy tờ đi lại quốc tế.",
        "Capture the passport. Only a stateless holder (XXA) of a permanent residence card may have none."
        / "Hãy ghi nhận hộ chiếu. Chỉ người không quốc tịch (XXA) có thẻ thường trú mới có thể không có hộ chiếu.";
    PASSPORT_PRACTICE: "passport.practice", Refuse, "Doc 9303-3 section 5", "",
        "The document is of Utopia, the country of specimens and practice."
        / "Giấy tờ của Utopia, nước chỉ dùng cho mẫu và thực hành.",
        "No such state exists. Ask for the applicant's own passport."
        / "Không có quốc gia này. Đề nghị xuất trình hộ chiếu thật của người nộp.";
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
    CARD_EXCHANGE_DUE: "residence-card.exchange-due", Refer, "Law 47/2014 art. 43", "DOMAIN 3.2",
        "The permanent residence card is due for exchange; the right to reside goes on."
        / "Thẻ thường trú đã đến hạn cấp đổi; quyền cư trú vẫn còn hiệu lực.",
        "A supervisor decides; the card should be exchanged."
        / "Cán bộ phụ trách quyết định; cần cấp đổi thẻ.";
    CARD_TERM: "residence-card.term-too-long", Note, "Law 47/2014 art. 38, 43", "DOMAIN 3.1, 3.2",
        "The card's term is longer than cards of this kind are issued for."
        / "Thời hạn của thẻ dài hơn thời hạn tối đa của loại thẻ này.",
        "Compare both dates and the symbol with the card."
        / "Hãy đối chiếu hai ngày và ký hiệu với thẻ.";
    CARD_OUTLASTS_PASSPORT: "residence-card.outlasts-passport", Note, "Law 47/2014 art. 38.1", "DOMAIN 3.1",
        "The card ends less than 30 days before the passport against which it was issued."
        / "Thẻ hết hạn chưa đến 30 ngày trước khi hộ chiếu dùng để cấp thẻ hết hạn.",
        "Compare both dates with the documents; right if the passport has been replaced since."
        / "Hãy đối chiếu hai ngày với giấy tờ; không sao nếu hộ chiếu đã được đổi sau khi cấp thẻ.";
    CARD_NAME_DIFFERS: "residence-card.name-differs", Note, "Doc 9303-3 section 6", "DOMAIN R17",
        "The card spells the name differently from the passport."
        / "Họ tên trên thẻ viết khác với hộ chiếu.",
        "Compare both spellings with the documents. Neither replaces the other."
        / "Hãy đối chiếu hai cách viết với giấy tờ. Không thay cách viết này bằng cách viết kia.";
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
