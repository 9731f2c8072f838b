//! One call of a method that is known by its description alone.

use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Calls the method of that path.
///
/// # Errors
/// What the service answers, or that it does not.
pub(super) async fn unary(
    channel: Channel,
    path: &str,
    output: &MessageDescriptor,
    request: Request<DynamicMessage>,
) -> Result<DynamicMessage, Status> {
    let path = format!("/{path}").parse().map_err(|_| Status::internal("the method has no path"))?;
    let mut client = Grpc::new(channel).max_decoding_message_size(usize::MAX);
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let answer = client.unary(request, path, Dynamic(output.clone())).await?;
    Ok(answer.into_inner())
}

/// Messages by their description.
#[derive(Clone)]
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message.encode_to_vec());
        Ok(())
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let content = from.copy_to_bytes(from.remaining());
        let read = DynamicMessage::decode(self.0.clone(), content);
        read.map(Some)
            .map_err(|_| Status::internal("the answer cannot be read; is this program as new as the service?"))
    }
}
