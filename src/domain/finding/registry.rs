//! What can be wrong between what was typed and the National Immigration Database.

use super::catalogue;

catalogue! {
    RECORD_NOT_FOUND: "registry.not-found", Refer, "Decree 69/2024 art. 11.2", "DOMAIN 1.5, 3.4",
        "The immigration record knows neither this card nor this passport."
        / "Hồ sơ xuất nhập cảnh không có thẻ này và hộ chiếu này.",
        "Compare both numbers with the documents; if they are right, a supervisor looks into the record."
        / "Hãy đối chiếu cả hai số với giấy tờ; nếu đúng, cán bộ phụ trách kiểm tra hồ sơ.";
    RECORD_UNREACHABLE: "registry.unreachable", Refer, "Decree 69/2024 art. 11.2", "DOMAIN 1.5",
        "The immigration record could not be asked."
        / "Không tra cứu được hồ sơ xuất nhập cảnh.",
        "Hand the request in all the same, or check again in a few minutes; a supervisor compares with the record."
        / "Vẫn có thể nộp hồ sơ, hoặc kiểm tra lại sau vài phút; cán bộ phụ trách sẽ đối chiếu với hồ sơ.";
    RECORD_DIFFERS: "registry.differs", Refer, "Decree 69/2024 art. 11.2", "DOMAIN 1.5, 3.4",
        "The typed value differs from the immigration record."
        / "Giá trị đã nhập khác với hồ sơ xuất nhập cảnh.",
        "Compare the field with the document; if it is right, a supervisor decides and the record is corrected there."
        / "Hãy đối chiếu với giấy tờ; nếu đúng, cán bộ phụ trách quyết định và đề nghị sửa hồ sơ.";
    RECORD_NAME_DIFFERS: "registry.name-differs", Refer, "Decree 69/2024 art. 11.2; Doc 9303-3 section 6", "DOMAIN 3.4, R17",
        "The typed name is not the one in the immigration record."
        / "Họ tên đã nhập không khớp với hồ sơ xuất nhập cảnh.",
        "Compare the spelling with the passport; if it is right, a supervisor decides."
        / "Hãy đối chiếu cách viết với hộ chiếu; nếu đúng, cán bộ phụ trách quyết định.";
    RECORD_DOCUMENT_DIFFERS: "registry.document-differs", Refer, "Decree 69/2024 art. 11.2", "DOMAIN 3.4",
        "The immigration record of this card names another passport."
        / "Hồ sơ của thẻ này ghi hộ chiếu khác.",
        "Compare number and dates with the passport; ask whether the holder has two."
        / "Hãy đối chiếu số và ngày với hộ chiếu; hỏi xem người này có hai hộ chiếu không.";
    RECORD_DOCUMENT_RENEWED: "registry.document-renewed", Note, "Law 47/2014 art. 38.1", "DOMAIN 3.1, R18",
        "The immigration record still names the passport before this one."
        / "Hồ sơ xuất nhập cảnh vẫn ghi hộ chiếu trước hộ chiếu này.",
        "Usual after a renewal: see the old passport if the applicant has it."
        / "Thường gặp sau khi đổi hộ chiếu: hãy xem hộ chiếu cũ nếu có.";
    RECORD_CARD_DIFFERS: "registry.card-differs", Refer, "Law 47/2014 art. 36–38, 43", "DOMAIN 3.1, 3.4",
        "The residence card differs from the immigration record."
        / "Thẻ cư trú khác với hồ sơ xuất nhập cảnh.",
        "Compare number, symbol and dates with the card; if they are right, a supervisor decides."
        / "Hãy đối chiếu số, ký hiệu và các ngày với thẻ; nếu đúng, cán bộ phụ trách quyết định.";
    RECORD_CARD_EXTENDED: "registry.card-extended", Note, "Law 47/2014 art. 35, 43", "DOMAIN 3.1, 3.4",
        "The right to reside was extended beyond the date typed."
        / "Thời hạn cư trú đã được gia hạn quá ngày đã nhập.",
        "Type the last day of the extension if the card or its endorsement shows it."
        / "Hãy nhập ngày cuối của lần gia hạn nếu thẻ hoặc xác nhận gia hạn ghi ngày đó.";
    RECORD_CARD_CANCELLED: "registry.card-cancelled", Refuse, "Decree 69/2024 art. 7.2", "DOMAIN 1.2, 3.4",
        "This residence card was cancelled."
        / "Thẻ cư trú này đã bị hủy.",
        "Keep the card and call the immigration office that issued it; a new request needs a valid card."
        / "Hãy giữ thẻ và liên hệ cơ quan cấp thẻ; hồ sơ mới cần thẻ còn giá trị.";
    RECORD_HOLDER_LEFT: "registry.holder-left", Refer, "Decree 69/2024 art. 7.2, 11.2", "DOMAIN 1.5, 3.4",
        "According to the immigration record the holder has left the country."
        / "Theo hồ sơ xuất nhập cảnh, người này đã xuất cảnh.",
        "Look at the latest entry stamp; a supervisor decides whether the person at the counter is the holder."
        / "Hãy xem dấu nhập cảnh mới nhất; cán bộ phụ trách xác định người có mặt có đúng là chủ thẻ.";
}
