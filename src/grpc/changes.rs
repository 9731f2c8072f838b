//! Which fields of an application a correction changed: paths, never values.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};

use crate::proto::{Application, DESCRIPTORS};

const APPLICATION: &str = "eid.issuance.v1.Application";

/// Paths of the fields that differ, in the order of the protocol; a repeated field is one.
pub(super) fn between(before: &Application, after: &Application) -> Vec<String> {
    let mut found = Vec::new();
    match reflected([before, after]) {
        Some([before, after]) => differences(&before, &after, "", &mut found),
        // The protocol of this program cannot be reflected: say that something changed rather than nothing.
        None if before != after => found.push("application".to_owned()),
        None => {}
    }
    found
}

/// Both over one reading of the protocol: messages of two readings are never equal.
fn reflected(applications: [&Application; 2]) -> Option<[DynamicMessage; 2]> {
    let descriptor = DescriptorPool::decode(DESCRIPTORS).ok()?.get_message_by_name(APPLICATION)?;
    let read = |application: &Application| {
        DynamicMessage::decode(descriptor.clone(), application.encode_to_vec().as_slice()).ok()
    };
    let [before, after] = applications;
    Some([read(before)?, read(after)?])
}

fn differences(before: &DynamicMessage, after: &DynamicMessage, above: &str, found: &mut Vec<String>) {
    for field in before.descriptor().fields() {
        let path = match above {
            "" => field.name().to_owned(),
            above => format!("{above}.{}", field.name()),
        };
        if before.has_field(&field) && after.has_field(&field) {
            match (&*before.get_field(&field), &*after.get_field(&field)) {
                (Value::Message(before), Value::Message(after))
                    if before.descriptor().full_name().starts_with("eid.") =>
                {
                    differences(before, after, &path, found);
                }
                (before, after) if before != after => found.push(path),
                _ => {}
            }
        } else if before.has_field(&field) != after.has_field(&field) {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Consent, Passport, Person};

    #[test]
    fn a_change_is_told_by_its_path_and_never_by_its_value() {
        let before = Application {
            person: Some(Person { family_name: "NGUYEN".into(), given_names: "AN".into(), ..Person::default() }),
            phone: "+84912345678".into(),
            consents: vec![Consent::default()],
            ..Application::default()
        };
        let mut after = before.clone();
        assert!(between(&before, &after).is_empty());
        after.person.as_mut().unwrap().given_names = "ANH".into();
        after.passport = Some(Passport::default());
        after.phone.clear();
        after.consents.clear();
        assert_eq!(between(&before, &after), ["person.given_names", "passport", "phone", "consents"]);
    }
}
