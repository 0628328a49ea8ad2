use super::*;
use crate::clock::Utc;
use crate::config::Records;
use crate::ledger::Entry;
use crate::ledger::testing::Scratch;
use crate::live::{Now, Signalling};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Site {
    shown: Shown,
    _scratch: Scratch,
    scribe: crate::ledger::Scribe,
}

impl Site {
    fn new(name: &str, token: Option<Secret>) -> Self {
        let scratch = Scratch::new(name);
        let records = Records { dir: Some(scratch.0.clone()), ..Records::default() };
        let (ledger, scribe, _) = Ledger::open(&records).unwrap();
        let config = Arc::new(ArcSwap::from_pointee(Config::load(None).unwrap()));
        let live = Arc::new(Live::default());
        live.set_signalling(vec![Signalling::listener("udp:127.0.0.1:5060".into())]);
        let captures = Captures::start(ledger.directory(), config.load().capture.clone()).unwrap();
        Self { shown: Shown { live, ledger, captures, config, token }, _scratch: scratch, scribe }
    }

    /// Status line and body, over a socket as anybody asks.
    async fn ask(&self, path: &str, headers: &str) -> (String, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(axum::serve(listener, router(self.shown.clone())).into_future());
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        server.abort();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.into(), body.into())
    }
}

const HERE: &str = "Host: 127.0.0.1:9338\r\n";

#[tokio::test]
async fn health_tells_process_signalling_and_media_apart() {
    let site = Site::new("http-health", None);
    let (head, body) = site.ask("/health", HERE).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let value: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&value["process"]["ok"], &value["media"]["state"]), (&json!(true), &json!("unproven")));
    // Media die: signalling stays well.
    let one_way = Duration::from_secs(5);
    site.shown.live.set(Now { id: "7".into(), silent_ms: [Some(0), Some(6000)], ..Now::default() }, one_way);
    assert!(site.ask("/health/media", HERE).await.0.starts_with("HTTP/1.1 503"));
    assert!(site.ask("/health/signalling", HERE).await.0.starts_with("HTTP/1.1 200"));
    site.shown
        .live
        .set_signalling(vec![Signalling::registration("carrier".into(), fax_net::Registered::Refused(403))]);
    assert!(site.ask("/health", HERE).await.0.starts_with("HTTP/1.1 503"));
}

/// Each trunk that we register with is told apart; one of two that is out is no reason to take the program for dead.
#[tokio::test]
async fn health_and_metrics_tell_how_each_registration_stands() {
    use fax_net::Registered::{For, Refused, Waiting};
    let site = Site::new("http-registrations", None);
    let set = |one, other| {
        let of = |trunk: &str, standing| Signalling::registration(trunk.into(), standing);
        let listener = Signalling::listener("udp:127.0.0.1:5060".into());
        site.shown.live.set_signalling(vec![listener, of("one", one), of("other", other)]);
    };
    for (one, other, code) in
        [(For(600), Refused(403), 200), (Waiting, Refused(403), 503), (For(600), For(60), 200)]
    {
        set(one, other);
        let (head, body) = site.ask("/health/signalling", HERE).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {code}")), "{one:?} {other:?}: {head}");
        let parts = serde_json::from_str::<Value>(&body).unwrap()["parts"].clone();
        assert_eq!((&parts[1]["trunk"], &parts[2]["trunk"]), (&json!("one"), &json!("other")));
        assert_eq!(parts[2]["ok"], json!(matches!(other, For(_))));
        let (_, metrics) = site.ask("/metrics", HERE).await;
        let holds = i32::from(matches!(other, For(_)));
        assert!(metrics.contains(&format!("faxgw_registered{{trunk=\"other\"}} {holds}")), "{metrics}");
    }
    set(For(600), Refused(403));
    let (_, body) = site.ask("/health/signalling", HERE).await;
    assert!(body.contains("refused with 403"), "{body}");
}

#[tokio::test]
async fn a_page_shows_calls_and_escapes_what_comes_from_outside() {
    let site = Site::new("http-page", None);
    let now = Now { id: "7".into(), from: "<script>alert(1)</script>".into(), ..Now::default() };
    site.shown.live.set(now, Duration::from_secs(5));
    let mut entry = Entry::begin("8f".into(), Utc::now());
    entry.cause = "completed".into();
    entry.ended = entry.began;
    site.shown.live.over(&entry);
    let (head, body) = site.ask("/", HERE).await;
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(body.contains("Calls now: 1") && body.contains("/call/8f") && body.contains("&lt;script&gt;"));
    assert!(!body.contains("<script"));
}

#[tokio::test]
async fn a_record_is_shown_with_its_timeline() {
    let site = Site::new("http-call", None);
    let mut entry = Entry::begin("abc".into(), Utc::now());
    entry.ended = entry.began;
    entry.note(1500, "near", "DCS");
    site.shown.ledger.close(entry);
    let Site { shown, scribe, _scratch } = site;
    scribe.finish();
    let (ledger, scribe, _) =
        Ledger::open(&Records { dir: Some(_scratch.0.clone()), ..Records::default() }).unwrap();
    let site = Site { shown: Shown { ledger, ..shown }, scribe, _scratch };
    let (_, body) = site.ask("/call/abc", HERE).await;
    assert!(body.contains("1.500 s  near  DCS"), "{body}");
    assert!(site.ask("/call/nothing", HERE).await.0.starts_with("HTTP/1.1 404"));
    site.scribe.finish();
}

#[tokio::test]
async fn metrics_count_calls_by_cause_and_mode() {
    let site = Site::new("http-metrics", None);
    let mut entry = Entry::begin("1".into(), Utc(1));
    (entry.from, entry.to, entry.cause) = ("pbx".into(), "carrier".into(), "completed".into());
    entry.mode_used = "mixed".into();
    entry.fax.get_or_insert_default().pages = 3;
    entry.far.refusals = vec![488, 699];
    site.shown.live.over(&entry);
    let (_, body) = site.ask("/metrics", HERE).await;
    for line in [
        "faxgw_calls_total{from=\"pbx\",to=\"carrier\",cause=\"completed\"} 1",
        "faxgw_pages_total{from=\"pbx\",to=\"carrier\"} 3",
        "faxgw_t38_refused_total{trunk=\"carrier\",code=\"488\"} 1",
        "faxgw_t38_refused_total{trunk=\"carrier\",code=\"0\"} 1",
        "faxgw_records_waiting 0",
        "# EOF",
    ] {
        assert!(body.contains(line), "{line} is not in\n{body}");
    }
}

/// A web page elsewhere can make a browser ask here under a name of its own; it gets nothing.
#[tokio::test]
async fn a_foreign_name_for_this_machine_gets_nothing() {
    let site = Site::new("http-rebind", None);
    assert!(site.ask("/", "Host: evil.example\r\n").await.0.starts_with("HTTP/1.1 403"));
    assert!(site.ask("/", "Host: 127.0.0.1.evil.example\r\n").await.0.starts_with("HTTP/1.1 403"));
    assert!(site.ask("/", "Host: [::1]:9338\r\n").await.0.starts_with("HTTP/1.1 200"));
    assert!(site.ask("/", "Host: localhost\r\n").await.0.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn where_a_token_is_needed_nothing_is_told_without_it() {
    let scratch = Scratch::new("http-token-file");
    let file = scratch.0.join("token");
    std::fs::write(&file, "k8dR-0pWq-77xe\n").unwrap();
    let site = Site::new("http-token", Some(Secret::read(&file).unwrap()));
    for wrong in ["", "Authorization: Bearer no\r\n", "Authorization: Basic k8dR-0pWq-77xe\r\n"] {
        for path in ["/", "/metrics", "/health", "/call/1"] {
            let (head, _) = site.ask(path, &format!("Host: gw\r\n{wrong}")).await;
            assert!(head.starts_with("HTTP/1.1 401"), "{path} {wrong}");
        }
    }
    let (head, _) = site.ask("/", "Host: gw\r\nAuthorization: Bearer k8dR-0pWq-77xe\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200"));
}
