//! Whole calls through a gateway, in real time, over sockets of loopback.

mod support;

use fax_core::t30::session::Cause;
use fax_gateway::ledger::text::Whole;
use fax_gateway::ledger::{Index, Query};
use fax_gateway::service::{Running, Source};
use support::{Deed, End, Fax, Habits, Lab, Scratch, Took, configuration, page, until};

/// The call went well at both ends, and the page is the one that was sent.
fn assert_page(sent: &Took, received: &Took, entry: &fax_gateway::ledger::Entry) {
    let shown = Whole(entry).to_string();
    assert_eq!((sent.cause, received.cause), (Some(Cause::Success), Some(Cause::Success)), "{shown}");
    assert_eq!(received.pages, [page().raster()], "{shown}");
    // What passes as audio is not counted.
    assert!(entry.fax.is_none() || entry.pages() == 1, "{shown}");
    // Nothing of a number is in the record.
    assert!(!serde_json::to_string(entry).unwrap().contains("0301234567"));
}

/// A fax through a gateway of its own: how each end behaves, and what flows on each leg at the end.
async fn fax(
    name: &str,
    near: Habits,
    far: Habits,
    modes: [&str; 2],
) -> (Took, Took, fax_gateway::ledger::Entry) {
    let mut lab = Lab::new(name).await;
    let (sent, received) = tokio::join!(lab.sender.send("0207", near), lab.receiver.receive(far));
    let entry = lab.record().await;
    let shown = Whole(&entry).to_string();
    assert_page(&sent, &received, &entry);
    assert_eq!([entry.near.mode.as_str(), entry.far.mode.as_str()], modes, "{name}: {shown}");
    lab.gateway.drain(core::future::pending()).await;
    (sent, received, entry)
}

async fn audio_becomes_t38_on_the_way() {
    let (_, _, entry) = fax("to-t38", Fax::Refuses.into(), Fax::Takes.into(), ["audio", "t38"]).await;
    assert_eq!((entry.cause.as_str(), entry.mode_used.as_str()), ("completed", "mixed"));
    assert_eq!((entry.from.as_str(), entry.to.as_str(), entry.route.as_str()), ("ata", "carrier", "out"));
}

async fn t38_becomes_audio_on_the_way() {
    fax("to-audio", Fax::Takes.into(), Fax::Refuses.into(), ["t38", "audio"]).await;
}

async fn t38_on_both_legs_is_relayed() {
    let (_, _, entry) = fax("relayed", Fax::Takes.into(), Fax::Takes.into(), ["t38", "t38"]).await;
    assert_eq!(entry.mode_used, "t38");
}

async fn a_fax_goes_on_in_audio_where_t38_is_refused() {
    let (_, _, entry) = fax("refused", Fax::Refuses.into(), Fax::Refuses.into(), ["audio", "audio"]).await;
    assert_eq!((entry.cause.as_str(), entry.mode_used.as_str()), ("audio_fax", "audio"));
    assert_eq!((entry.far.refusals.as_slice(), entry.near.refusals.as_slice()), (&[488][..], &[488][..]));
}

/// SIP-8.
async fn refreshes_in_the_middle_of_a_page_are_answered_with_what_holds() {
    let far = Habits { in_page: Deed::Refresh, ..Fax::Takes.into() };
    let (_, received, _) = fax("refresh", Fax::Refuses.into(), far, ["audio", "t38"]).await;
    let [same, update, empty] = &received.answers[..] else { panic!("{:?}", received.answers) };
    assert!(same.contains("m=image") && update.is_empty(), "{:?}", received.answers);
    assert_eq!(same, empty, "what holds, word for word");
}

/// SIP-8.
async fn refreshes_of_audio_in_the_middle_of_a_page_change_nothing() {
    let near = Habits { in_page: Deed::Refresh, ..Fax::Refuses.into() };
    let (sent, _, _) = fax("refresh-audio", near, Fax::Takes.into(), ["audio", "t38"]).await;
    assert!(sent.answers.len() == 3 && sent.answers[0].contains("m=audio"), "{:?}", sent.answers);
}

async fn a_peer_that_takes_its_time_to_switch_gets_it() {
    fax("slow", Fax::Refuses.into(), Fax::TakesLate.into(), ["audio", "t38"]).await;
}

/// SIP-17.
async fn a_peer_that_switches_in_the_middle_of_a_page_gets_the_page_all_the_same() {
    let far = Habits { in_page: Deed::Switch, ..Fax::Refuses.into() };
    let (_, _, entry) = fax("late", Fax::Refuses.into(), far, ["audio", "audio"]).await;
    assert_eq!(entry.far.refusals, [488, 488], "ours, and then theirs");
}

/// NAT-1.
async fn a_page_survives_another_port_of_the_one_that_sends_it_in_audio() {
    let near = Habits { in_page: Deed::Rebind, ..Fax::Refuses.into() };
    fax("rebind-audio", near, Fax::Takes.into(), ["audio", "t38"]).await;
}

/// NAT-1.
async fn a_page_survives_another_port_of_the_one_that_sends_it_in_t38() {
    let near = Habits { in_page: Deed::Rebind, ..Fax::Takes.into() };
    fax("rebind-t38", near, Fax::Refuses.into(), ["t38", "audio"]).await;
}

/// NAT-1.
async fn a_page_survives_another_port_of_the_one_that_receives_it_in_t38() {
    let far = Habits { in_page: Deed::Rebind, ..Fax::Takes.into() };
    fax("rebind-far", Fax::Refuses.into(), far, ["audio", "t38"]).await;
}

/// All at once: each lasts as long as a fax does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_every_way_the_page_that_arrives_is_the_page_that_was_sent() {
    tokio::join!(
        audio_becomes_t38_on_the_way(),
        t38_becomes_audio_on_the_way(),
        t38_on_both_legs_is_relayed(),
        a_fax_goes_on_in_audio_where_t38_is_refused(),
        refreshes_in_the_middle_of_a_page_are_answered_with_what_holds(),
        refreshes_of_audio_in_the_middle_of_a_page_change_nothing(),
        a_peer_that_takes_its_time_to_switch_gets_it(),
        a_peer_that_switches_in_the_middle_of_a_page_gets_the_page_all_the_same(),
        a_page_survives_another_port_of_the_one_that_sends_it_in_audio(),
        a_page_survives_another_port_of_the_one_that_sends_it_in_t38(),
        a_page_survives_another_port_of_the_one_that_receives_it_in_t38(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_no_route_takes_is_refused_and_has_its_record() {
    let lab = Lab::new("no-route").await;
    assert_eq!(lab.sender.send("777", Fax::Refuses.into()).await.cause, Some(Cause::Dropped));
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
    let call = tokio::spawn(async move { sender.send("0207", Fax::Refuses.into()).await });
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
    let lab = Lab::new("silent").await;
    // Nobody takes the call there: it rings for ever.
    let began = std::time::Instant::now();
    assert_eq!(lab.sender.send("0207", Fax::Refuses.into()).await.cause, Some(Cause::Dropped));
    assert!((9..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let entry = lab.record().await;
    assert_eq!(
        (entry.cause.as_str(), entry.to.as_str(), entry.mode_used.as_str()),
        ("no_answer", "carrier", "none")
    );
    lab.gateway.drain(core::future::pending()).await;
}
