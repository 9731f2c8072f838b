//! Captures from protobuf to values and back.

use super::parse::Faults;
use crate::app::Confirmation;
use crate::domain::capture::{
    Absence, Captures, FINGERS_MAX, FaceImage, Finger, Fingerprint, Hash, MissingFinger, Quality,
};
use crate::domain::text::{Malformed, Text};
use crate::proto as pb;

const TOO_MANY: Malformed = Malformed::new("At most 10, one for each finger.", "Tối đa 10, mỗi ngón một mục.");
const NOT_A_FINGER: Malformed = Malformed::new(
    "Required: one of the fingers listed in the protocol.",
    "Bắt buộc: một trong các ngón nêu trong giao thức.",
);
const NOT_A_REASON: Malformed = Malformed::new(
    "Required: one of the reasons listed in the protocol.",
    "Bắt buộc: một trong các lý do nêu trong giao thức.",
);
const NOT_A_HASH: Malformed =
    Malformed::new("Not a SHA-256 value: send its 32 bytes.", "Không phải giá trị SHA-256: hãy gửi đủ 32 byte.");
const NO_HASH: Malformed = Malformed::new(
    "One SHA-256 for each content that arrived, at most 11.",
    "Một giá trị SHA-256 cho mỗi nội dung đã nhận, tối đa 11.",
);

/// Reads what an office took of a person.
pub(super) fn captures(faults: &mut Faults, message: &pb::Captures) -> Option<Captures> {
    let face = message.face.as_ref().map(|face| faults.take("face.content", FaceImage::read(face.content.clone())));
    let fingerprints = list(faults, "fingerprints", &message.fingerprints, fingerprint);
    let missing = list(faults, "missing_fingers", &message.missing_fingers, missing_finger);
    // Outside: was it sent; inside: could it be read.
    let face = match face {
        None => None,
        Some(read) => Some(read?),
    };
    Some(Captures { face, fingerprints: fingerprints?, missing: missing? })
}

fn list<M, T>(
    faults: &mut Faults,
    field: &str,
    messages: &[M],
    read: impl Fn(&mut Faults, &M) -> Option<T>,
) -> Option<Vec<T>> {
    if messages.len() > FINGERS_MAX {
        faults.fault(field, TOO_MANY);
        return None;
    }
    let read: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(i, message)| faults.within(&format!("{field}[{i}]"), Some(message), &read))
        .collect();
    read.into_iter().collect()
}

fn fingerprint(faults: &mut Faults, message: &pb::FingerprintTemplate) -> Option<Fingerprint> {
    let finger = faults.take("finger", finger(message.finger));
    let quality = message.quality.map(|score| faults.take("quality", Quality::new(score)));
    let quality = quality.map_or(Some(None), |read| read.map(Some));
    // The template is read in any case, so that its fault is told beside the others.
    let any = finger.unwrap_or(Finger::RightThumb);
    let read = faults.take("content", Fingerprint::read(any, quality.flatten(), message.content.clone()));
    finger.and(quality).and(read)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "read from a list as the others are")]
fn missing_finger(faults: &mut Faults, message: &pb::MissingFinger) -> Option<MissingFinger> {
    let finger = faults.take("finger", finger(message.finger));
    let absence = match message.absence() {
        pb::FingerAbsence::Amputated => Some(Absence::Amputated),
        pb::FingerAbsence::Injured => Some(Absence::Injured),
        pb::FingerAbsence::Unreadable => Some(Absence::Unreadable),
        pb::FingerAbsence::Unable => Some(Absence::Unable),
        pb::FingerAbsence::Unspecified => None,
    };
    let absence = faults.take("absence", absence.ok_or(NOT_A_REASON));
    Some(MissingFinger { finger: finger?, absence: absence? })
}

fn finger(number: i32) -> Result<Finger, Malformed> {
    Finger::ALL.into_iter().find(|finger| i32::from(finger.number()) == number).ok_or(NOT_A_FINGER)
}

/// Reads the hashes of what arrived.
pub(super) fn hashes(faults: &mut Faults, field: &str, sent: &[Vec<u8>]) -> Option<Vec<Hash>> {
    if sent.len() > FINGERS_MAX + 1 {
        faults.fault(field, NO_HASH);
        return None;
    }
    let read: Vec<_> = sent
        .iter()
        .enumerate()
        .map(|(i, hash)| faults.take(&format!("{field}[{i}]"), Hash::try_from(hash.as_slice()).map_err(|_| NOT_A_HASH)))
        .collect();
    read.into_iter().collect()
}

/// Captures as the authority gets them.
pub(super) fn rendered(captures: &Captures) -> pb::Captures {
    let finger = |finger: Finger| i32::from(finger.number());
    pb::Captures {
        face: captures.face.as_ref().map(|face| pb::Image { content: face.content().as_bytes().to_vec() }),
        fingerprints: captures
            .fingerprints
            .iter()
            .map(|print| pb::FingerprintTemplate {
                finger: finger(print.finger()),
                quality: print.quality().map(|quality| quality.score().into()),
                content: print.content().as_bytes().to_vec(),
            })
            .collect(),
        missing_fingers: captures
            .missing
            .iter()
            .map(|missing| pb::MissingFinger {
                finger: finger(missing.finger),
                absence: absence(missing.absence).into(),
            })
            .collect(),
    }
}

const fn absence(absence: Absence) -> pb::FingerAbsence {
    match absence {
        Absence::Amputated => pb::FingerAbsence::Amputated,
        Absence::Injured => pb::FingerAbsence::Injured,
        Absence::Unreadable => pb::FingerAbsence::Unreadable,
        Absence::Unable => pb::FingerAbsence::Unable,
    }
}

/// The outcome of a confirmation, and what it means.
pub(super) const fn confirmed(confirmation: Confirmation) -> (pb::ConfirmCapturesOutcome, Text) {
    match confirmation {
        Confirmation::Confirmed => (
            pb::ConfirmCapturesOutcome::Confirmed,
            Text::new(
                "Nobody can read the captures here any more; their objects are being deleted.",
                "Không ai còn đọc được dữ liệu sinh trắc tại đây; các tệp đang được xóa.",
            ),
        ),
        Confirmation::AlreadyEnded => (
            pb::ConfirmCapturesOutcome::AlreadyEnded,
            Text::new(
                "The captures had ended before this call. Nothing more is to be done.",
                "Dữ liệu sinh trắc đã được kết thúc lưu giữ trước đó. Không cần làm gì thêm.",
            ),
        ),
        Confirmation::Different => (
            pb::ConfirmCapturesOutcome::Different,
            Text::new(
                "These are not the hashes of all that is held. Nothing was deleted: fetch the captures again and compare.",
                "Các mã băm không khớp với toàn bộ dữ liệu đang giữ. Chưa xóa gì: hãy tải lại và đối chiếu.",
            ),
        ),
        Confirmation::NothingHeld => (
            pb::ConfirmCapturesOutcome::NothingHeld,
            Text::new("Nothing was captured with this request.", "Hồ sơ này không kèm dữ liệu sinh trắc."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capture::samples::{iso, jpeg};
    use tonic_types::StatusExt as _;

    fn print(finger: pb::Finger, quality: Option<i32>) -> pb::FingerprintTemplate {
        let position = u8::try_from(i32::from(finger)).unwrap();
        pb::FingerprintTemplate { finger: finger.into(), quality, content: iso(position, 80) }
    }

    fn complete() -> pb::Captures {
        pb::Captures {
            face: Some(pb::Image { content: jpeg(480, 640) }),
            fingerprints: vec![print(pb::Finger::RightThumb, Some(61)), print(pb::Finger::LeftLittle, Some(80))],
            missing_fingers: vec![pb::MissingFinger {
                finger: pb::Finger::LeftRing.into(),
                absence: pb::FingerAbsence::Injured.into(),
            }],
        }
    }

    /// The fields that a message names as faulty.
    fn faulty(message: &pb::Captures) -> Vec<String> {
        let mut faults = Faults::default();
        let read = captures(&mut faults, message);
        let refused = faults.finish(read).expect_err("it cannot be read");
        let bad = refused.get_details_bad_request().unwrap();
        bad.field_violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn captures_are_read_and_rendered_as_they_were_sent() {
        for message in [complete(), pb::Captures::default()] {
            let mut faults = Faults::default();
            let read = captures(&mut faults, &message);
            let read = faults.finish(read).unwrap();
            assert!(rendered(&read) == message);
        }
        let mut unsaid = complete();
        unsaid.fingerprints[0].quality = None;
        let read = captures(&mut Faults::default(), &unsaid).unwrap();
        assert_eq!(rendered(&read).fingerprints[0].quality, Some(80), "as the template says");
    }

    #[test]
    fn everything_that_cannot_be_read_is_named_at_once() {
        let mut message = complete();
        message.face = Some(pb::Image { content: b"no image".to_vec() });
        message.fingerprints[0] = pb::FingerprintTemplate { finger: 11, quality: Some(101), content: Vec::new() };
        message.fingerprints.push(pb::FingerprintTemplate::default());
        message.missing_fingers[0] = pb::MissingFinger::default();
        assert_eq!(
            faulty(&message),
            [
                "face.content",
                "fingerprints[0].finger",
                "fingerprints[0].quality",
                "fingerprints[0].content",
                "fingerprints[2].finger",
                "fingerprints[2].content",
                "missing_fingers[0].finger",
                "missing_fingers[0].absence",
            ]
        );
    }

    #[test]
    fn more_fingers_than_a_person_has_are_refused_unread() {
        let many = || vec![print(pb::Finger::RightThumb, None); 10_000];
        let message = pb::Captures { fingerprints: many(), ..complete() };
        assert_eq!(faulty(&message), ["fingerprints"]);
        let message = pb::Captures { missing_fingers: vec![pb::MissingFinger::default(); 11], ..complete() };
        assert_eq!(faulty(&message), ["missing_fingers"]);
    }
}
