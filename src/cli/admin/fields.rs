//! Fields of a request as options, and options as a request.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};
use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::{broken, kebab};
use crate::sys::{Clock, Dice};

/// Messages that are written as one value: their JSON form is a string.
const WRITTEN: [&str; 2] = ["google.protobuf.Timestamp", "google.protobuf.Duration"];
/// The field that makes a repeat harmless; drawn unless it is given.
const REQUEST_ID: &str = "request_id";

/// The fields of a request, those of messages within it by their path.
pub(super) struct Fields {
    message: MessageDescriptor,
    leaves: Vec<Vec<FieldDescriptor>>,
}

impl Fields {
    pub(super) fn of(message: &MessageDescriptor) -> Self {
        let mut leaves = Vec::new();
        gather(message, &mut Vec::new(), &mut leaves);
        Self { message: message.clone(), leaves }
    }

    /// An option for each field.
    pub(super) fn arguments(&self) -> Vec<Arg> {
        self.leaves.iter().filter_map(|path| argument(path)).collect()
    }

    /// The request that the options make.
    pub(super) fn message(&self, matches: &ArgMatches) -> anyhow::Result<DynamicMessage> {
        let mut json = Map::new();
        for path in &self.leaves {
            let field = broken(path.last())?;
            let name = option(path);
            if let Some(value) = value(field, &name, matches)? {
                put(&mut json, path, value);
            } else if field.name() == REQUEST_ID && path.len() == 1 {
                let drawn = Dice::system().id(Clock::System.now()).to_string();
                eprintln!("request_id {drawn} (give it again with --request-id to repeat this call)");
                put(&mut json, path, Value::String(drawn));
            }
        }
        DynamicMessage::deserialize(self.message.clone(), Value::Object(json)).context("the options cannot be read")
    }
}

fn gather(message: &MessageDescriptor, path: &mut Vec<FieldDescriptor>, leaves: &mut Vec<Vec<FieldDescriptor>>) {
    for field in message.fields() {
        path.push(field.clone());
        match field.kind() {
            Kind::Message(below) if !WRITTEN.contains(&below.full_name()) && !field.is_list() => {
                gather(&below, path, leaves);
            }
            _ => leaves.push(path.clone()),
        }
        path.pop();
    }
}

/// The option's name: the names of the path.
fn option(path: &[FieldDescriptor]) -> String {
    path.iter().map(|field| kebab(field.name())).collect::<Vec<_>>().join("-")
}

fn argument(path: &[FieldDescriptor]) -> Option<Arg> {
    let field = path.last()?;
    let comment = comment(field.parent_pool(), field.parent_file().name(), field.path());
    let name = option(path);
    let argument = Arg::new(name.clone()).long(name).help(comment.replace("Required. ", "Needed. "));
    let argument = if field.is_list() { argument.action(ArgAction::Append) } else { argument };
    Some(match field.kind() {
        Kind::Bool => argument.action(ArgAction::SetTrue),
        Kind::Enum(kind) => argument.value_parser(PossibleValuesParser::new(choices(&kind))),
        Kind::Bytes => argument.value_name("FILE"),
        Kind::Message(_) if field.is_list() => argument.value_name("JSON"),
        Kind::Message(_) => argument.value_name("TIME"),
        _ => argument.value_name("VALUE"),
    })
}

fn value(field: &FieldDescriptor, name: &str, matches: &ArgMatches) -> anyhow::Result<Option<Value>> {
    if field.kind() == Kind::Bool {
        return Ok(matches.get_flag(name).then_some(Value::Bool(true)));
    }
    let Some(given) = matches.get_many::<String>(name) else { return Ok(None) };
    let mut values = given.map(|text| read(field, text)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(if field.is_list() { Some(Value::Array(values)) } else { values.pop() })
}

fn read(field: &FieldDescriptor, text: &str) -> anyhow::Result<Value> {
    Ok(match field.kind() {
        Kind::Enum(kind) => Value::String(full_name(&kind, text)),
        Kind::Bytes => {
            let content = std::fs::read(text).with_context(|| format!("{text} cannot be read"))?;
            Value::String(STANDARD.encode(content))
        }
        Kind::Message(_) if field.is_list() => serde_json::from_str(text).context("not JSON")?,
        _ => Value::String(text.to_owned()),
    })
}

/// Puts a value where its path says.
fn put(json: &mut Map<String, Value>, path: &[FieldDescriptor], value: Value) {
    match path {
        [] => {}
        [last] => {
            json.insert(last.name().to_owned(), value);
        }
        [first, rest @ ..] => {
            let below = json.entry(first.name()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(below) = below {
                put(below, rest, value);
            }
        }
    }
}

fn choices(kind: &EnumDescriptor) -> Vec<String> {
    let short = |name: &str| kebab(&short_name(kind, name).to_lowercase());
    kind.values().filter(|value| value.number() != 0).map(|value| short(value.name())).collect()
}

fn full_name(kind: &EnumDescriptor, choice: &str) -> String {
    let wanted = choice.to_uppercase().replace('-', "_");
    let found = kind.values().find(|value| short_name(kind, value.name()) == wanted);
    found.map_or(wanted, |value| value.name().to_owned())
}

/// A value of an enum without what all of them begin with.
pub(super) fn short_name<'a>(kind: &EnumDescriptor, name: &'a str) -> &'a str {
    let prefix = format!("{}_", kebab(kind.name()).to_uppercase().replace('-', "_"));
    name.strip_prefix(&prefix).unwrap_or(name)
}

/// What the protocol says before the thing at that path.
pub(super) fn comment(pool: &DescriptorPool, file: &str, path: &[i32]) -> String {
    let file = pool.file_descriptor_protos().find(|one| one.name() == file);
    let places = file.and_then(|file| file.source_code_info.as_ref()).map(|info| info.location.as_slice());
    let place = places.unwrap_or_default().iter().find(|place| place.path == path);
    let lines = place.map(|place| place.leading_comments().trim().to_owned()).unwrap_or_default();
    lines.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The first sentence, and all of it.
pub(super) fn sentences(comment: &str) -> (String, String) {
    let first = comment.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    (first.trim_end_matches('.').to_owned(), comment.to_owned())
}
