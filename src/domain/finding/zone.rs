//! What can be wrong with a machine readable zone, or between it and what was typed.

use super::catalogue;

catalogue! {
    MRZ_CHECK_DIGIT: "mrz.check-digit", Refuse, "Doc 9303-3 section 4.9", "",
        "A check digit of the machine readable zone does not hold."
        / "Chữ số kiểm tra của vùng đọc máy không đúng.",
        "Read the zone again; if it was typed, compare it character by character."
        / "Hãy đọc lại vùng đọc máy; nếu nhập tay, hãy so từng ký tự.";
    MRZ_STATE_UNKNOWN: "mrz.state-unknown", Refuse, "Doc 9303-3 section 5", "",
        "The machine readable zone names a state that Doc 9303 does not list."
        / "Vùng đọc máy ghi mã quốc gia không có trong Doc 9303.",
        "Read the zone again; if it reads the same, the document is not a passport that can be accepted."
        / "Hãy đọc lại vùng đọc máy; nếu vẫn như vậy thì giấy tờ này không được chấp nhận.";
    MRZ_DIFFERS: "mrz.differs", Refuse, "Doc 9303-4 section 4.2; NIST SP 800-63A-4 section 3.12", "",
        "The typed value differs from the machine readable zone."
        / "Giá trị đã nhập khác với vùng đọc máy.",
        "Compare the field with the passport and correct it."
        / "Hãy đối chiếu với hộ chiếu và sửa lại.";
    MRZ_NAME_DIFFERS: "mrz.name-differs", Note, "Doc 9303-3 section 6", "DOMAIN R17",
        "The typed name is not the one in the machine readable zone."
        / "Họ tên đã nhập không khớp với vùng đọc máy.",
        "Compare the spelling with the passport; a transliteration that differs is no fault."
        / "Hãy đối chiếu cách viết với hộ chiếu; khác cách chuyển tự thì không sao.";
}
