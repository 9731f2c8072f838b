//! The gate: every call passes it before any handler sees it. Certificate → directory → role → quota → step-up → deadline.
//!
//! A stream has no deadline: it ends when the caller's rights do.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument as _;

use super::policy::{Rule, StreamBounds};
use super::status;
use super::supervised::Supervised;
use crate::app::{App, Caller};
use crate::domain::ids::StaffId;
use crate::limits::{LimitKey, Verdict};
use crate::observe::spans;
use crate::tls::Peer;

/// The metadata in which a privileged call brings a code of the moment.
pub const STEP_UP_CODE: &str = "eid-totp";

/// The gate, to be laid over the services.
#[derive(Clone)]
pub struct Gate {
    app: App,
    /// Room for the calls that may be under way.
    room: Arc<Semaphore>,
}

impl Gate {
    /// A gate that asks the directory of `app` and counts with its limits. It lets so many calls be under way at once, streams
    /// that stay open not counted.
    pub fn new(app: App, calls_max: usize) -> Self {
        Self { app, room: Arc::new(Semaphore::new(calls_max)) }
    }

    /// A place for a call, until it is answered. A stream that stays open takes none.
    ///
    /// # Errors
    /// The refusal, if there is none left: before anything is asked, so that refusing costs next to nothing.
    fn place(&self, rule: Option<&Rule>) -> Result<Option<OwnedSemaphorePermit>, Status> {
        if rule.is_some_and(|rule| rule.deadline.is_none()) {
            return Ok(None);
        }
        self.room.clone().try_acquire_owned().map(Some).map_err(|_| status::overloaded())
    }

    /// The caller, if the call may go on. `code` is what it brought beside its certificate.
    async fn admit(&self, peer: &Peer, rule: Option<&Rule>, code: Option<&str>) -> Result<Caller, Status> {
        let certificate = peer.name.as_ref().ok_or_else(status::unknown_certificate)?;
        if peer.is_revoked() {
            return Err(status::revoked());
        }
        let caller = self.app.caller(certificate).await?.ok_or_else(status::unknown_certificate)?;
        spans::called_by(caller.role().name());
        let rule = rule.ok_or_else(status::no_such_method)?;
        if !rule.allowed.includes(caller.role()) {
            return Err(status::role_not_allowed());
        }
        let subject = caller.id().to_string();
        match self.app.limits().pass(LimitKey { method: rule.method, subject: &subject }, rule.quota) {
            Verdict::Allowed => {}
            Verdict::Wait(wait) => return Err(status::too_many_calls(wait)),
        }
        if rule.step_up {
            self.app.step_up(&caller, rule.method, code).await?.map_err(status::not_stepped)?;
        }
        self.app.note_call(&caller);
        Ok(caller)
    }

    /// Why the caller's rights end, when they do.
    fn rights_end(&self, peer: Peer, caller: Caller) -> BoxFuture<'static, Status> {
        let app = self.app.clone();
        Box::pin(async move {
            let Some(certificate) = peer.name.clone() else { return status::unknown_certificate() };
            tokio::select! {
                () = peer.revoked() => status::revoked(),
                why = app.rights_end(&certificate, &caller) => why.into(),
            }
        })
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: self.clone(), inner }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub struct Gated<S> {
    gate: Gate,
    inner: S,
}

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The clone that was polled ready is the one to call; the fresh one waits for its own turn.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let gate = self.gate.clone();
        let rule = Rule::for_path(request.uri().path());
        // The path is a stranger's word: only what the table knows is counted, traced and logged.
        let method = rule.map_or("unknown", |rule| rule.method);
        let span = spans::call(method, request.headers());
        let answering = async move {
            let begun = Instant::now();
            let counted = gate.app.meters().call(method);
            let passed = async {
                let peer = request.extensions().get::<Peer>().cloned().unwrap_or_default();
                // It is of no use behind the gate, and nobody there shall see it.
                let code = request.headers_mut().remove(STEP_UP_CODE);
                let code = code.as_ref().map(|code| code.to_str().unwrap_or_default());
                let _place = match gate.place(rule) {
                    Ok(place) => place,
                    Err(refusal) => return (None, Ok(refusal.into_http())),
                };
                let caller = match gate.admit(&peer, rule, code).await {
                    Ok(caller) => caller,
                    Err(refusal) => return (None, Ok(refusal.into_http())),
                };
                let id = caller.id();
                let stays_open = rule.is_some_and(|rule| rule.deadline.is_none());
                let rights_end = stays_open.then(|| gate.rights_end(peer, caller.clone()));
                request.extensions_mut().insert(caller);
                if let Some(pace) = rule.and_then(|rule| Pace::new(&gate.app, rule, id)) {
                    request.extensions_mut().insert(pace);
                }
                let answer = AssertUnwindSafe(inner.call(request)).catch_unwind().await;
                let answer = answer.unwrap_or_else(|_| Ok(panicked()));
                let answer = answer.map(|answer| match rights_end {
                    Some(end) if status::went_well(&answer) => answer.map(|body| Supervised::over(body, end)),
                    _ => answer,
                });
                (Some(id), answer)
            };
            // The gate's own questions to the database count too: a call is over when its time is.
            let (caller, answer) = match rule.and_then(|rule| rule.deadline) {
                Some(deadline) => {
                    let ended = tokio::time::timeout(deadline, passed).await;
                    ended.unwrap_or_else(|_| (None, Ok(status::too_slow().into_http())))
                }
                None => passed.await,
            };
            let answer = answer.map(status::explained);
            if let Ok(response) = &answer {
                let caller = caller.map(|id| id.to_string()).unwrap_or_default();
                let (code, micros) = (status::code_of(response), begun.elapsed().as_micros());
                tracing::info!(method, caller, ?code, micros, "answered");
                counted.answered(status::name_of(code));
                spans::answered(status::name_of(code), status::is_our_fault(code));
            }
            answer
        };
        Box::pin(answering.instrument(span))
    }
}

/// How fast the items of a stream may come: each counts as one call of another method by the same caller.
#[derive(Clone)]
pub(super) struct Pace {
    app: App,
    method: &'static str,
    bounds: StreamBounds,
    item: &'static Rule,
    subject: String,
}

impl Pace {
    /// `None` if the method takes no stream of items.
    fn new(app: &App, rule: &'static Rule, caller: StaffId) -> Option<Self> {
        let bounds = rule.stream?;
        let item = Rule::named(bounds.item)?;
        Some(Self { app: app.clone(), method: rule.method, bounds, item, subject: caller.to_string() })
    }

    /// The stream's method.
    pub(super) const fn method(&self) -> &'static str {
        self.method
    }

    /// What bounds the stream.
    pub(super) const fn bounds(&self) -> StreamBounds {
        self.bounds
    }

    /// How long an item may take.
    pub(super) const fn deadline(&self) -> Option<Duration> {
        self.item.deadline
    }

    /// Waits until the next item may come, and counts it.
    pub(super) async fn turn(&self) {
        let key = LimitKey { method: self.item.method, subject: &self.subject };
        while let Verdict::Wait(wait) = self.app.limits().pass(key, self.item.quota) {
            tokio::time::sleep(wait).await;
        }
    }
}

/// The pace that the gate set for a stream of items.
pub(super) fn pace<T>(request: &tonic::Request<T>) -> Result<Pace, Status> {
    request.extensions().get::<Pace>().cloned().ok_or_else(status::no_such_method)
}

/// The answer to a call whose handler panicked. What it panicked with stays here: it may quote anything.
fn panicked() -> Response<Body> {
    tracing::error!("a handler panicked");
    status::broken().into_http()
}

/// The caller that the gate admitted.
pub(super) fn caller<T>(request: &tonic::Request<T>) -> Result<Caller, Status> {
    request.extensions().get::<Caller>().cloned().ok_or_else(status::unknown_certificate)
}
