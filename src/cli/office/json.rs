//! Messages as lines of JSON, in the form of the protocol.

use anyhow::Context as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Serializer;

use crate::proto::DESCRIPTORS;

/// Writes messages of one kind.
pub(super) struct Json(MessageDescriptor);

impl Json {
    /// A writer of the message of that name.
    pub(super) fn of(name: &str) -> anyhow::Result<Self> {
        let found = DescriptorPool::decode(DESCRIPTORS)?.get_message_by_name(&format!("eid.issuance.v1.{name}"));
        Ok(Self(found.with_context(|| format!("the protocol has no {name}"))?))
    }

    /// The message on one line, with the names of the protocol.
    pub(super) fn line(&self, message: &impl prost::Message) -> anyhow::Result<String> {
        let message = DynamicMessage::decode(self.0.clone(), message.encode_to_vec().as_slice())?;
        let mut line = Vec::new();
        let options = SerializeOptions::new().use_proto_field_name(true);
        message.serialize_with_options(&mut Serializer::new(&mut line), &options)?;
        Ok(String::from_utf8(line)?)
    }
}
