//! What can be wrong with the chip of a travel document: its files, their signature, the certificates behind it.
//!
//! The order is that of the examination. Why each refuses, refers or only notes stands in
//! `docs/adr/0012-what-a-chip-can-prove.md`.

use super::catalogue;

catalogue! {
    CHIP_TOO_LARGE: "chip.too-large", Refuse, "Doc 9303-10 section 4", "",
        "A file of the chip is larger than such a file can be."
        / "Một tệp của chip lớn hơn mức cho phép.",
        "Read the chip again; if it stays so, hand in the request without the chip and tell the supervisor."
        / "Hãy đọc lại chip; nếu vẫn vậy, nộp hồ sơ không kèm chip và báo cán bộ phụ trách.";
    CHIP_SOD_UNREADABLE: "chip.sod-unreadable", Refuse, "Doc 9303-10 section 4.6.2; RFC 5652 section 5", "",
        "The chip's security object cannot be read."
        / "Không đọc được đối tượng bảo mật (EF.SOD) của chip.",
        "Read the chip again; if it stays so, hand in the request without the chip and tell the supervisor."
        / "Hãy đọc lại chip; nếu vẫn vậy, nộp hồ sơ không kèm chip và báo cán bộ phụ trách.";
    CHIP_SOD_VERSION: "chip.sod-version", Refuse, "Doc 9303-10 section 4.6.2", "",
        "The chip's security object is not a signed message of version 3."
        / "Đối tượng bảo mật của chip không phải thông điệp ký phiên bản 3.",
        "Read the chip again; if it stays so, somebody changed the chip."
        / "Hãy đọc lại chip; nếu vẫn vậy thì chip đã bị thay đổi.";
    CHIP_CONTENT_TYPE: "chip.content-type", Refuse, "Doc 9303-10 section 4.6.2", "",
        "What the security object signs is no list of data groups."
        / "Nội dung được ký không phải danh sách nhóm dữ liệu.",
        "Look at the passport closely; this file was not made for a passport."
        / "Hãy xem kỹ hộ chiếu; tệp này không được tạo cho hộ chiếu.";
    CHIP_CONTENT_UNNAMED: "chip.content-unnamed", Note, "Doc 9303-10 section 4.6.2; RFC 5652 section 4", "",
        "The security object calls its content plain data; some states do so."
        / "Đối tượng bảo mật gọi nội dung là dữ liệu thường; một số nước làm như vậy.",
        "Nothing needs to be done."
        / "Không cần làm gì thêm.";
    CHIP_SIGNER_MISSING: "chip.signer-missing", Refer, "Doc 9303-10 section 4.6.2", "",
        "The security object does not hold the certificate of who signed it."
        / "Đối tượng bảo mật không kèm chứng thư của người ký.",
        "A supervisor looks at the passport; its chip proves nothing."
        / "Cán bộ phụ trách xem hộ chiếu; chip không chứng minh được gì.";
    CHIP_ATTRIBUTES: "chip.signed-attributes", Refuse, "Doc 9303-10 section 4.6.2; RFC 5652 section 11", "",
        "The signed attributes are missing or do not speak of this content."
        / "Thuộc tính được ký bị thiếu hoặc không nói về nội dung này.",
        "Read the chip again; if it stays so, somebody changed the chip."
        / "Hãy đọc lại chip; nếu vẫn vậy thì chip đã bị thay đổi.";
    CHIP_DIGEST_DIFFERS: "chip.digest-differs", Refuse, "Doc 9303-11 section 5.1; RFC 5652 section 5.4", "",
        "The list of data groups is not the one that was signed."
        / "Danh sách nhóm dữ liệu không phải danh sách đã được ký.",
        "Read the chip again; if it stays so, somebody changed the chip."
        / "Hãy đọc lại chip; nếu vẫn vậy thì chip đã bị thay đổi.";
    CHIP_SIGNATURE_WRONG: "chip.signature-wrong", Refuse, "Doc 9303-11 section 5.1", "",
        "The signature of the security object is wrong."
        / "Chữ ký của đối tượng bảo mật không đúng.",
        "Read the chip again; if it stays so, somebody changed the chip."
        / "Hãy đọc lại chip; nếu vẫn vậy thì chip đã bị thay đổi.";
    CHIP_ALGORITHM_UNKNOWN: "chip.algorithm-unknown", Refer, "Doc 9303-12 section 4.4", "",
        "The chip uses an algorithm or a curve that Doc 9303 does not list."
        / "Chip dùng thuật toán hoặc đường cong không có trong Doc 9303.",
        "A supervisor looks at the passport; its chip proves nothing."
        / "Cán bộ phụ trách xem hộ chiếu; chip không chứng minh được gì.";
    CHIP_SIGNING_TIME: "chip.signing-time", Note, "Doc 9303-12 section 4.1", "",
        "The signer's certificate was not in use at the time that the security object names."
        / "Chứng thư của người ký chưa hoặc không còn dùng vào thời điểm ký ghi trong chip.",
        "Compare the day of issue with the passport."
        / "Hãy đối chiếu ngày cấp với hộ chiếu.";
    CHIP_ALGORITHM_WEAK: "chip.algorithm-weak", Refer, "Doc 9303-12 section 4.4", "",
        "The chip relies on an algorithm that no longer proves anything."
        / "Chip dựa vào thuật toán không còn đủ an toàn.",
        "A supervisor looks at the passport; its chip proves nothing."
        / "Cán bộ phụ trách xem hộ chiếu; chip không chứng minh được gì.";
    CHIP_SIGNER_PROFILE: "chip.signer-profile", Refer, "Doc 9303-12 section 7.1", "",
        "The signer's certificate is not one for signing passports."
        / "Chứng thư của người ký không phải loại dùng để ký hộ chiếu.",
        "A supervisor looks at the passport; compare it with others of this state."
        / "Cán bộ phụ trách xem hộ chiếu; hãy so với hộ chiếu khác của nước này.";
    CHIP_SIGNER_DOCUMENT_TYPE: "chip.signer-document-type", Refer, "Doc 9303-12 section 7.1", "",
        "The signer's certificate is for other kinds of document."
        / "Chứng thư của người ký dành cho loại giấy tờ khác.",
        "A supervisor looks at the passport; compare its kind with the data page."
        / "Cán bộ phụ trách xem hộ chiếu; hãy đối chiếu loại giấy tờ với trang nhân thân.";
    CHIP_AUTHORITY_UNKNOWN: "chip.authority-unknown", Refer, "Doc 9303-12 section 6", "",
        "No trusted authority vouches for the signer."
        / "Không có cơ quan tin cậy nào bảo chứng cho người ký.",
        "A supervisor looks at the passport; the operator may lack this state's authority (eid trust import)."
        / "Cán bộ phụ trách xem hộ chiếu; hệ thống có thể thiếu chứng thư gốc của nước này (eid trust import).";
    CHIP_SIGNER_FORGED: "chip.signer-forged", Refuse, "Doc 9303-12 section 6", "",
        "The signer's certificate names the key of a known authority, and that key did not sign it."
        / "Chứng thư của người ký nêu khóa của một cơ quan đã biết, nhưng khóa đó không ký chứng thư này.",
        "Read the chip again; if it stays so, call a supervisor: the chip may be a copy."
        / "Hãy đọc lại chip; nếu vẫn vậy, hãy xử lý như hộ chiếu giả.";
    CHIP_SIGNER_OUT_OF_DATE: "chip.signer-out-of-date", Refer, "Doc 9303-12 section 6", "",
        "The signer's certificate is not valid on this day."
        / "Chứng thư của người ký không còn hoặc chưa có hiệu lực.",
        "A supervisor looks at the passport; a passport in date usually has a signer in date."
        / "Cán bộ phụ trách xem hộ chiếu; hộ chiếu còn hạn thường có chứng thư còn hạn.";
    CHIP_AUTHORITY_OUT_OF_DATE: "chip.authority-out-of-date", Refer, "Doc 9303-12 section 6", "",
        "The authority's certificate is not valid on this day."
        / "Chứng thư của cơ quan gốc không còn hoặc chưa có hiệu lực.",
        "A supervisor looks at the passport; the operator looks for a newer list of authorities."
        / "Cán bộ phụ trách xem hộ chiếu; quản trị viên tìm danh sách chứng thư gốc mới hơn.";
    CHIP_AUTHORITY_COUNTRY: "chip.authority-country", Refer, "Doc 9303-12 section 7.1", "",
        "Signer and authority are of different countries."
        / "Người ký và cơ quan gốc thuộc hai nước khác nhau.",
        "A supervisor looks at the passport."
        / "Cán bộ phụ trách xem hộ chiếu.";
    CHIP_SIGNER_REVOKED: "chip.signer-revoked", Refuse, "Doc 9303-12 section 6", "",
        "The state has revoked the signer's certificate."
        / "Nhà nước cấp đã thu hồi chứng thư của người ký.",
        "The chip cannot be trusted. The applicant asks the embassy of the issuing state."
        / "Không thể tin chip này. Người nộp hồ sơ liên hệ đại sứ quán nước cấp.";
    CHIP_AUTHORITY_REVOKED: "chip.authority-revoked", Refuse, "Doc 9303-12 section 6", "",
        "The state has revoked the authority's certificate."
        / "Nhà nước cấp đã thu hồi chứng thư của cơ quan gốc.",
        "The chip cannot be trusted. The operator takes the authority out of the trust store."
        / "Không thể tin chip này. Quản trị viên gỡ chứng thư gốc khỏi kho tin cậy.";
    CHIP_CRL_MISSING: "chip.crl-missing", Note, "Doc 9303-12 section 6", "",
        "It is not known whether the signer was revoked: there is no revocation list of its authority."
        / "Không rõ người ký có bị thu hồi không: chưa có danh sách thu hồi của cơ quan gốc.",
        "The operator imports the state's revocation list."
        / "Quản trị viên nhập danh sách thu hồi của nước này.";
    CHIP_CRL_STALE: "chip.crl-stale", Note, "Doc 9303-12 section 6", "",
        "It is not known whether the signer was revoked lately: the revocation list is out of date."
        / "Không rõ người ký có bị thu hồi gần đây không: danh sách thu hồi đã quá hạn.",
        "The operator imports the state's newest revocation list."
        / "Quản trị viên nhập danh sách thu hồi mới nhất của nước này.";
    CHIP_LDS_UNREADABLE: "chip.lds-unreadable", Refuse, "Doc 9303-10 section 4.6.2", "",
        "The signed list of data groups cannot be read."
        / "Không đọc được danh sách nhóm dữ liệu đã ký.",
        "Read the chip again; if it stays so, hand in the request without the chip and tell the supervisor."
        / "Hãy đọc lại chip; nếu vẫn vậy, nộp hồ sơ không kèm chip và báo cán bộ phụ trách.";
    CHIP_LDS_VERSION: "chip.lds-version", Refuse, "Doc 9303-10 section 4.6.2", "",
        "The signed list of data groups has a version that does not exist."
        / "Danh sách nhóm dữ liệu có phiên bản không tồn tại.",
        "Read the chip again; if it stays so, somebody changed the chip."
        / "Hãy đọc lại chip; nếu vẫn vậy thì chip đã bị thay đổi.";
    CHIP_GROUP_MANDATORY: "chip.group-mandatory", Refuse, "Doc 9303-10 section 4.6.2", "",
        "The signed list lacks the machine readable zone or the face, which each passport has."
        / "Danh sách đã ký thiếu vùng đọc máy hoặc ảnh khuôn mặt, vốn có ở mọi hộ chiếu.",
        "Look at the passport closely; this chip was not made for a passport."
        / "Hãy xem kỹ hộ chiếu; chip này không được tạo cho hộ chiếu.";
    CHIP_GROUP_DIFFERS: "chip.group-differs", Refuse, "Doc 9303-11 section 5.1", "",
        "A data group is not the one that the state signed."
        / "Một nhóm dữ liệu không phải nhóm mà nhà nước đã ký.",
        "Read the chip again; if it stays so, somebody changed the chip."
        / "Hãy đọc lại chip; nếu vẫn vậy thì chip đã bị thay đổi.";
    CHIP_GROUP_UNLISTED: "chip.group-unlisted", Refer, "Doc 9303-10 section 4.6.2", "",
        "The chip holds a data group that the state did not sign."
        / "Chip có nhóm dữ liệu mà nhà nước không ký.",
        "A supervisor looks at the passport; nothing in this group counts."
        / "Cán bộ phụ trách xem hộ chiếu; nội dung nhóm này không được tính.";
    CHIP_GROUP_NOT_READ: "chip.group-not-read", Note, "Doc 9303-10 section 4.7", "",
        "The machine readable zone or the face was not read from the chip, so the chip says nothing of them."
        / "Chưa đọc vùng đọc máy hoặc ảnh khuôn mặt từ chip nên chip không chứng minh các mục này.",
        "Read the chip again, with both groups."
        / "Hãy đọc lại chip, gồm cả hai nhóm.";
    CHIP_ZONE_NOT_READ: "chip.zone-not-read", Refer, "Doc 9303-11 section 5.1", "",
        "The machine readable zone was not read from the chip: nothing ties what the state signed to this person."
        / "Chưa đọc vùng đọc máy từ chip: dữ liệu nhà nước đã ký chưa gắn được với người này.",
        "Read the chip again with data group 1; if that does not succeed, a supervisor looks at the passport."
        / "Hãy đọc lại chip cùng nhóm dữ liệu 1; nếu không được, cán bộ phụ trách xem hộ chiếu.";
    CHIP_COM_DIFFERS: "chip.com-differs", Note, "Doc 9303-10 section 4.6.1", "",
        "The chip's table of contents does not agree with the signed list."
        / "Mục lục của chip không khớp với danh sách đã ký.",
        "The signed list counts."
        / "Danh sách đã ký là căn cứ.";
    CHIP_DG1_UNREADABLE: "chip.dg1-unreadable", Refuse, "Doc 9303-10 section 4.7.1", "",
        "The machine readable zone on the chip cannot be read."
        / "Không đọc được vùng đọc máy trên chip.",
        "Read the chip again; if it stays so, hand in the request without the chip and tell the supervisor."
        / "Hãy đọc lại chip; nếu vẫn vậy, nộp hồ sơ không kèm chip và báo cán bộ phụ trách.";
    CHIP_COUNTRY_DIFFERS: "chip.country-differs", Refuse, "Doc 9303-11 section 5.1; Doc 9303-12 section 7.1", "",
        "The passport of one state is signed by another."
        / "Hộ chiếu của nước này lại do nước khác ký.",
        "Compare the issuing state with the data page; if it is right, treat the passport as forged."
        / "Hãy đối chiếu nước cấp với trang nhân thân; nếu đúng, hãy xử lý như hộ chiếu giả.";
    CHIP_COUNTRY_UNKNOWN: "chip.country-unknown", Refer, "Doc 9303-3 section 5", "",
        "It is not known which country signs for this issuer."
        / "Không rõ nước nào ký cho cơ quan cấp này.",
        "A supervisor compares signer and issuer."
        / "Cán bộ phụ trách đối chiếu người ký và cơ quan cấp.";
    CHIP_DEVIATION: "chip.deviation-tolerated", Note, "Doc 9303-12 section 5", "",
        "A known fault of this state's documents was tolerated."
        / "Đã bỏ qua một sai lệch đã biết của giấy tờ nước này.",
        "Nothing needs to be done."
        / "Không cần làm gì thêm.";
    CHIP_ACTIVE_NOT_ASKED: "chip.active-not-asked", Note, "Doc 9303-11 section 6.1", "",
        "The chip can prove that it is no copy, and was not asked to."
        / "Chip có thể chứng minh không phải bản sao nhưng chưa được yêu cầu.",
        "Read the chip again with active authentication, if the reader can do it."
        / "Hãy đọc lại chip kèm xác thực chủ động nếu đầu đọc hỗ trợ.";
    CHIP_ACTIVE_KEY: "chip.active-key-unproven", Refer, "Doc 9303-11 section 6.1", "",
        "The chip answered with a key that the state did not sign."
        / "Chip trả lời bằng khóa mà nhà nước không ký.",
        "Read the chip again with data group 15; if it stays so, a supervisor looks at the passport."
        / "Hãy đọc lại chip cùng nhóm dữ liệu 15; nếu vẫn vậy, cán bộ phụ trách xem hộ chiếu.";
    CHIP_ACTIVE_WRONG: "chip.active-wrong", Refuse, "Doc 9303-11 section 6.1", "",
        "The chip did not answer our challenge as the genuine one would: it may be a copy."
        / "Chip không trả lời đúng thử thách như chip thật: có thể là bản sao.",
        "Read the chip again with a new challenge; if it stays so, call a supervisor: the chip may be a copy."
        / "Hãy đọc lại chip với thử thách mới; nếu vẫn vậy, hãy xử lý như hộ chiếu giả.";
    CHIP_CHALLENGE: "chip.challenge", Refer, "Doc 9303-11 section 6.1", "",
        "The challenge that the chip answered cannot be used: unknown, another officer's, too old, or used before."
        / "Không dùng được thử thách mà chip đã trả lời: không rõ, của cán bộ khác, quá hạn hoặc đã dùng.",
        "Ask for a new challenge and let the chip answer it."
        / "Hãy lấy thử thách mới và cho chip trả lời lại.";
}
