//! What can be wrong with a file of trust material, or worth a look, with a stable name and a sentence for operators.
//! `docs/trust.md` lists them, in this order.

use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

/// A kind of problem.
#[derive(PartialEq, Eq, Debug)]
pub struct Fault {
    /// Stable name: kept with files, never changed.
    pub name: &'static str,
    /// Whether it keeps the file out.
    pub refuses: bool,
    /// What it means.
    pub text: Text,
}

/// A problem of one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Problem {
    /// Its kind.
    pub fault: &'static Fault,
    /// Which part of the file; empty: the whole.
    pub about: String,
}

impl Problem {
    /// A problem of the whole file.
    pub const fn new(fault: &'static Fault) -> Self {
        Self { fault, about: String::new() }
    }

    /// A problem of a part of it.
    #[expect(clippy::needless_pass_by_value, reason = "a number, an instant or a text, made for this call")]
    pub fn about(fault: &'static Fault, about: impl ToString) -> Self {
        Self { fault, about: about.to_string() }
    }
}

/// A problem as the store keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    about: String,
}

impl From<Problem> for Kept {
    fn from(problem: Problem) -> Self {
        Self { name: problem.fault.name.to_owned(), about: problem.about }
    }
}

impl TryFrom<Kept> for Problem {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let fault = FAULTS.iter().find(|fault| fault.name == kept.name).ok_or("not a problem of trust material")?;
        Ok(Self { fault, about: kept.about })
    }
}

macro_rules! faults {
    ($($name:ident = $id:literal, $refuses:ident, $en:literal / $vi:literal;)*) => {
        /// Each fault by its name.
        pub mod faults {
            use super::{Fault, Text};
            $(
                #[doc = $en]
                pub static $name: Fault =
                    Fault { name: $id, refuses: faults!(@$refuses), text: Text::new($en, $vi) };
            )*
        }

        /// Every fault, in the order of `docs/trust.md`.
        pub static FAULTS: &[&Fault] = &[$(&faults::$name),*];
    };
    (@refuse) => { true };
    (@note) => { false };
}

faults! {
    EMPTY = "file.empty", refuse,
        "The file is empty."
        / "Tệp rỗng.";
    TOO_LARGE = "file.too-large", refuse,
        "The file is larger than 4 MiB."
        / "Tệp lớn hơn 4 MiB.";
    UNREADABLE = "file.unreadable", refuse,
        "The file is none of: CSCA master list, CSCA certificate (DER or PEM), revocation list (DER or PEM), deviation list (JSON)."
        / "Tệp không phải danh sách CSCA, chứng thư CSCA (DER hoặc PEM), danh sách thu hồi (DER hoặc PEM) hay danh sách sai lệch (JSON).";
    ANOTHER_KIND = "file.another-kind", refuse,
        "The file is not of the kind that was named."
        / "Tệp không đúng loại đã nêu.";
    OLDER = "file.older", refuse,
        "The file is older than what its publisher has in force, or of the same time and different. If that is meant, both persons must say so."
        / "Tệp cũ hơn bản đang áp dụng của cùng nơi phát hành, hoặc cùng thời điểm nhưng khác nội dung. Nếu chủ ý, cả hai người phải xác nhận.";
    OLDER_ON_PURPOSE = "file.older-on-purpose", note,
        "The file is older than what its publisher has in force. Whoever handles it says that this is meant."
        / "Tệp cũ hơn bản đang áp dụng của cùng nơi phát hành. Người thực hiện xác nhận đây là chủ ý.";
    FROM_THE_FUTURE = "file.from-the-future", refuse,
        "The file says that it was made in the future. Check this machine's clock."
        / "Tệp ghi thời điểm tạo ở tương lai. Hãy kiểm tra đồng hồ của máy.";
    PRACTICE = "file.practice", refuse,
        "The file is of the practice country (UTO). A service for real persons does not trust it."
        / "Tệp thuộc quốc gia thực hành (UTO). Dịch vụ thật không tin cậy tệp này.";
    TOO_MANY = "store.full", refuse,
        "The trust store holds as many files as it may."
        / "Kho tin cậy đã đạt số tệp tối đa.";
    SIGNER_MISSING = "signer.missing", refuse,
        "The list does not hold the certificate of its signer, or more than one signer."
        / "Danh sách không kèm chứng thư của người ký, hoặc có hơn một người ký.";
    SIGNER_UNTRUSTED = "signer.untrusted", refuse,
        "No CSCA certificate that was imported singly issued the signer's certificate. Import that one first."
        / "Không có chứng thư CSCA nhập riêng nào cấp chứng thư của người ký. Hãy nhập chứng thư đó trước.";
    SIGNER_PURPOSE = "signer.purpose", refuse,
        "The signer's certificate is not for signing master lists (extended key usage 2.23.136.1.1.3)."
        / "Chứng thư của người ký không dùng để ký danh sách CSCA (mục đích khóa mở rộng 2.23.136.1.1.3).";
    SIGNER_DATES = "signer.dates", refuse,
        "The signer's certificate, or the CSCA above it, was not valid at the signing time."
        / "Chứng thư của người ký, hoặc CSCA cấp trên, không có hiệu lực tại thời điểm ký.";
    SIGNER_EXPIRED = "signer.expired", note,
        "The signer's certificate was valid at the signing time and has expired since."
        / "Chứng thư của người ký có hiệu lực khi ký nhưng nay đã hết hạn.";
    SIGNER_EXPIRED_REFUSED = "signer.expired-refused", refuse,
        "The signer's certificate has expired, and trust.expired_signers does not allow that."
        / "Chứng thư của người ký đã hết hạn và cấu hình trust.expired_signers không cho phép.";
    SIGNER_REVOKED = "signer.revoked", refuse,
        "The signer's certificate is revoked."
        / "Chứng thư của người ký đã bị thu hồi.";
    SIGNATURE_WRONG = "signature.wrong", refuse,
        "The signature is not right."
        / "Chữ ký không đúng.";
    SIGNATURE_ALGORITHM = "signature.algorithm", refuse,
        "The signature is made with an algorithm that is not accepted."
        / "Chữ ký dùng thuật toán không được chấp nhận.";
    DIGEST_INFO = "signature.digest-info", refuse,
        "The signature is right but for the NULL that its DigestInfo lacks (RFC 8017 section 9.2). trust.digest_info_without_null can allow it."
        / "Chữ ký chỉ thiếu phần tử NULL trong DigestInfo (RFC 8017 mục 9.2). Cấu hình trust.digest_info_without_null có thể cho phép.";
    DIGEST_INFO_ALLOWED = "signature.digest-info-allowed", note,
        "The signature's DigestInfo lacks the NULL (RFC 8017 section 9.2), which trust.digest_info_without_null allows."
        / "DigestInfo của chữ ký thiếu phần tử NULL (RFC 8017 mục 9.2); cấu hình trust.digest_info_without_null cho phép.";
    ENTRY_UNREADABLE = "entry.unreadable", note,
        "An entry is not a certificate. It is left out."
        / "Một mục không phải chứng thư. Mục này bị bỏ qua.";
    ENTRY_DUPLICATE = "entry.duplicate", note,
        "An entry is in the list more than once. It counts once."
        / "Một mục xuất hiện nhiều lần. Chỉ tính một lần.";
    ENTRY_PRACTICE = "entry.practice", note,
        "An entry is of the practice country (UTO). It is left out."
        / "Một mục thuộc quốc gia thực hành (UTO). Mục này bị bỏ qua.";
    ENTRY_NOT_CA = "entry.not-ca", note,
        "A certificate does not say that it is an authority (cA). Several states publish such CSCAs."
        / "Chứng thư không ghi là cơ quan cấp (cA). Một số quốc gia phát hành CSCA như vậy.";
    ENTRIES_MANY = "entry.many", refuse,
        "The file has more than 2,000 certificates, or more than 100,000 revoked serial numbers."
        / "Tệp có hơn 2.000 chứng thư hoặc hơn 100.000 số sê-ri bị thu hồi.";
    CSCA_ISSUER = "csca.issuer", refuse,
        "The certificate is signed neither by its own key nor by a CSCA in force: a link certificate comes after the CSCA that signed it."
        / "Chứng thư không do chính khóa của nó hay một CSCA đang áp dụng ký: chứng thư liên kết phải nhập sau CSCA đã ký.";
    CSCA_EXPIRED = "csca.expired", note,
        "The certificate has expired. Documents issued before may still be in use."
        / "Chứng thư đã hết hạn. Giấy tờ cấp trước đó có thể vẫn còn sử dụng.";
    CRL_ISSUER = "crl.issuer", refuse,
        "No CSCA in force has signed the revocation list. Import the CSCA first."
        / "Không có CSCA đang áp dụng nào ký danh sách thu hồi. Hãy nhập CSCA trước.";
    CRL_STALE = "crl.stale", note,
        "The next revocation list was due already."
        / "Đã quá hạn phát hành danh sách thu hồi tiếp theo.";
    CRL_NUMBER = "crl.number", note,
        "The list's number is lower than that of the one in force, though it is not older."
        / "Số của danh sách thấp hơn bản đang áp dụng dù thời điểm không cũ hơn.";
    DEVIATION_CERTIFICATE = "deviation.certificate", note,
        "No certificate in force has this SHA-256. It may be a document signer's, or come later."
        / "Không có chứng thư đang áp dụng nào có mã SHA-256 này. Có thể là chứng thư ký giấy tờ hoặc sẽ nhập sau.";
    DEVIATION_OVER = "deviation.over", note,
        "The last day of a deviation has passed."
        / "Một sai lệch đã quá ngày cuối được chấp nhận.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_a_name_of_its_own_and_a_sentence_in_both_languages() {
        for (i, fault) in FAULTS.iter().enumerate() {
            assert!(FAULTS[..i].iter().all(|earlier| earlier.name != fault.name), "{}", fault.name);
            assert!(fault.text.en.ends_with('.') && fault.text.vi.ends_with('.'), "{}", fault.name);
            assert_ne!(fault.text.en, fault.text.vi, "{}", fault.name);
        }
    }

    #[test]
    fn a_problem_is_kept_by_its_name() {
        let problem = Problem::about(&faults::ENTRY_UNREADABLE, 7);
        let kept = serde_json::to_string(&problem).unwrap();
        assert_eq!(kept, r#"{"name":"entry.unreadable","about":"7"}"#);
        assert_eq!(serde_json::from_str::<Problem>(&kept).unwrap(), problem);
        assert!(serde_json::from_str::<Problem>(r#"{"name":"entry.gone","about":""}"#).is_err());
    }
}
