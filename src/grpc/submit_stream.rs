//! `EnrolmentService.SubmitStream`: requests one after another, each answered by itself.
//!
//! Owns the order and the end of a stream. An item is read, done and answered before the next one is asked for: so order is
//! kept, and whoever sends faster, or does not read, is held up by the transport. Refuses to go on after an item that found
//! the service unable: what follows must not overtake it.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::stream::BoxStream;
use prost::Message as _;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::bounded::{self, Answering};
use super::gate::Pace;
use super::{enrolment, status, workstation};
use crate::app::{App, Caller, Officer};
use crate::proto as pb;
use pb::item_answer::Outcome;
use pb::submit_stream_request::Part as Asked;
use pb::submit_stream_response::Part as Answered;

/// The answers to a stream.
pub(super) type Answers = BoxStream<'static, Result<pb::SubmitStreamResponse, Status>>;

/// A stream under way.
pub(super) struct Session {
    pub(super) app: App,
    pub(super) by: Caller,
    pub(super) officer: Officer,
    /// How fast items may come, and how long the stream may live.
    pub(super) pace: Pace,
    pub(super) messages: Streaming<pb::SubmitStreamRequest>,
}

/// What a stream has brought so far.
#[derive(Default)]
struct Progress {
    items: u64,
    /// How often the client asked where it stands.
    resumed: u64,
    bytes: u64,
}

impl Session {
    /// The answers, made beside the call: until the client has said all, a bound is reached, or `stop`.
    pub(super) fn answers(mut self, stop: CancellationToken) -> Answers {
        let bounds = self.pace.bounds();
        bounded::answers((bounds.idle, bounds.lifetime), stop, |answering| async move {
            let mut progress = Progress::default();
            let ended = Box::pin(self.run(&answering, &mut progress)).await;
            let (caller, Progress { items, bytes, .. }) = (self.by.id(), progress);
            tracing::info!(method = self.pace.method(), %caller, items, bytes, "stream ended");
            ended
        })
    }

    async fn run(
        &mut self,
        answering: &Answering<pb::SubmitStreamResponse>,
        progress: &mut Progress,
    ) -> Result<(), Status> {
        let bounds = self.pace.bounds();
        while progress.items + progress.resumed < bounds.items_max && progress.bytes < bounds.bytes_max {
            let message = answering.of_client(self.messages.message()).await?.map_err(status::of_transport)?;
            let Some(message) = message else { return Ok(()) };
            progress.bytes = progress.bytes.saturating_add(u64::try_from(message.encoded_len()).unwrap_or(u64::MAX));
            let part = match message.part {
                Some(Asked::Resume(resume)) => {
                    progress.resumed += 1;
                    answering.within(self.pace.turn()).await?;
                    Answered::Resumed(answering.within(self.resume(&resume)).await??)
                }
                Some(Asked::Item(item)) => {
                    progress.items += 1;
                    answering.within(self.pace.turn()).await?;
                    Answered::Answer(self.item(progress.items, item).await?)
                }
                None => return Err(status::no_part()),
            };
            answering.tell(pb::SubmitStreamResponse { part: Some(part) }).await?;
        }
        Err(status::stream_over())
    }

    async fn resume(&self, message: &pb::Resume) -> Result<pb::Resumed, Status> {
        let (workstation, sent_at) = workstation::resume(message)?;
        let resumed = self.app.resume(&self.by, &self.officer, &workstation, sent_at).await?;
        Ok(workstation::resumed(&workstation, &resumed))
    }

    /// The answer to an item, or why the stream cannot go on.
    async fn item(&mut self, position: u64, item: pb::SubmitRequest) -> Result<pb::ItemAnswer, Status> {
        // The stream may have begun on another day, with another map of offices.
        self.officer = self.app.officer_now(&self.by).await?.ok_or_else(status::no_office_today)?;
        let request_id = item.request_id.clone();
        let submitting = enrolment::submit_one(&self.app, &self.by, &self.officer, item);
        let submitting = match self.pace.deadline() {
            Some(deadline) => timeout(deadline, submitting).left_future(),
            None => submitting.map(Ok).right_future(),
        };
        let submitted = AssertUnwindSafe(submitting).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("a handler panicked");
            Ok(Err(status::broken()))
        });
        let outcome = match submitted.unwrap_or_else(|_| Err(status::too_slow())) {
            Ok(response) => Outcome::Response(response),
            Err(unable) if status::ends_a_stream(&unable) => return Err(unable),
            Err(refused) => Outcome::Error(status::item_error(&refused)),
        };
        Ok(pb::ItemAnswer { position, request_id, outcome: Some(outcome) })
    }
}
