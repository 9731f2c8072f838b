//! What can be wrong with a machine readable zone, or between it and what was typed or what the chip holds.

use super::catalogue;

catalogue! {
    MRZ_VISA: "mrz.visa", Refuse, "Doc 9303-7 section 4.2", "DOMAIN 3.3",
        "The machine readable zone is that of a visa."
        / "Vùng đọc máy là của thị thực.",
        "Read the zone of the passport's data page."
        / "Hãy đọc vùng đọc máy ở trang nhân thân của hộ chiếu.";
    MRZ_CARD: "mrz.card", Refer, "Doc 9303-5 and -6 section 4.2; Decree 69/2024 art. 11.2", "DOMAIN 3.3",
        "The machine readable zone is that of a card or small travel document, not of a passport."
        / "Vùng đọc máy là của thẻ hoặc giấy tờ đi lại khổ nhỏ, không phải hộ chiếu.",
        "If there is a passport, read its zone; otherwise a supervisor decides whether this is an international travel document."
        / "Nếu có hộ chiếu, hãy đọc vùng đọc máy của hộ chiếu; nếu không, cán bộ phụ trách xem xét đây có phải giấy tờ đi lại quốc tế.";
    MRZ_CHECK_DIGIT: "mrz.check-digit", Refuse, "Doc 9303-3 section 4.9", "",
        "A check digit of the machine readable zone does not hold."
        / "Chữ số kiểm tra của vùng đọc máy không đúng.",
        "Read the zone again; if it was typed, compare it character by character."
        / "Hãy đọc lại vùng đọc máy; nếu nhập tay, hãy so từng ký tự.";
    MRZ_CHARACTER: "mrz.character", Refuse, "Doc 9303-3 section 4.3", "",
        "The machine readable zone has a digit where only a letter may stand, or a letter where only a digit may."
        / "Vùng đọc máy có chữ số ở vị trí chỉ được là chữ cái, hoặc chữ cái ở vị trí chỉ được là chữ số.",
        "Read the zone again; look at O and 0, I and 1, B and 8, S and 5, Z and 2."
        / "Hãy đọc lại vùng đọc máy; lưu ý O và 0, I và 1, B và 8, S và 5, Z và 2.";
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
    MRZ_CHIP_DIFFERS: "mrz.chip-differs", Refuse, "Doc 9303-10 section 4.7.1", "",
        "The zone that was read from the page differs from the one in the chip."
        / "Vùng đọc máy trên trang khác với vùng đọc máy trong chip.",
        "Read the page again; if it still differs, ask the applicant to wait and call a supervisor."
        / "Hãy đọc lại trang; nếu vẫn khác, đề nghị người nộp chờ và báo cán bộ phụ trách.";
    MRZ_DATE_IMPOSSIBLE: "mrz.date-impossible", Refer, "Doc 9303-3 section 4.8", "",
        "The machine readable zone has a date that no calendar has, or a birth to come."
        / "Vùng đọc máy có ngày không tồn tại, hoặc ngày sinh ở tương lai.",
        "Read the zone again; if it reads the same, a supervisor looks at the passport."
        / "Hãy đọc lại vùng đọc máy; nếu vẫn như vậy, cán bộ phụ trách xem xét hộ chiếu.";
    MRZ_NAME_DIFFERS: "mrz.name-differs", Refer, "Doc 9303-3 section 6; NIST SP 800-63A-4 section 3.12", "DOMAIN R17",
        "The typed name is another than the one in the machine readable zone."
        / "Họ tên đã nhập khác với họ tên trong vùng đọc máy.",
        "Compare the spelling with the passport; if it is right, a supervisor looks at the passport."
        / "Hãy đối chiếu cách viết với hộ chiếu; nếu đã đúng, cán bộ phụ trách xem xét hộ chiếu.";
    MRZ_NAME_ORDER: "mrz.name-order", Note, "Doc 9303-3 section 4.6", "DOMAIN R17",
        "The parts of the name are the same, in another order or divided otherwise than in the machine readable zone."
        / "Các phần của họ tên giống nhau nhưng khác thứ tự hoặc cách tách họ và tên so với vùng đọc máy.",
        "Type family name and given names as the passport divides them."
        / "Hãy nhập họ và tên theo cách tách trên hộ chiếu.";
    MRZ_NAME_PART_MISSING: "mrz.name-part-missing", Note, "Doc 9303-3 section 4.6", "DOMAIN R17",
        "A part of the name stands only in what was typed, or only in the machine readable zone."
        / "Một phần họ tên chỉ có trong phần đã nhập hoặc chỉ có trong vùng đọc máy.",
        "Type every part of the name that the passport shows."
        / "Hãy nhập đủ các phần họ tên như trên hộ chiếu.";
    MRZ_NAME_NOT_COMPARABLE: "mrz.name-not-comparable", Refer, "Doc 9303-3 section 6", "DOMAIN R17",
        "The typed name is in a script that Doc 9303 does not transliterate; it was not compared."
        / "Họ tên đã nhập dùng chữ viết không có bảng chuyển tự trong Doc 9303 nên không đối chiếu được.",
        "Type the name in the Latin letters that the passport shows beside it."
        / "Hãy nhập họ tên bằng chữ La-tinh như in trên hộ chiếu.";
    MRZ_NAME_NO_PRIMARY: "mrz.name-no-primary", Note, "Doc 9303-3 section 4.6", "DOMAIN R17",
        "The machine readable zone has no primary identifier; a single name belongs there."
        / "Vùng đọc máy không có phần họ; tên đơn phải nằm ở phần này.",
        "Compare the zone with the passport; the issuer may have printed it so."
        / "Hãy đối chiếu vùng đọc máy với hộ chiếu; cơ quan cấp có thể đã in như vậy.";
    MRZ_DATE_PARTIAL: "mrz.date-partial", Note, "Doc 9303-3 section 4.8", "DOMAIN 4",
        "The passport leaves a part of a date unknown; what was typed fits what is known."
        / "Hộ chiếu không ghi đủ ngày; giá trị đã nhập phù hợp với phần đã biết.",
        "Note where the missing part of the date comes from."
        / "Hãy ghi chú nguồn của phần ngày còn thiếu.";
    MRZ_DEVIATION: "mrz.deviation", Note, "Doc 9303-3 section 4.9", "",
        "A check digit holds only by a way of computing that this issuer is known for."
        / "Chữ số kiểm tra chỉ đúng theo cách tính riêng đã biết của cơ quan cấp.",
        "Nothing is to be done; the zone was read as it is."
        / "Không cần làm gì; vùng đọc máy được giữ nguyên.";
}
