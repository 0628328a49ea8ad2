//! Whole calls through a gateway, in real time, over sockets of loopback.

mod support;

use fax_core::t30::session::Cause;
use fax_gateway::ledger::{Entry, Index, Query};
use fax_gateway::service::{Running, Source};
use support::{End, Fax, Scratch, configuration, page, receive, send, until};

struct Lab {
    scratch: Scratch,
    gateway: Running,
    sender: End,
    receiver: End,
}

impl Lab {
    async fn new(name: &str, fax: &str) -> Self {
        let scratch = Scratch::new(name);
        let receiver = End::start(None).await;
        let file = scratch.write("faxgw.toml", &configuration(receiver.address(), fax));
        let records = Some(scratch.0.join("records"));
        let gateway = Running::start(Source { file: Some(file), records }).await.unwrap();
        let sender = End::start(Some(gateway.bound()[0])).await;
        Self { scratch, gateway, sender, receiver }
    }

    async fn record(&self) -> Entry {
        let directory = self.scratch.0.join("records");
        until(|| Index::read(&directory).ok()?.find(&Query::default()).ok()?.pop()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fax_in_audio_becomes_t38_on_the_way_and_its_page_arrives_whole() {
    let mut lab = Lab::new("switch", "").await;
    let (sent, (received, pages)) =
        tokio::join!(send(&lab.sender, "0207", Fax::Refuses), receive(&mut lab.receiver, Fax::Takes));
    let entry = lab.record().await;
    let shown = fax_gateway::ledger::text::Whole(&entry).to_string();
    assert_eq!((sent, received), (Some(Cause::Success), Some(Cause::Success)), "{shown}");
    assert_eq!(pages, [page().raster()], "{shown}");
    assert_eq!(
        (entry.cause.as_str(), entry.mode_used.as_str(), entry.pages()),
        ("completed", "mixed", 1),
        "{shown}"
    );
    assert_eq!((entry.near.mode.as_str(), entry.far.mode.as_str()), ("audio", "t38"), "{shown}");
    assert_eq!((entry.from.as_str(), entry.to.as_str(), entry.route.as_str()), ("ata", "carrier", "out"));
    // Nothing of a number is in the record.
    assert!(!serde_json::to_string(&entry).unwrap().contains("0301234567"));
    lab.gateway.drain(core::future::pending()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fax_goes_on_in_audio_where_t38_is_refused() {
    let mut lab = Lab::new("refused", "").await;
    let (sent, (received, pages)) =
        tokio::join!(send(&lab.sender, "0207", Fax::Refuses), receive(&mut lab.receiver, Fax::Refuses));
    let entry = lab.record().await;
    let shown = fax_gateway::ledger::text::Whole(&entry).to_string();
    assert_eq!((sent, received), (Some(Cause::Success), Some(Cause::Success)), "{shown}");
    assert_eq!(pages, [page().raster()], "{shown}");
    assert_eq!((entry.cause.as_str(), entry.mode_used.as_str()), ("audio_fax", "audio"), "{shown}");
    assert_eq!(entry.far.refusals, [488], "{shown}");
    lab.gateway.drain(core::future::pending()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_no_route_takes_is_refused_and_has_its_record() {
    let lab = Lab::new("no-route", "").await;
    assert_eq!(send(&lab.sender, "777", Fax::Refuses).await, Some(Cause::Dropped));
    let entry = lab.record().await;
    assert_eq!((entry.cause.as_str(), entry.code), ("no_route", 404));
    assert!(entry.decision.iter().any(|step| step.contains("passed over")));
    lab.gateway.drain(core::future::pending()).await;
}

/// Its dialog would wait 32 s for a peer that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_peer_is_silent_has_its_record_when_the_program_ends() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let scratch = Scratch::new("end");
    let file = scratch.write("faxgw.toml", &configuration(silent.local_addr().unwrap(), ""));
    let records = scratch.0.join("records");
    let gateway = Running::start(Source { file: Some(file), records: Some(records.clone()) }).await.unwrap();
    let sender = End::start(Some(gateway.bound()[0])).await;
    let call = tokio::spawn(async move { send(&sender, "0207", Fax::Refuses).await });
    until(|| {
        std::fs::read_to_string(records.join("open-calls.jsonl")).ok().filter(|text| text.contains("carrier"))
    })
    .await;
    gateway.drain(core::future::ready(())).await;
    let found = Index::read(&records).unwrap().find(&Query::default()).unwrap();
    assert_eq!(found.iter().map(|entry| entry.cause.as_str()).collect::<Vec<_>>(), ["shutdown"]);
    call.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_does_not_answer_is_given_up_in_its_time() {
    let lab = Lab::new("silent", "").await;
    // Nobody takes the call there: it rings for ever.
    let began = std::time::Instant::now();
    assert_eq!(send(&lab.sender, "0207", Fax::Refuses).await, Some(Cause::Dropped));
    assert!((9..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let entry = lab.record().await;
    assert_eq!(
        (entry.cause.as_str(), entry.to.as_str(), entry.mode_used.as_str()),
        ("no_answer", "carrier", "none")
    );
    lab.gateway.drain(core::future::pending()).await;
}
