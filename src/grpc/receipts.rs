//! Receipts and slips, from values to protobuf, and the bytes that a receipt's content hash is of.

use crate::app::{HandedReceipt, ShownSlip};
use crate::domain::text::Malformed;
use crate::proto as pb;
use crate::receipt::PlainDigest;

const WRONG_FORMAT: Malformed = Malformed::new("Not a form of a slip.", "Không phải dạng của phiếu.");

/// Digest of what a call hands in, as its receipt names it: of a message SubmitRequest with these fields alone, in the order
/// of their numbers and without those at their default, as protobuf writes messages that have no maps. What names the call,
/// and what a workstation adds on sending, is not content. `docs/receipts.md` says it to the byte.
pub fn submitted_content(
    application: Option<&pb::Application>,
    chip: Option<&pb::Chip>,
    captures: Option<&pb::Captures>,
) -> PlainDigest {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    // The numbers of the fields in SubmitRequest.
    if let Some(application) = application {
        prost::encoding::message::encode(2, application, &mut *bytes);
    }
    if let Some(chip) = chip {
        prost::encoding::message::encode(3, chip, &mut *bytes);
    }
    if let Some(captures) = captures {
        prost::encoding::message::encode(4, captures, &mut *bytes);
    }
    PlainDigest::of(&bytes)
}

pub(super) fn signed(receipt: &HandedReceipt) -> String {
    receipt.signed.as_str().to_owned()
}

pub(super) fn key_id(receipt: &HandedReceipt) -> String {
    receipt.signed.key_id().map(|key| key.to_string()).unwrap_or_default()
}

pub(super) fn salt(receipt: &HandedReceipt) -> String {
    receipt.salt.to_text()
}

/// Whether a slip can be had in that form: there is one.
pub(super) fn format(asked: i32) -> Result<(), Malformed> {
    match pb::SlipFormat::try_from(asked) {
        Ok(pb::SlipFormat::Unspecified | pb::SlipFormat::Html) => Ok(()),
        Err(_) => Err(WRONG_FORMAT),
    }
}

pub(super) fn slip(shown: ShownSlip) -> pb::GetSlipResponse {
    let receipt = shown.receipt.as_ref();
    pb::GetSlipResponse {
        media_type: "text/html; charset=utf-8".to_owned(),
        signed: receipt.map(signed).unwrap_or_default(),
        key_id: receipt.map(key_id).unwrap_or_default(),
        content_salt: receipt.map(salt).unwrap_or_default(),
        page: shown.page.into_html(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    fn nameless() -> pb::SubmitRequest {
        pb::SubmitRequest {
            application: Some(pb::Application { phone: "0912 345 678".to_owned(), ..Default::default() }),
            chip: Some(pb::Chip::default()),
            captures: Some(pb::Captures { face: Some(pb::Image { content: vec![1, 2] }), ..Default::default() }),
            ..Default::default()
        }
    }

    fn request() -> pb::SubmitRequest {
        pb::SubmitRequest { request_id: "0192".to_owned(), ..nameless() }
    }

    fn digest(request: &pb::SubmitRequest) -> PlainDigest {
        submitted_content(request.application.as_ref(), request.chip.as_ref(), request.captures.as_ref())
    }

    #[test]
    fn the_content_is_the_message_without_the_name_of_the_call() {
        assert_eq!(digest(&request()), PlainDigest::of(&nameless().encode_to_vec()));
    }

    #[test]
    fn whatever_was_handed_in_otherwise_is_another_content() {
        let mut others = vec![request(), request(), request(), request()];
        others[0].application.as_mut().unwrap().phone = "0912345678".to_owned();
        others[1].chip = None;
        others[2].captures.as_mut().unwrap().face.as_mut().unwrap().content.push(3);
        others[3].captures = Some(pb::Captures::default());
        for other in others {
            assert_ne!(digest(&other), digest(&request()));
        }
    }
}
