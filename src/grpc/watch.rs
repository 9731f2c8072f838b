//! Watching an office's changes, as a stream that is read no faster than its client takes it.

use std::sync::Arc;

use futures::stream::{BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::enrolment::{held_at, officer};
use super::paging::{read, written};
use super::parse::Faults;
use super::{render, status};
use crate::app::{App, Told};
use crate::domain::staff::CertificateName;
use crate::domain::text::Malformed;
use crate::domain::working_list::Place;
use crate::proto as pb;
use crate::tls::Peer;

const WRONG_TOKEN: Malformed = Malformed::new(
    "Not a resume token. Send the last resume_token that was told, unchanged, or none to begin from now.",
    "Không phải mã tiếp tục. Hãy gửi nguyên resume_token cuối cùng đã nhận, hoặc bỏ trống để bắt đầu từ bây giờ.",
);

/// What a watcher is told.
pub(super) type Changes = BoxStream<'static, Result<pb::WatchResponse, Status>>;

/// Begins to watch.
pub(super) async fn watch(app: &App, request: Request<pb::WatchRequest>) -> Result<Response<Changes>, Status> {
    let (by, officer) = officer(&request)?;
    let certificate = certificate(&request)?;
    let mut faults = Faults::default();
    let place = faults.optional("resume_token", &request.get_ref().resume_token, |text| read_token(text, Place::read));
    let told = app.watch(&by, officer, certificate, faults.finish(place)?).await?;
    Ok(Response::new(told.map(|told| told.map(|told| rendered(&told)).map_err(Status::from)).boxed()))
}

/// The certificate of a caller, by which it is made sure again and again that it may watch still.
pub(super) fn certificate<T>(request: &Request<T>) -> Result<Arc<CertificateName>, Status> {
    let peer = request.extensions().get::<Peer>();
    peer.and_then(|peer| peer.name.clone()).ok_or_else(status::unknown_certificate)
}

/// Reads the text of a resume token.
pub(super) fn read_token<P>(text: &str, place: impl FnOnce(&[u8]) -> Option<P>) -> Result<P, Malformed> {
    read(text).and_then(|token| place(&token)).ok_or(WRONG_TOKEN)
}

fn rendered(told: &Told) -> pb::WatchResponse {
    let change = told.change.as_ref().map(|change| pb::EnrolmentChange {
        event: Some(render::event(&change.stored.event)),
        enrolment_id: change.stored.enrolment.to_string(),
        enrolment: change.enrolment.as_ref().map(|standing| held_at(&told.office, render::enrolment(standing))),
    });
    pb::WatchResponse { resume_token: written(&told.token), change }
}
