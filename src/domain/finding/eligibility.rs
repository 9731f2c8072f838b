//! What can stand against the applicant: age, nationality, grounds, representative, consents.

use super::catalogue;

catalogue! {
    UNDER_SIX: "eligibility.under-six", Refuse, "Decree 69/2024 art. 7.2", "DOMAIN 1.2",
        "Level 2 begins at the age of six."
        / "Mức độ 2 chỉ cấp từ đủ 6 tuổi.",
        "A level-1 account can be asked for in the app."
        / "Có thể đề nghị cấp tài khoản mức độ 1 trên ứng dụng.";
    CITIZEN: "eligibility.citizen", Refuse, "Decree 69/2024 art. 7; Law 26/2023", "",
        "A citizen of Viet Nam does not apply as a foreigner."
        / "Công dân Việt Nam không đăng ký theo thủ tục cho người nước ngoài.",
        "Compare the nationality with the passport; citizens apply with the police of their commune."
        / "Hãy đối chiếu quốc tịch; công dân đăng ký tại công an cấp xã.";
    NOT_ELIGIBLE: "eligibility.no-ground", Refuse, "Decree 69/2024 art. 7.2", "DOMAIN 1.2, 1.10",
        "No ground of eligibility is shown."
        / "Chưa có căn cứ đủ điều kiện.",
        "A permanent or temporary residence card in date is needed."
        / "Cần có thẻ thường trú hoặc thẻ tạm trú còn hạn.";
    REPRESENTATIVE_MISSING: "representative.missing", Refuse, "Decree 69/2024 art. 11", "DOMAIN 1.5",
        "An applicant under 14 needs a representative."
        / "Người dưới 14 tuổi phải có người đại diện.",
        "Capture the legal representative or guardian, who attends and declares."
        / "Hãy ghi nhận người đại diện hoặc người giám hộ cùng có mặt và kê khai.";
    REPRESENTATIVE_SAME: "representative.same-person", Refuse, "Decree 69/2024 art. 11", "DOMAIN 1.5",
        "The representative's document is the applicant's own."
        / "Giấy tờ của người đại diện trùng với giấy tờ của người được cấp.",
        "Capture the representative's own passport or identity card."
        / "Hãy nhập hộ chiếu hoặc thẻ căn cước của chính người đại diện.";
    WARD: "representative.adult", Note, "Civil Code art. 22–24; Decree 69/2024 art. 11", "DOMAIN 1.5",
        "An adult is represented."
        / "Người thành niên có người đại diện.",
        "See the court decision or the appointment of the guardian; whoever can act alone needs no representative."
        / "Hãy xem quyết định của tòa án hoặc văn bản cử người giám hộ; người tự thực hiện được thì không cần đại diện.";
    CONSENT_MISSING: "consent.missing", Refuse, "Law 91/2025 art. 9, 24", "DOMAIN 7.1, R6",
        "A consent is missing."
        / "Thiếu sự đồng ý.",
        "Show the text and record the consent of everyone who must agree, for each purpose; silence is no consent."
        / "Hãy cho xem văn bản và ghi nhận sự đồng ý của từng người cho từng mục đích; im lặng không phải là đồng ý.";
}
