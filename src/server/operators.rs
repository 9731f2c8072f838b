//! The port for operators: metrics, and whether the process lives and may take calls. HTTP, read only, off unless it is set.
//!
//! Owns its own limits: whoever asks slowly, or often at once, costs the service nothing. Refuses everything but the three
//! questions, and answers none of them with more than names and numbers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::observe::CONTENT_TYPE;

/// Connections at once; more wait in the system's backlog.
const CONNECTIONS_MAX: usize = 32;
/// How long a question may take to arrive.
const QUESTION_TIME: Duration = Duration::from_secs(5);
/// How long a connection may stay, whatever happens on it. Prometheus opens another one.
const CONNECTION_TIME: Duration = Duration::from_mins(5);
/// Bytes of a question's head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// What the parts are known to be is worth nothing once it is as old as this: whoever asks after them hangs.
const STALE: Duration = Duration::from_secs(30);
/// How long to wait after accepting failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(200);

/// Answers operators until `end`. From `stop` on it says that no calls should come any more.
pub(super) async fn serve(app: App, listener: TcpListener, stop: CancellationToken, end: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let accepting = async {
        while let Ok(place) = places.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (app, stop, end) = (app.clone(), stop.clone(), end.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = end.cancelled() => {}
                            _ = tokio::time::timeout(CONNECTION_TIME, answer_on(stream, app, stop)) => {}
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections of operators; trying again shortly");
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    };
    tokio::select! {
        () = end.cancelled() => {}
        () = accepting => {}
    }
}

async fn answer_on(stream: TcpStream, app: App, stop: CancellationToken) {
    let answering = service_fn(move |request: Request<Incoming>| {
        let (app, stop) = (app.clone(), stop.clone());
        async move { Ok::<_, Infallible>(answer(request.method(), request.uri().path(), &app, &stop)) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(QUESTION_TIME)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), answering);
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a connection of an operator ended early");
    }
}

type Answer = Response<Full<Bytes>>;

fn answer(method: &Method, path: &str, app: &App, stop: &CancellationToken) -> Answer {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = said(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "Ask with GET.\n");
        refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/metrics" => metrics(app),
        // That this runs says that the process lives and that its event loop turns.
        "/livez" => said(StatusCode::OK, "application/json", "{\"alive\":true}\n"),
        "/readyz" => ready(app, stop),
        _ => said(StatusCode::NOT_FOUND, "text/plain", "There are /metrics, /livez and /readyz.\n"),
    }
}

fn metrics(app: &App) -> Answer {
    app.count_connections();
    match app.meters().exposition() {
        Ok(text) => said(StatusCode::OK, CONTENT_TYPE, text),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "metrics cannot be written");
            said(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "Metrics cannot be written; the log says why.\n")
        }
    }
}

/// Whether calls may come, and why not.
#[derive(Serialize)]
struct Ready {
    #[serde(rename = "ready")]
    takes_calls: bool,
    stopping: bool,
    /// Whether the parts were asked lately; if not, nothing is known of them.
    known: bool,
    parts: Vec<PartSaid>,
}

#[derive(Serialize)]
struct PartSaid {
    part: &'static str,
    well: bool,
    /// Whether no call can be answered without it.
    needed: bool,
}

fn ready(app: &App, stop: &CancellationToken) -> Answer {
    let (standing, stopping) = (app.meters().standing(), stop.is_cancelled());
    let known = standing.asked().is_some_and(|asked| app.clock().now().since(asked) < STALE);
    let parts = standing.parts().map(|(part, well)| PartSaid { part: part.name(), well, needed: part.is_needed() });
    let ready = Ready { takes_calls: known && standing.serves() && !stopping, stopping, known, parts: parts.collect() };
    let status = if ready.takes_calls { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    said(status, "application/json", serde_json::to_string(&ready).unwrap_or_default() + "\n")
}

fn said(status: StatusCode, kind: &'static str, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    answer
}
