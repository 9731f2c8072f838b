//! What can be wrong with face image and fingerprints.

use super::catalogue;

catalogue! {
    FACE_MISSING: "capture.face-missing", Note, "Decree 69/2024 art. 11.2", "DOMAIN 1.5, 1.6",
        "No face image was taken, and none is known to be in the immigration record."
        / "Chưa chụp ảnh khuôn mặt và chưa rõ hồ sơ xuất nhập cảnh đã có ảnh hay chưa.",
        "Take one now if a camera is at hand; otherwise the authority decides within the longer period."
        / "Hãy chụp ngay nếu có máy ảnh; nếu không, cơ quan định danh giải quyết theo thời hạn dài hơn.";
    FACE_DIMENSIONS: "capture.face-dimensions", Refuse, "ISO/IEC 19794-5 section 8.4.1; Doc 9303-3", "DOMAIN 1.5",
        "The face image has too few or too many pixels."
        / "Ảnh khuôn mặt có quá ít hoặc quá nhiều điểm ảnh.",
        "Take it again upright, at least 240 by 320 pixels and at most 4096 by 4096, the head 180 pixels wide."
        / "Hãy chụp lại ảnh dọc, từ 240 × 320 đến 4096 × 4096 điểm ảnh, đầu rộng ít nhất 180 điểm ảnh.";
    FACE_FROM_CHIP: "capture.face-from-chip", Note, "Decree 69/2024 art. 11.2", "DOMAIN 1.5",
        "The face image is the one in the passport's chip, bit for bit: it was not taken at this counter."
        / "Ảnh khuôn mặt trùng hoàn toàn với ảnh trong chip hộ chiếu: không phải ảnh chụp tại quầy.",
        "Take a photo of the applicant; the chip's image is handed over with the chip's data."
        / "Hãy chụp ảnh người đăng ký; ảnh trong chip được chuyển cùng dữ liệu chip.";
    FINGERPRINTS_MISSING: "capture.fingerprints-missing", Note, "Decree 69/2024 art. 11.2", "DOMAIN 1.5, 1.6",
        "No fingerprint was taken, no reason is given, and none is known to be in the immigration record."
        / "Chưa lấy vân tay, chưa nêu lý do và chưa rõ hồ sơ xuất nhập cảnh đã có vân tay hay chưa.",
        "Take them now, or say for each finger why it cannot be taken."
        / "Hãy lấy vân tay ngay, hoặc nêu lý do không lấy được cho từng ngón.";
    FINGER_TWICE: "capture.finger-twice", Refuse, "ISO/IEC 19794-2 section 7.4", "",
        "One finger appears twice: captured twice, or captured and called missing, or one template for two fingers."
        / "Một ngón xuất hiện hai lần: lấy hai lần, vừa lấy vừa báo thiếu, hoặc một mẫu dùng cho hai ngón.",
        "Keep the better template of each finger, and take the others again."
        / "Hãy giữ mẫu tốt hơn của mỗi ngón và lấy lại các ngón khác.";
    FINGER_DIFFERS: "capture.finger-differs", Refuse, "ISO/IEC 19794-2 section 7.4", "",
        "The template says that it is of another finger."
        / "Mẫu vân tay ghi là của ngón khác.",
        "Compare with the hand, and take this finger again."
        / "Hãy đối chiếu với bàn tay và lấy lại ngón này.";
    FINGER_POOR: "capture.finger-poor", Note, "ISO/IEC 29794-1", "DOMAIN 8.1",
        "The quality of this fingerprint is so low that it may match nobody."
        / "Chất lượng vân tay quá thấp, có thể không so khớp được.",
        "Clean the glass and the finger, and take it again; after three tries say why it cannot be taken."
        / "Hãy lau mặt kính và ngón tay rồi lấy lại; sau ba lần hãy nêu lý do không lấy được.";
}
