//! Answers on the terminal: lists as columns, everything else as lines with names; or all of it as JSON.

use std::io::{self, Write};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, SerializeOptions, Value};
use serde_json::Serializer;

use super::fields::short_name;
use super::kebab;
use crate::cli::words;

/// The message on one line, with the names of the protocol.
pub(super) fn json(message: &DynamicMessage) -> anyhow::Result<String> {
    let mut line = Vec::new();
    let options = SerializeOptions::new().use_proto_field_name(true);
    message.serialize_with_options(&mut Serializer::new(&mut line), &options)?;
    Ok(String::from_utf8(line)?)
}

/// The message for people.
pub(super) fn table(out: &mut impl Write, message: &DynamicMessage) -> io::Result<()> {
    for (field, value) in message.fields() {
        match value {
            Value::List(items) if matches!(field.kind(), Kind::Message(_)) => {
                let rows: Vec<_> = items.iter().filter_map(Value::as_message).collect();
                columns(out, &rows)?;
            }
            _ => lines(out, &kebab(field.name()), &field, value)?,
        }
    }
    Ok(())
}

/// A field, and what is below it with the names of the path.
fn lines(out: &mut impl Write, name: &str, field: &FieldDescriptor, value: &Value) -> io::Result<()> {
    if let Some(text) = scalar(field, value) {
        return words::line(out, name, &text);
    }
    match value {
        Value::Message(below) => below
            .fields()
            .try_for_each(|(field, value)| lines(out, &format!("{name}.{}", kebab(field.name())), &field, value)),
        Value::List(items) => items.iter().enumerate().try_for_each(|(at, item)| match item {
            Value::Message(below) => below.fields().try_for_each(|(field, value)| {
                lines(out, &format!("{name}[{at}].{}", kebab(field.name())), &field, value)
            }),
            one => words::line(out, &format!("{name}[{at}]"), &scalar(field, one).unwrap_or_default()),
        }),
        _ => Ok(()),
    }
}

/// Rows of one kind: a column for each field that is one value and is set in some row.
fn columns(out: &mut impl Write, rows: &[&DynamicMessage]) -> io::Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let cell = |row: &DynamicMessage, field: &FieldDescriptor| {
        if row.has_field(field) { scalar(field, &row.get_field(field)).unwrap_or_default() } else { String::new() }
    };
    let fields: Vec<_> =
        first.descriptor().fields().filter(|field| rows.iter().any(|row| !cell(row, field).is_empty())).collect();
    let heads = fields.iter().map(|field| kebab(field.name())).collect::<Vec<_>>();
    let cells: Vec<Vec<_>> = rows.iter().map(|row| fields.iter().map(|field| cell(row, field)).collect()).collect();
    let width = |at: usize| {
        let all = cells.iter().chain([&heads]).filter_map(|row| row.get(at));
        all.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    for row in [&heads].into_iter().chain(&cells) {
        let line = row.iter().enumerate().map(|(at, cell)| format!("{cell:<width$}", width = width(at)));
        writeln!(out, "{}", line.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// A field that is one value, as people write it.
fn scalar(field: &FieldDescriptor, value: &Value) -> Option<String> {
    Some(match (value, field.kind()) {
        (Value::String(text), _) => text.clone(),
        (Value::Bool(yes), _) => if *yes { "yes" } else { "no" }.to_owned(),
        (Value::I32(number), _) => number.to_string(),
        (Value::I64(number), _) => number.to_string(),
        (Value::U32(number), _) => number.to_string(),
        (Value::U64(number), _) => number.to_string(),
        (Value::Bytes(bytes), _) => hex::encode(bytes),
        (Value::EnumNumber(number), Kind::Enum(kind)) => {
            let name = kind.get_value(*number).map(|value| short_name(&kind, value.name()).to_lowercase());
            name.map_or_else(|| number.to_string(), |name| name.replace('_', "-"))
        }
        (Value::Message(message), Kind::Message(kind)) if kind.full_name() == "google.protobuf.Timestamp" => {
            let at = message.transcode_to::<prost_types::Timestamp>().ok();
            words::instant(at.as_ref(), "")
        }
        _ => return None,
    })
}
