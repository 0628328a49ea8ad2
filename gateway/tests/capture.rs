//! What a capture of a call holds.

mod support;

use fax_call::sip::Command;
use fax_core::t30::session::Cause;
use fax_gateway::ledger::{Index, Query};
use fax_gateway::service::{Running, Source};
use support::{End, Fax, Scratch, configuration, until};

/// How often a text stands in octets.
fn count(octets: &[u8], text: &str) -> usize {
    octets.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_holds_the_signalling_of_both_legs_and_no_numbers() {
    let scratch = Scratch::new("capture");
    let mut receiver = End::start(None).await;
    let config = configuration(receiver.address(), "") + "[capture]\nenabled = true\npurpose = 'a test'\n";
    let file = scratch.write("faxgw.toml", &config);
    let records = scratch.0.join("records");
    let gateway = Running::start(Source { file: Some(file), records: Some(records.clone()) }).await.unwrap();
    let sender = End::start(Some(gateway.bound()[0])).await;
    let busy = async {
        let (_, far) = receiver.calls.next().await.unwrap();
        far.command(Command::Refuse { code: 486, retry_after: None, min_se: None });
    };
    let (sent, ()) = tokio::join!(sender.send("0207946000", Fax::Refuses.into()), busy);
    assert_eq!(sent.cause, Some(Cause::Dropped));
    let entry = until(|| Index::read(&records).ok()?.find(&Query::default()).ok()?.pop()).await;
    let file = records.join(entry.capture.unwrap());
    gateway.drain(core::future::pending()).await;
    let kept = until(|| std::fs::read(&file).ok().filter(|kept| count(kept, "SIP/2.0 486") >= 2)).await;
    assert_eq!((count(&kept, "INVITE sip:xxxxxxxx00@"), count(&kept, "\r\nm=audio ")), (2, 2));
    assert_eq!((count(&kept, "0207946000"), count(&kept, "0301234567")), (0, 0));
}
