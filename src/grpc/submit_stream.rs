//! `EnrolmentService.SubmitStream`: requests one after another, each answered by itself.
//!
//! Owns the order, the bounds and the end of a stream. An item is read, done and answered before the next one is asked for:
//! so order is kept, and whoever sends faster is held up by the transport. Refuses to go on after an item that found the
//! service unable: what follows must not overtake it.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};
use prost::Message as _;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

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
    pub(super) stop: CancellationToken,
}

/// What a stream has brought so far.
struct Progress {
    begun: Instant,
    items: u64,
    bytes: u64,
}

impl Session {
    /// The answers, made as they are asked for.
    pub(super) fn answers(self) -> Answers {
        let progress = Progress { begun: Instant::now(), items: 0, bytes: 0 };
        stream::unfold(Some((self, progress)), |state| async move {
            let (mut session, mut progress) = state?;
            match session.next(&mut progress).await {
                Ok(Some(answer)) => Some((Ok(answer), Some((session, progress)))),
                Ok(None) => {
                    session.ended(&progress);
                    None
                }
                Err(status) => {
                    session.ended(&progress);
                    Some((Err(status), None))
                }
            }
        })
        .boxed()
    }

    /// The answer to the next message; `None` when the client has said all.
    async fn next(&mut self, progress: &mut Progress) -> Result<Option<pb::SubmitStreamResponse>, Status> {
        let bounds = self.pace.bounds();
        let full = progress.items >= bounds.items_max || progress.bytes >= bounds.bytes_max;
        if full || progress.begun.elapsed() >= bounds.lifetime {
            return Err(status::stream_over());
        }
        let message = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(status::stopping()),
            message = timeout(bounds.idle, self.messages.message()) => message,
        };
        let message = message.map_err(|_| status::stream_idle())?.map_err(status::of_transport)?;
        let Some(message) = message else { return Ok(None) };
        progress.bytes = progress.bytes.saturating_add(u64::try_from(message.encoded_len()).unwrap_or(u64::MAX));
        let part = match message.part {
            Some(Asked::Resume(resume)) => Answered::Resumed(self.resume(&resume).await?),
            Some(Asked::Item(item)) => {
                progress.items += 1;
                Answered::Answer(self.item(progress.items, item).await?)
            }
            None => return Err(status::no_part()),
        };
        Ok(Some(pb::SubmitStreamResponse { part: Some(part) }))
    }

    async fn resume(&self, message: &pb::Resume) -> Result<pb::Resumed, Status> {
        let (workstation, sent_at) = workstation::resume(message)?;
        let resumed = self.app.resume(&self.by, &self.officer, &workstation, sent_at).await?;
        Ok(workstation::resumed(&workstation, &resumed))
    }

    /// The answer to an item, or why the stream cannot go on.
    async fn item(&mut self, position: u64, item: pb::SubmitRequest) -> Result<pb::ItemAnswer, Status> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(status::stopping()),
            () = self.pace.turn() => {}
        }
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

    fn ended(&self, progress: &Progress) {
        let caller = self.by.id();
        tracing::info!(method = self.pace.method(), %caller, items = progress.items, bytes = progress.bytes, "stream ended");
    }
}
