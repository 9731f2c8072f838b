//! Which fields of a request are shown: `google.protobuf.FieldMask` over `Enrolment`, read by reflection, so that a field
//! that is added can be named at once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, Value};
use prost_types::FieldMask;

use super::parse::Faults;
use crate::domain::text::Malformed;
use crate::proto::{DESCRIPTORS, Enrolment};

/// Paths in one mask: more than there are fields.
const PATHS_MAX: usize = 100;

const NO_SUCH_FIELD: Malformed = Malformed::new(
    "Not a field of Enrolment, or one of a message that repeats. Write names as the protocol does, with dots between, such \
     as \"review.reviewed_at\"; \"*\" for all.",
    "Không phải trường của Enrolment, hoặc nằm trong thông điệp lặp lại. Hãy ghi tên trường như trong giao thức, ngăn cách \
     bằng dấu chấm, ví dụ \"review.reviewed_at\"; \"*\" để lấy tất cả.",
);
const TOO_MANY: Malformed = Malformed::new("At most 100 paths.", "Nhiều nhất 100 đường dẫn.");

static ENROLMENT: LazyLock<Option<MessageDescriptor>> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).ok()?.get_message_by_name("eid.issuance.v1.Enrolment"));

/// Which fields of a request are shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mask(Shown);

/// Which fields of a message are shown.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Shown {
    All,
    /// By number.
    Some(BTreeMap<u32, Self>),
}

impl Mask {
    /// Reads a mask; notes each path that names nothing. No mask, and one without paths, show all.
    pub(super) fn read(faults: &mut Faults, mask: Option<&FieldMask>) -> Option<Self> {
        let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
        if paths.len() > PATHS_MAX {
            faults.fault("read_mask.paths", TOO_MANY);
            return None;
        }
        let Some(descriptor) = ENROLMENT.as_ref().filter(|_| !paths.is_empty()) else { return Some(Self(Shown::All)) };
        let (mut shown, mut right) = (Shown::Some(BTreeMap::new()), true);
        for (at, path) in paths.iter().enumerate() {
            if let Some(numbers) = numbers(descriptor, path) {
                shown.add(&numbers);
            } else {
                faults.fault(&format!("read_mask.paths[{at}]"), NO_SUCH_FIELD);
                right = false;
            }
        }
        right.then_some(Self(shown))
    }

    /// The request with nothing but what is shown.
    pub(super) fn apply(&self, enrolment: Enrolment) -> Enrolment {
        let (Shown::Some(_), Some(descriptor)) = (&self.0, ENROLMENT.as_ref()) else { return enrolment };
        let read = DynamicMessage::decode(descriptor.clone(), enrolment.encode_to_vec().as_slice());
        let Ok(mut message) = read else { return Enrolment::default() };
        self.0.prune(&mut message);
        message.transcode_to().unwrap_or_default()
    }
}

impl Shown {
    /// Adds what a path names, and all that is below it.
    fn add(&mut self, path: &[u32]) {
        let Self::Some(fields) = self else { return };
        match path {
            [] => *self = Self::All,
            [field, rest @ ..] => fields.entry(*field).or_insert_with(|| Self::Some(BTreeMap::new())).add(rest),
        }
    }

    fn prune(&self, message: &mut DynamicMessage) {
        let Self::Some(shown) = self else { return };
        let fields: Vec<_> = message.fields().map(|(field, _)| field).collect();
        for field in fields {
            match shown.get(&field.number()) {
                Some(below) => {
                    if let Value::Message(inner) = message.get_field_mut(&field) {
                        below.prune(inner);
                    }
                }
                None => message.clear_field(&field),
            }
        }
    }
}

/// The numbers of the fields on a path; none for `*`. `None` if it names nothing.
fn numbers(descriptor: &MessageDescriptor, path: &str) -> Option<Vec<u32>> {
    if path == "*" {
        return Some(Vec::new());
    }
    let (mut numbers, mut inside) = (Vec::new(), Some(descriptor.clone()));
    for name in path.split('.') {
        let field = inside?.get_field_by_name(name)?;
        numbers.push(field.number());
        inside = match field.kind() {
            Kind::Message(message) if !field.is_list() && !field.is_map() => Some(message),
            _ => None,
        };
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{EnrolmentState, Finding, Review};
    use tonic_types::StatusExt as _;

    fn enrolment() -> Enrolment {
        Enrolment {
            enrolment_id: "0192".to_owned(),
            office: "79-01".to_owned(),
            state: EnrolmentState::Referred.into(),
            notes: vec![Finding { rule: "phone.in-use".to_owned(), ..Finding::default() }],
            review: Some(Review { reviewer: "0193".to_owned(), overridden: true, ..Review::default() }),
            ..Enrolment::default()
        }
    }

    fn masked(paths: &[&str]) -> Result<Enrolment, Vec<String>> {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        let mut faults = Faults::default();
        let read = Mask::read(&mut faults, Some(&mask));
        match faults.finish(read) {
            Ok(mask) => Ok(mask.apply(enrolment())),
            Err(status) => {
                let bad = status.get_details_bad_request().unwrap();
                Err(bad.field_violations.into_iter().map(|violation| violation.field).collect())
            }
        }
    }

    #[test]
    fn only_what_was_named_is_shown() {
        let Enrolment { enrolment_id, state, notes, .. } = enrolment();
        let expected = Enrolment { enrolment_id, state, notes, ..Enrolment::default() };
        assert!(masked(&["enrolment_id", "state", "notes"]).unwrap() == expected);
        let review = Some(Review { overridden: true, ..Review::default() });
        assert!(masked(&["review.overridden"]).unwrap() == Enrolment { review, ..Enrolment::default() });
        let review = enrolment().review;
        assert!(masked(&["review.overridden", "review"]).unwrap() == Enrolment { review, ..Enrolment::default() });
    }

    #[test]
    fn no_path_and_a_star_show_all() {
        assert!(masked(&[]).unwrap() == enrolment());
        assert!(masked(&["state", "*"]).unwrap() == enrolment());
        let all = Mask::read(&mut Faults::default(), None).unwrap();
        assert!(all.apply(enrolment()) == enrolment());
    }

    #[test]
    fn each_path_that_names_nothing_is_told() {
        let faulty = masked(&["state", "colour", "notes.rule", "", "state.name", "review.", "review.reviewer"]);
        let expected = [1, 2, 3, 4, 5].map(|at| format!("read_mask.paths[{at}]"));
        assert_eq!(faulty.map(drop), Err(expected.to_vec()));
        assert_eq!(masked(&["state"; PATHS_MAX + 1]).map(drop), Err(vec!["read_mask.paths".to_owned()]));
    }
}
