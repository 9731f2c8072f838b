//! What the rules can find: a catalogue of rules, and findings that name one.

use super::text::Text;

/// What a finding means for the request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The request cannot be taken in until this is cured.
    Refuse,
    /// The request is taken in; the authority sees the note.
    Note,
}

/// A rule: its stable name, what breaking it means, where it comes from, what to tell the officer.
#[derive(Debug)]
pub struct Rule {
    /// Stable name, `subject.fault`.
    pub id: &'static str,
    /// What a finding means.
    pub severity: Severity,
    /// Article or section.
    pub basis: &'static str,
    /// Rows of the domain facts; empty if the article says it all.
    pub domain: &'static str,
    /// What is wrong.
    pub message: Text,
    /// What would cure it.
    pub cure: Text,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

macro_rules! rules {
    ($($name:ident: $id:literal, $severity:ident, $basis:literal, $domain:literal,
        $en:literal / $vi:literal, $cure_en:literal / $cure_vi:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $en)]
            pub static $name: Rule = Rule {
                id: $id,
                severity: Severity::$severity,
                basis: $basis,
                domain: $domain,
                message: Text::new($en, $vi),
                cure: Text::new($cure_en, $cure_vi),
            };
        )*

        /// Every rule.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
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
    CONSENT_MISSING: "consent.missing", Refuse, "Law 91/2025 art. 9, 24", "DOMAIN 7.1, R6",
        "A consent is missing."
        / "Thiếu sự đồng ý.",
        "Show the text and record the consent of everyone who must agree, for each purpose; silence is no consent."
        / "Hãy cho xem văn bản và ghi nhận sự đồng ý của từng người cho từng mục đích; im lặng không phải là đồng ý.";
    PHONE_IN_USE: "phone.in-use", Refuse, "Decree 69/2024 art. 11.2", "DOMAIN 6.1, R7",
        "This phone number serves another account or a request in progress."
        / "Số điện thoại này đang gắn với tài khoản khác hoặc hồ sơ đang xử lý.",
        "Ask for the applicant's own number. Only a represented person may share the representative's."
        / "Đề nghị dùng số chính chủ. Chỉ người được đại diện mới dùng chung số của người đại diện.";
}

impl Rule {
    /// The rule of that name.
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().copied().find(|rule| rule.id == id)
    }
}

/// One thing the rules found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The fields concerned, as paths into the application.
    pub fields: Vec<String>,
}

/// All that the rules found in one application, refusals first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding if `broken`.
    pub(super) fn add_if(&mut self, broken: bool, rule: &'static Rule, fields: &[&'static str]) {
        if broken {
            self.0.push(Finding { rule, fields: fields.iter().map(|&field| field.to_owned()).collect() });
        }
    }

    pub(super) fn sort(&mut self) {
        self.0.sort_by_key(|finding| finding.rule.severity);
    }

    /// Whether any finding refuses.
    pub fn refuses(&self) -> bool {
        self.iter().any(|finding| finding.rule.severity == Severity::Refuse)
    }

    /// The findings, refusals first.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Proof that nothing refuses, with the notes that remain.
    ///
    /// # Errors
    /// The findings themselves, if one refuses.
    pub fn cleared(self) -> Result<Cleared, Self> {
        if self.refuses() { Err(self) } else { Ok(Cleared(self.0)) }
    }
}

/// Proof that the rules were applied to an application and none refused. Only [`Findings::cleared`] makes it.
#[derive(Debug)]
pub struct Cleared(Vec<Finding>);

impl Cleared {
    /// The notes that remain.
    pub fn notes(self) -> Vec<Finding> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_rule_has_its_own_name_and_speaks_two_languages() {
        let names: HashSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(names.len(), RULES.len());
        for rule in RULES {
            assert_eq!(Rule::named(rule.id), Some(*rule));
            for text in [rule.message, rule.cure] {
                assert!(!text.en.is_empty() && !text.vi.is_empty() && text.en != text.vi, "{}", rule.id);
            }
        }
    }
}
