//! Watching an office's changes, as a stream that is read no faster than its client takes it.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use futures::stream;
use tonic::{Request, Response, Status};

use super::enrolment::{held_at, officer};
use super::paging::{read, written};
use super::parse::Faults;
use super::{render, status};
use crate::app::{App, Told, Watch};
use crate::domain::text::Malformed;
use crate::domain::working_list::Place;
use crate::proto as pb;
use crate::tls::Peer;

const WRONG_TOKEN: Malformed = Malformed::new(
    "Not a resume token. Send the last resume_token that was told, unchanged, or none to begin from now.",
    "Không phải mã tiếp tục. Hãy gửi nguyên resume_token cuối cùng đã nhận, hoặc bỏ trống để bắt đầu từ bây giờ.",
);

/// What a watcher is told.
pub(super) type Changes = Pin<Box<dyn Stream<Item = Result<pb::WatchResponse, Status>> + Send>>;

/// Begins to watch.
pub(super) async fn watch(app: &App, request: Request<pb::WatchRequest>) -> Result<Response<Changes>, Status> {
    let (by, officer) = officer(&request)?;
    let certificate = request.extensions().get::<Peer>().and_then(|peer| peer.name.clone());
    let certificate = certificate.ok_or_else(status::unknown_certificate)?;
    let message = request.into_inner();
    let mut faults = Faults::default();
    let place = faults.optional("resume_token", &message.resume_token, place);
    let place = faults.finish(place)?;
    let watch = app.watch(&by, officer, Arc::clone(&certificate), place).await?;
    Ok(Response::new(Box::pin(stream::unfold(Some(watch), told))))
}

fn place(text: &str) -> Result<Place, Malformed> {
    read(text).and_then(|token| Place::read(&token)).ok_or(WRONG_TOKEN)
}

/// The next message. After an error there is none.
async fn told(watch: Option<Watch>) -> Option<(Result<pb::WatchResponse, Status>, Option<Watch>)> {
    let mut watch = watch?;
    match watch.next().await {
        Ok(told) => Some((Ok(rendered(&told)), Some(watch))),
        Err(error) => Some((Err(error.into()), None)),
    }
}

fn rendered(told: &Told) -> pb::WatchResponse {
    let change = told.change.as_ref().map(|change| pb::EnrolmentChange {
        event: Some(render::event(&change.stored.event)),
        enrolment_id: change.stored.enrolment.to_string(),
        enrolment: change.enrolment.as_ref().map(|standing| held_at(&told.office, render::enrolment(standing))),
    });
    pb::WatchResponse { resume_token: written(&told.token), change }
}
