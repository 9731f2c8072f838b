//! From the JSON form of the protocol to a request to submit, or to another message.
//!
//! Owns the reading and its errors, which name line, field and cure. Refuses unknown fields. Never quotes a value: what
//! stands in these files is personal data.

use std::fmt;

use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, SerializeOptions};
use ring::digest;
use serde_json::error::Category;

use super::place::{Step, path_at_end, written};
use crate::proto::{Application, DESCRIPTORS, SubmitRequest};

const SUBMIT_REQUEST: &str = "eid.issuance.v1.SubmitRequest";
const TIMESTAMP: &str = "google.protobuf.Timestamp";

/// Keeps derived names apart from whatever else is hashed.
const NAMESPACE: &[u8] = b"eid office submit\0";

/// Reads requests, or other messages of one kind.
pub(in crate::cli) struct Reader {
    message: MessageDescriptor,
}

/// Why a text is no request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::cli) struct Unreadable {
    /// Counted from one within the text.
    pub(in crate::cli) line: usize,
    /// The field, as a path. Empty: the request itself.
    pub(in crate::cli) field: String,
    /// What is wrong and what would be right.
    pub(in crate::cli) wrong: String,
}

impl Reader {
    /// A reader of `SubmitRequest`.
    pub(super) fn new() -> anyhow::Result<Self> {
        Self::of(SUBMIT_REQUEST)
    }

    /// A reader of the message of that full name.
    pub(in crate::cli) fn of(name: &str) -> anyhow::Result<Self> {
        let message = DescriptorPool::decode(DESCRIPTORS)?.get_message_by_name(name);
        Ok(Self { message: message.ok_or_else(|| anyhow::anyhow!("the protocol has no {name}"))? })
    }

    /// Reads one request. One without a `request_id` is given one that is drawn from its content.
    pub(super) fn read(&self, text: &str) -> Result<SubmitRequest, Unreadable> {
        let mut request: SubmitRequest = self.message(text)?;
        if request.request_id.is_empty() {
            request.request_id = derived_id(request.application.as_ref());
        }
        Ok(request)
    }

    /// Reads one message, which must be of the kind that the reader is for.
    pub(in crate::cli) fn message<M: prost::Message + Default>(&self, text: &str) -> Result<M, Unreadable> {
        let mut json = serde_json::Deserializer::from_str(text);
        let message = DynamicMessage::deserialize(self.message.clone(), &mut json);
        let message = message.and_then(|message| json.end().map(|()| message));
        let message = message.map_err(|error| self.explain(text, &error))?;
        message.transcode_to().map_err(|_| Unreadable::whole("is no message of that kind"))
    }

    /// A message of the kind that the reader is for, as it is written in files.
    pub(super) fn write<M: prost::Message>(&self, message: &M) -> anyhow::Result<String> {
        let mut dynamic = DynamicMessage::new(self.message.clone());
        dynamic.transcode_from(message)?;
        let mut json = serde_json::Serializer::pretty(Vec::new());
        dynamic.serialize_with_options(&mut json, &SerializeOptions::new().use_proto_field_name(true))?;
        Ok(String::from_utf8(json.into_inner())?)
    }

    /// The library's own words can quote a value, so only the place of the error is taken from it.
    fn explain(&self, text: &str, error: &serde_json::Error) -> Unreadable {
        let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let path = path_at_end(text.get(..before + error.column()).unwrap_or(text));
        let wrong = match error.classify() {
            Category::Data => self.demand(&path),
            _ => syntax(&error.to_string()),
        };
        Unreadable { line: error.line().max(1), field: written(&path), wrong }
    }

    /// What has to stand at the end of a path.
    fn demand(&self, path: &[Step]) -> String {
        let mut kind = Kind::Message(self.message.clone());
        let mut list = false;
        for step in path {
            match step {
                Step::Element(_) => list = false,
                Step::Key(key) => {
                    let Kind::Message(message) = &kind else { break };
                    let field = message.get_field_by_name(key).or_else(|| message.get_field_by_json_name(key));
                    let Some(field) = field else {
                        return format!("is no field of the protocol; there are: {}", fields(message));
                    };
                    list = field.is_list();
                    kind = field.kind();
                }
            }
        }
        match kind {
            _ if list => "must be a list: [ … ]".to_owned(),
            Kind::String => "must be a text in quotes".to_owned(),
            Kind::Enum(words) => {
                let words: Vec<_> = words.values().skip(1).map(|word| word.name().to_owned()).collect();
                format!("must be one of the words {}", words.join(", "))
            }
            Kind::Message(message) if message.full_name() == TIMESTAMP => {
                "must be an instant such as \"2026-11-21T09:30:00+07:00\"".to_owned()
            }
            Kind::Message(message) => format!("must be an object {{ … }} with the fields {}", fields(&message)),
            _ => "must be a number".to_owned(),
        }
    }
}

impl Unreadable {
    fn whole(wrong: &str) -> Self {
        Self { line: 1, field: String::new(), wrong: wrong.to_owned() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the request" } else { &self.field };
        write!(f, "{field} {}", self.wrong)
    }
}

fn fields(message: &MessageDescriptor) -> String {
    message.fields().map(|field| field.name().to_owned()).collect::<Vec<_>>().join(", ")
}

/// What is wrong with the JSON. These words of the library are fixed and quote nothing.
fn syntax(error: &str) -> String {
    match error.split(" at line ").next().unwrap_or_default() {
        "trailing characters" => {
            "is followed by something else; for several requests write one on each line of a file named .jsonl"
                .to_owned()
        }
        end if end.starts_with("EOF") => "is cut short: the text ends before the JSON does".to_owned(),
        words => format!("is not JSON from here on: {words}"),
    }
}

/// A UUID (version 8, RFC 9562) from the SHA-256 of the content: the same content gets the same one.
fn derived_id(application: Option<&Application>) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(NAMESPACE);
    hash.update(&application.map(prost::Message::encode_to_vec).unwrap_or_default());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../docs/examples/submit.json");

    fn read(text: &str) -> Result<SubmitRequest, Unreadable> {
        Reader::new().unwrap().read(text)
    }

    fn unreadable(text: &str) -> String {
        let fault = read(text).err().unwrap();
        format!("{}: {fault}", fault.line)
    }

    #[test]
    fn the_example_is_the_renewed_specimen() {
        let request = read(EXAMPLE).unwrap();
        let application = request.application.unwrap();
        assert_eq!(application.person.unwrap().family_name, "Eriksson");
        let passport = application.passport.unwrap();
        let (one, two) = passport.mrz.split_once('\n').unwrap();
        assert!(mrz::parse_td3(one, two).unwrap().valid() && one.starts_with("P<UTOERIKSSON<<ANNA<MARIA"));
        assert!(application.residence_card.unwrap().number.starts_with("PRACTICE"));
        assert_eq!(application.consents.len(), 2);
    }

    #[test]
    fn the_same_content_gets_the_same_name_however_it_is_written() {
        let one = read(EXAMPLE).unwrap();
        let close = read(&EXAMPLE.replace(['\n', ' '], "")).unwrap();
        let camel = read(&EXAMPLE.replace("residence_card", "residenceCard")).unwrap();
        let other = read(&EXAMPLE.replace("1974-08-12", "1974-08-13")).unwrap();
        assert_eq!(one.request_id, camel.request_id);
        assert_ne!(one.request_id, other.request_id);
        assert_ne!(one.request_id, close.request_id, "blanks within texts are content");
        let id = uuid::Uuid::try_parse(&one.request_id).unwrap();
        assert_eq!(id.get_version_num(), 8);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (reader, request) = (Reader::new().unwrap(), read(EXAMPLE).unwrap());
        let written = reader.write(&request).unwrap();
        assert!(written.contains("\"residence_card\""), "the names of the protocol");
        assert!(read(&written).unwrap() == request);
    }

    #[test]
    fn a_name_that_is_given_is_kept() {
        assert_eq!(read(r#"{"request_id": "x"}"#).unwrap().request_id, "x");
        assert_eq!(read(r#"{"requestId": "x"}"#).unwrap().request_id, "x");
    }

    #[test]
    fn an_unknown_field_is_told_by_line_and_path_with_those_there_are() {
        let text = EXAMPLE.replace("\"date_of_birth\"", "\"birthday\"");
        let line = 1 + text.lines().position(|line| line.contains("birthday")).unwrap();
        assert_eq!(
            unreadable(&text),
            format!(
                "{line}: application.person.birthday is no field of the protocol; there are: family_name, given_names, \
                 date_of_birth, sex, nationality"
            )
        );
        assert!(unreadable("{\"person\": {}}").contains("person is no field of the protocol; there are: request_id"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_by_what_is_wanted_and_never_quoted() {
        for (text, told) in [
            (r#"{"application": {"phone": 912345678}}"#, "1: application.phone must be a text in quotes"),
            (
                r#"{"application": {"person": {"sex": "WOMAN"}}}"#,
                "application.person.sex must be one of the words SEX_F",
            ),
            (r#"{"application": "secret"}"#, "application must be an object { … } with the fields person, passport"),
            (r#"{"application": {"consents": {}}}"#, "application.consents must be a list: [ … ]"),
            (
                "{\"application\": {\"consents\": [{},\n{\"given_at\": \"2026-02-30T00:00:00Z\"}]}}",
                "2: application.consents[1].given_at must be an instant such as",
            ),
            (r#"{"application": {"consents": [{"given_at": 7}]}}"#, "consents[0].given_at must be an instant"),
            (r#"[{"application": {}}]"#, "must be an object { … } with the fields request_id, application"),
            ("7", "the request must be an object"),
        ] {
            let fault = unreadable(text);
            assert!(fault.contains(told), "{text}\n{fault}");
            for value in ["912345678", "WOMAN", "secret", "02-30"] {
                assert!(!fault.contains(value), "{fault}");
            }
        }
    }

    #[test]
    fn broken_json_is_told_by_its_place() {
        assert_eq!(unreadable(""), "1: the request is cut short: the text ends before the JSON does");
        assert!(unreadable("{\"application\": {\n\"phone\": \"09").starts_with("2: application.phone is cut short"));
        assert!(
            unreadable("{\"application\": {\n\"phone\": '09'}}").contains("2: application.phone is not JSON from here")
        );
        assert!(unreadable("{}\n{}").starts_with("2: the request is followed by something else; for several"));
        assert!(unreadable(&"[".repeat(100_000)).contains("the request"));
        assert!(unreadable(&"{\"application\":".repeat(1_000)).starts_with("1: "));
    }
}
