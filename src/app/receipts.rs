//! Receipts of what was handed in, and the applicant's slip.
//!
//! A receipt is signed once and kept as it was signed: what is corrected, recomputed or rotated later changes nothing in
//! it. Its salt is derived, and goes to the office alone.

use super::{App, Caller, Error, Officer};
use crate::domain::application::Application;
use crate::domain::audit::Action;
use crate::domain::contact::mask_tail;
use crate::domain::enrolment::{Enrolment, StageName};
use crate::domain::ids::EnrolmentId;
use crate::domain::office::OfficeMap;
use crate::domain::person::NamePart;
use crate::domain::staff::OfficeCode;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::receipt::{At, Claims, ContentHash, Due, JwkSet, KeyId, PlainDigest, Printed, Salt, Signed, Slip};
use crate::store::{Change, Reader, StoredReceipt, Unit};

/// A receipt as it is handed to the office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandedReceipt {
    /// The text, for everyone.
    pub signed: Signed,
    /// What it takes to compare it with the content, for the office.
    pub salt: Salt,
}

/// The slip of a request.
#[derive(Debug)]
pub struct ShownSlip {
    /// The page.
    pub page: Printed,
    /// The receipt on it; absent for requests of before there were any.
    pub receipt: Option<HandedReceipt>,
}

impl App {
    /// Name of the key that signs receipts now.
    pub fn receipt_key(&self) -> &KeyId {
        self.vault().receipt_key()
    }

    /// The keys by which receipts are checked, former ones too.
    pub fn receipt_keys(&self) -> &JwkSet {
        self.vault().receipt_keys()
    }

    /// The slip of a request of the officer's own office, with the receipt of its latest submission. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or another office's.
    pub async fn slip(&self, by: &Caller, officer: &Officer, id: EnrolmentId) -> Result<ShownSlip, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let stored = self.held_enrolment(&mut reader, officer, id).await?;
        let receipt = reader.latest_receipt(id).await?.map(|kept| self.handed(kept));
        let map = self.offices(&mut reader).await?;
        drop(reader);
        let entry = self.entry(now, by.actor(), Action::SlipPrinted, id.uuid());
        self.commit(Unit::new(entry)).await?;
        let (application, enrolment) = (self.open_application(&stored)?, &stored.enrolment);
        let slip = Slip {
            request: id,
            office: at(&map, &enrolment.office, enrolment.received_at),
            today: (officer.office != enrolment.office).then(|| at(&map, &officer.office, now)),
            received_at: enrolment.received_at,
            name: &full_name(&application),
            document_masked: &document_masked(&application),
            due: due(enrolment),
            next: next(enrolment.stage.name()),
            signed: receipt.as_ref().map(|receipt| &receipt.signed),
            printed_at: now,
        };
        let page = slip.print().map_err(|error| Error::Broken(Box::new(error)))?;
        Ok(ShownSlip { page, receipt })
    }

    /// The receipt of what was submitted at `now`, and the change that keeps it, which goes behind the one that adds or
    /// corrects the request.
    pub(super) fn receipt(
        &self,
        enrolment: &Enrolment,
        submitted: PlainDigest,
        now: Timestamp,
    ) -> (HandedReceipt, Change) {
        let (enrolment_id, revision) = (enrolment.id, enrolment.revision);
        let salt = self.vault().receipt_salt(enrolment_id, revision);
        let content = ContentHash::new(salt, submitted);
        let claims = Claims::new(enrolment_id, enrolment.office.clone(), now, content, due(enrolment));
        let signed = self.vault().sign_receipt(&claims);
        let kept = StoredReceipt { enrolment: enrolment_id, revision, signed: signed.clone() };
        (HandedReceipt { signed, salt }, Change::KeepReceipt(kept))
    }

    /// The receipt of a request's revision; `None` if that was handed in before there were any.
    pub(super) async fn kept_receipt(
        &self,
        reader: &mut Reader,
        id: EnrolmentId,
        revision: u32,
    ) -> Result<Option<HandedReceipt>, Error> {
        Ok(reader.receipt(id, revision).await?.map(|kept| self.handed(kept)))
    }

    fn handed(&self, kept: StoredReceipt) -> HandedReceipt {
        HandedReceipt { salt: self.vault().receipt_salt(kept.enrolment, kept.revision), signed: kept.signed }
    }
}

/// The legal deadline as it is counted now; `None` while its clock stands still, or if it was never counted.
fn due(enrolment: &Enrolment) -> Option<Due> {
    let running = enrolment.deadline.as_ref().filter(|deadline| !deadline.is_suspended());
    running.map(|deadline| Due::before(deadline.due_at, deadline.provisional))
}

/// An office as its records have it on that day.
pub(super) fn at<'a>(map: &'a OfficeMap, code: &'a OfficeCode, day: Timestamp) -> At<'a> {
    let office = map.office(code, day.local_date());
    At {
        code,
        name: office.map(|office| office.names.vi.as_str()),
        seat: office.and_then(|office| office.seat.as_deref()),
    }
}

fn full_name(application: &Application) -> String {
    let parts = [application.name.family(), application.name.given()];
    parts.into_iter().flatten().map(NamePart::as_str).collect::<Vec<_>>().join(" ")
}

/// The end of the passport's number or, without one, of the residence card's.
fn document_masked(application: &Application) -> String {
    let passport = application.passport.as_ref().map(|passport| &passport.number);
    let number = passport.or(application.card.as_ref().map(|card| &card.number));
    number.map(|number| mask_tail(number.as_str())).unwrap_or_default()
}

/// What happens next, in words for the applicant.
const fn next(stage: StageName) -> Text {
    match stage {
        StageName::Referred => Text::new(
            "A supervisor of the office looks at the request; then it goes to the identity authority, which decides by the \
             legal deadline. The result is sent to the phone number you gave.",
            "Cán bộ phụ trách của nơi tiếp nhận xem xét hồ sơ, sau đó chuyển đến cơ quan quản lý định danh để quyết định \
             trong thời hạn luật định. Kết quả được gửi đến số điện thoại ông/bà đã khai.",
        ),
        StageName::Received | StageName::Forwarded => Text::new(
            "The identity authority decides by the legal deadline. The result is sent to the phone number you gave. Once \
             it is approved, activate the account in the VNeID app within 7 days of receiving the notice.",
            "Cơ quan quản lý định danh quyết định trong thời hạn luật định. Kết quả được gửi đến số điện thoại ông/bà đã \
             khai. Khi được chấp thuận, hãy kích hoạt tài khoản trên ứng dụng VNeID trong 7 ngày kể từ ngày nhận thông báo.",
        ),
        StageName::Returned => Text::new(
            "The office asks you to correct something, and tells you what. Come with the documents that it names; the time \
             until then does not count against the legal deadline.",
            "Nơi tiếp nhận đề nghị ông/bà bổ sung, sửa đổi hồ sơ và sẽ cho biết nội dung. Hãy mang theo giấy tờ được yêu cầu; \
             thời gian chờ không tính vào thời hạn luật định.",
        ),
        StageName::Withdrawn => Text::new(
            "The request was withdrawn. You may apply again at any time.",
            "Hồ sơ đã được rút. Ông/bà có thể nộp hồ sơ mới bất cứ lúc nào.",
        ),
        StageName::Issued => Text::new(
            "The request was approved. Activate the account in the VNeID app within 7 days of receiving the notice; after \
             that, call the hotline.",
            "Hồ sơ đã được chấp thuận. Hãy kích hoạt tài khoản trên ứng dụng VNeID trong 7 ngày kể từ ngày nhận thông báo; \
             quá thời hạn, hãy gọi tổng đài.",
        ),
        StageName::Refused => Text::new(
            "The request was refused. The office tells you why; once the reason is gone you may apply again.",
            "Hồ sơ đã bị từ chối. Nơi tiếp nhận sẽ cho ông/bà biết lý do; khi lý do không còn, ông/bà có thể nộp hồ sơ mới.",
        ),
    }
}
