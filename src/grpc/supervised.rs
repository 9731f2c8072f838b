//! Streams end when the caller's rights do.
//!
//! Owns the body of an answer that stays open: beside what it carries, it waits for the end of the caller's rights, and then
//! ends with a status that says why. What the handler still had to say goes with it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;

/// A body that lives as long as the caller's rights.
pub(super) struct Supervised {
    /// Absent once it has ended.
    body: Option<Body>,
    rights_end: BoxFuture<'static, Status>,
}

impl Supervised {
    /// `body`, until `rights_end`.
    pub(super) fn over(body: Body, rights_end: BoxFuture<'static, Status>) -> Body {
        Body::new(Self { body: Some(body), rights_end })
    }
}

impl http_body::Body for Supervised {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        // Rights come first: a stream that always has something to say would never be asked.
        if let Poll::Ready(why) = self.rights_end.as_mut().poll(cx) {
            self.body = None;
            let (head, _) = why.into_http::<Body>().into_parts();
            return Poll::Ready(Some(Ok(Frame::trailers(head.headers))));
        }
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}
