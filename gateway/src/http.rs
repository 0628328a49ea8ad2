//! Metrics, health and the status page: read only, for this machine unless a token guards it.
//!
//! | path | what |
//! |---|---|
//! | `/` | calls now, the last verdicts, the last hours |
//! | `/call/ID` | the record of a call with its timeline |
//! | `/metrics` | for Prometheus |
//! | `/health` | all parts; 503 if the process or signalling is not well |
//! | `/health/process`, `signalling`, `media`, `records`, `captures` | one part; 503 if it is not well |
//!
//! Always: no scripts, nothing from elsewhere, nothing is changed by a request; a page of another site cannot read it
//! by giving this machine a name of its own.

mod page;

use crate::capture::Captures;
use crate::config::{Config, Secret};
use crate::ledger::{Index, Ledger, text::Whole};
use crate::live::{Live, MediaHealth, Signalling};
use arc_swap::ArcSwap;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use core::net::IpAddr;
use core::sync::atomic::Ordering;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What pages show.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What is on.
    pub live: Arc<Live>,
    /// What was.
    pub ledger: Ledger,
    /// Its packets.
    pub captures: Captures,
    /// What was decided.
    pub config: Arc<ArcSwap<Config>>,
    /// What requests must show.
    pub token: Option<Secret>,
}

/// All pages.
pub fn router(shown: Shown) -> Router {
    let guard = middleware::from_fn_with_state(shown.clone(), guard);
    Router::new()
        .route("/", get(status))
        .route("/call/{id}", get(call))
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .route("/health/{part}", get(health_of))
        .layer(guard)
        .with_state(shown)
}

/// Lets a request pass that comes from where it should, and says what a browser may do with the answer.
async fn guard(State(shown): State<Shown>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(token) = &shown.token {
        let given = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        if !given.is_some_and(|given| token.is(given)) {
            let ask = [(header::WWW_AUTHENTICATE, "Bearer")];
            return (StatusCode::UNAUTHORIZED, ask, "a token is needed\n").into_response();
        }
    } else if !text(header::HOST).is_some_and(is_this_machine) {
        // A name that somebody else's DNS points here.
        return (StatusCode::FORBIDDEN, "ask by address\n").into_response();
    }
    let mut response = next.run(request).await;
    let policy =
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn status(State(shown): State<Shown>) -> Html<String> {
    Html(page::status(&shown))
}

async fn metrics(State(shown): State<Shown>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], shown.live.metrics.text(shown.live.calls().len(), &shown.ledger))
}

async fn call(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    let directory = shown.ledger.directory().to_owned();
    let found = tokio::task::spawn_blocking(move || Index::read(&directory)?.named(&id)).await;
    match found {
        Ok(Ok(entries)) => match entries.first() {
            Some(entry) => Whole(entry).to_string().into_response(),
            None => (StatusCode::NOT_FOUND, "there is no such call\n").into_response(),
        },
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the records cannot be read\n").into_response(),
    }
}

async fn health(State(shown): State<Shown>) -> Response {
    let parts = Parts::of(&shown);
    let code =
        if parts.process.0 && parts.signalling.0 { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let Parts { process, signalling, media, records, captures } = parts;
    let all = json!({
        "process": process.1, "signalling": signalling.1, "media": media.1, "records": records.1,
        "captures": captures.1,
    });
    (code, Json(all)).into_response()
}

async fn health_of(State(shown): State<Shown>, Path(part): Path<String>) -> Response {
    let Parts { process, signalling, media, records, captures } = Parts::of(&shown);
    let (ok, value) = match part.as_str() {
        "process" => process,
        "signalling" => signalling,
        "media" => media,
        "records" => records,
        "captures" => captures,
        _ => {
            let parts = "process, signalling, media, records or captures\n";
            return (StatusCode::NOT_FOUND, parts).into_response();
        }
    };
    let code = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(value)).into_response()
}

/// Each part of the program: whether it is well, and what shows that.
struct Parts {
    process: (bool, Value),
    signalling: (bool, Value),
    media: (bool, Value),
    records: (bool, Value),
    captures: (bool, Value),
}

impl Parts {
    fn of(shown: &Shown) -> Self {
        let (live, config) = (&shown.live, shown.config.load());
        let lag = live.lag();
        let prompt = lag < Duration::from_millis(config.limits.loop_lag_ms.into());
        let lag_ms = lag.as_secs_f64() * 1000.0;
        let process = json!({
            "ok": prompt, "loop_lag_ms": lag_ms, "draining": live.is_draining(), "began": live.began.to_string(),
            "version": env!("CARGO_PKG_VERSION"), "calls": live.calls().len(),
        });
        let parts = live.signalling();
        let answers = Signalling::works(&parts);
        let signalling = json!({ "ok": answers, "parts": parts });
        let media = live.media(Duration::from_millis(config.limits.one_way_ms.into()));
        let flows = !matches!(media, MediaHealth::Failing(_));
        let media = match media {
            MediaHealth::Unproven => json!({ "ok": true, "state": "unproven" }),
            MediaHealth::Proven(at) => json!({ "ok": true, "state": "proven", "at": at.to_string() }),
            MediaHealth::Failing(calls) => json!({ "ok": false, "state": "failing", "calls": calls }),
        };
        let alarms = shown.ledger.alarms();
        let kept = alarms.are_silent();
        let records = json!({ "ok": kept, "waiting": alarms.waiting.load(Ordering::Relaxed) });
        let taken = !shown.captures.are_stopped();
        let captures = json!({ "ok": taken });
        Self {
            process: (prompt, process),
            signalling: (answers, signalling),
            media: (flows, media),
            records: (kept, records),
            captures: (taken, captures),
        }
    }
}

#[cfg(test)]
mod tests;
