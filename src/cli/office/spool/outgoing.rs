//! What a stream carries: the question, and once it is answered the requests that may go now.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{FutureExt as _, ready};
use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use tokio::sync::oneshot;

use super::add::instant;
use super::folder::{Folder, Shelf, Slot};
use super::hold::ServiceClock;
use crate::domain::time::Timestamp;
use crate::proto::submit_stream_request::Part as Asked;
use crate::proto::{Resume, SubmitRequest, SubmitStreamRequest};
use crate::sys::Clock;

/// What a stream passed over.
#[derive(Default)]
pub(super) struct PassedOver {
    /// What cannot be read, and why.
    pub(super) damaged: Vec<(Slot, String)>,
    /// What says that it was captured in the future, and until when it is.
    pub(super) held: Vec<(Slot, Timestamp)>,
}

/// The answer to the question, for the requests that follow: the service's clock, if it told.
pub(super) type Go = oneshot::Receiver<Option<ServiceClock>>;

/// The requests of one stream on their way out.
pub(super) struct Outgoing {
    pub(super) folder: Arc<Folder>,
    pub(super) clock: Clock,
    pub(super) waiting: Vec<Slot>,
    pub(super) passed_over: Arc<Mutex<PassedOver>>,
}

impl Outgoing {
    /// The question, asked when our clock shows `asked`, and once it is answered the requests: each read and opened when the
    /// line can take it.
    pub(super) fn messages(self, asked: Timestamp, go: Go) -> impl Stream<Item = SubmitStreamRequest> + Send + 'static {
        let workstation_id = self.folder.workstation().to_string();
        let resume = Resume { workstation_id, workstation_time: Some(instant(asked)) };
        let items = go.map(move |go| match go {
            Ok(service) => self.items(service),
            Err(_) => stream::empty().boxed(),
        });
        stream::iter([message(Asked::Resume(resume))]).chain(items.flatten_stream())
    }

    fn items(self, service: Option<ServiceClock>) -> BoxStream<'static, SubmitStreamRequest> {
        let Self { folder, clock, waiting, passed_over } = self;
        let item = move |slot| {
            let read = folder.read(Shelf::Queue, slot);
            let mut passed_over = passed_over.lock().unwrap_or_else(PoisonError::into_inner);
            let request = match read {
                Err(why) => {
                    passed_over.damaged.push((slot, format!("{why:#}")));
                    None
                }
                Ok(request) => match service.and_then(|service| service.holds(&request)) {
                    Some(until) => {
                        passed_over.held.push((slot, until));
                        None
                    }
                    None => Some(message(Asked::Item(stamped(request, clock.now())))),
                },
            };
            ready(request)
        };
        stream::iter(waiting).filter_map(item).boxed()
    }
}

fn message(part: Asked) -> SubmitStreamRequest {
    SubmitStreamRequest { part: Some(part) }
}

/// A request with what our clock shows as it leaves.
fn stamped(mut request: SubmitRequest, now: Timestamp) -> SubmitRequest {
    if let Some(capture) = &mut request.capture {
        capture.workstation_time = Some(instant(now));
    }
    request
}
