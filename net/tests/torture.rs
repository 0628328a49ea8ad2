//! The messages of RFC 4475, while a call is on: what each gets, and that the call does not notice.

mod support;

use core::time::Duration;
use fax_call::sip::{Event, Method};
use fax_net::{Account, Registrar};
use support::{Bench, Message, OFFER, PATIENCE, T38, accept, event};
use tokio::time::timeout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// A call comes in.
    Call,
    /// It is answered with this.
    Answer(u16),
    /// It is dropped.
    Nothing,
}
use Outcome::{Answer, Call, Nothing};

/// Each message by its name in the RFC, what it gets, and why.
#[rustfmt::skip]
const MESSAGES: [(&str, Outcome, &str); 49] = [
    // 3.1.1: valid.
    ("wsinv", Answer(400), "should be read; the stack takes no blanks around the slashes of a Via"),
    ("intmeth", Nothing, "the stack reads no methods it does not know"),
    ("esc01", Call, "escapes in URIs"),
    ("escnull", Answer(405), "nobody registers here"),
    ("esc02", Nothing, "the stack reads no methods it does not know"),
    ("lwsdisp", Answer(200), "no blank before <"),
    ("longreq", Call, "long headers, many Vias"),
    ("dblreq", Answer(405), "what follows the first request in a datagram is left out"),
    ("semiuri", Answer(200), "a parameter inside the user part"),
    ("transports", Answer(200), "unknown transports in later Vias"),
    ("mpart01", Answer(405), "no MESSAGE outside a dialog"),
    ("unreason", Nothing, "a response to nothing"),
    ("noreason", Nothing, "a response to nothing"),
    // 3.1.2: invalid.
    ("badinv01", Call, "400 is asked for; parameters without a name are left out"),
    ("clerr", Answer(400), "the body is shorter than its length"),
    ("ncl", Answer(400), "a negative length"),
    ("scalar02", Answer(400), "numbers that are too large, in a request"),
    ("scalarlg", Nothing, "numbers that are too large, in a response"),
    ("quotbal", Answer(400), "quotes that stay open"),
    ("ltgtruri", Call, "400 or taken: brackets around the Request-URI are left out"),
    ("lwsruri", Nothing, "400 or taken: a blank in the Request-URI; the stack does not read it"),
    ("lwsstart", Nothing, "400 or taken: two blanks in the first line; the stack does not read it"),
    ("trws", Answer(200), "400 or taken: blanks at the end of the first line"),
    ("escruri", Call, "400 or taken: headers in the Request-URI are not looked at"),
    ("baddate", Call, "400 or taken: Date is not looked at"),
    ("regbadct", Answer(405), "nobody registers here"),
    ("badaspec", Answer(200), "400 or taken: blanks inside < >"),
    ("baddn", Nothing, "400 or taken: a display name of no tokens; the stack does not read it"),
    ("badvers", Answer(505), "SIP/7.0"),
    ("mismatch01", Answer(400), "CSeq names another method"),
    ("mismatch02", Nothing, "the same with an unknown method, which the stack does not read"),
    ("bigcode", Nothing, "a status code beyond all numbers"),
    // 3.2: transactions.
    ("badbranch", Answer(200), "a branch that is nothing but the cookie"),
    // 3.3: application layer.
    ("insuf", Answer(400), "Call-ID, From and To are missing"),
    ("unkscm", Answer(416), "an unknown scheme"),
    ("novelsc", Answer(416), "an unknown scheme"),
    ("unksm2", Answer(405), "nobody registers here"),
    ("bext01", Answer(420), "what is required is unknown"),
    ("invut", Answer(415), "a body of another type"),
    ("regaut01", Answer(405), "nobody registers here"),
    ("multi01", Answer(400), "two of each header of which there is one"),
    ("mcl01", Answer(400), "two lengths"),
    ("bcast", Nothing, "a 200 to nothing, for a Via that is not ours"),
    ("zeromf", Answer(200), "no hops left, and we are where it goes"),
    ("cparam01", Answer(405), "nobody registers here"),
    ("cparam02", Answer(405), "nobody registers here"),
    ("regescrt", Answer(405), "nobody registers here"),
    ("sdp01", Call, "it accepts no description; 406 is asked for, taken since it sends one"),
    // 3.4: the elder RFC.
    ("inv2543", Answer(400), "no tag in From, as RFC 2543 allowed; may be refused"),
];

fn octets(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/sip/rfc4475");
    std::fs::read(format!("{folder}/{name}.dat")).unwrap()
}

/// What the endpoint says of a message, told by its Call-ID from repetitions of older answers.
async fn outcome(bench: &mut Bench, name: &str, kept: &mut Vec<fax_net::DialogHandle>) -> Outcome {
    const WAIT: Duration = Duration::from_millis(60);
    let octets = octets(name);
    let text = String::from_utf8_lossy(&octets).into_owned();
    let sent = Message { text, octets: octets.clone() };
    let call_id = sent.find("Call-ID").or_else(|| sent.find("i")).map(str::to_owned);
    bench.peer.socket.send_to(&octets, bench.peer.target).await.unwrap();
    if let Ok(Some((invitation, dialog))) = timeout(WAIT, bench.calls.next()).await {
        assert_eq!(Some(invitation.call_id), call_id, "{name}");
        kept.push(dialog);
        return Call;
    }
    while let Some(answer) = bench.peer.within(WAIT).await {
        if answer.find("Call-ID").map(str::to_owned) == call_id && answer.name() != "100" {
            return Answer(answer.name().parse().unwrap());
        }
    }
    Nothing
}

#[tokio::test]
async fn each_message_of_rfc_4475_gets_its_answer_and_the_call_that_is_on_goes_on() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    let mut kept = Vec::new();
    let mut wrong = Vec::new();
    for (name, expected, why) in MESSAGES {
        let outcome = outcome(&mut bench, name, &mut kept).await;
        if outcome != expected {
            wrong.push(format!("{name}: {outcome:?} instead of {expected:?}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(bench.endpoint.counts().dialogs, 1 + kept.len() as u64);
    bench.peer.inside(&ok, "INVITE", "z9hG4bKafter", 2, "", T38).await;
    let Event::Offered { by: Method::ReInvite, .. } = event(&mut dialog).await else { panic!("an offer") };
    accept(&dialog, T38);
    assert_eq!(bench.peer.expect("200").await.body(), T38);
}

/// Where adapters register every request that could begin something is asked for credentials, tortured or not.
#[tokio::test]
async fn where_adapters_register_no_message_of_rfc_4475_registers_or_calls() {
    let mut bench = Bench::with(|settings| {
        settings.trunks.clear();
        settings.registrar = Some(Registrar {
            trunk: "atas".into(),
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            realm: "fax".into(),
            accounts: vec![Account { user: "user".into(), password: "secret".to_owned().into() }],
            longest: 300,
            advertised: None,
        });
    })
    .await;
    for (name, expected, why) in MESSAGES {
        let outcome = outcome(&mut bench, name, &mut Vec::new()).await;
        let registers = String::from_utf8_lossy(&octets(name)).starts_with("REGISTER");
        match expected {
            Call => assert_eq!(outcome, Answer(401), "{name}"),
            Answer(405) if registers => assert_eq!(outcome, Answer(401), "{name}"),
            _ => assert_eq!(outcome, expected, "{name}: {why}"),
        }
    }
    assert_eq!((bench.endpoint.counts().registered, bench.endpoint.counts().dialogs), (0, 0));
}

/// Names in Latin-1 are met in the field; the call behind one is a call.
#[tokio::test]
async fn a_name_that_is_no_utf_8_hides_no_header_behind_it() {
    let mut bench = Bench::new().await;
    let text = bench.peer.fresh("INVITE", "z9hG4bK1", 1, "", OFFER);
    let (before, after) = text.split_once("<sip:100@").unwrap();
    let octets = [before.as_bytes(), b"\"M\xFCller\" <sip:100@", after.as_bytes()].concat();
    bench.peer.socket.send_to(&octets, bench.peer.target).await.unwrap();
    let (invitation, _dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    assert_eq!((invitation.caller.reveal().as_str(), invitation.body), ("100", OFFER.into()));
}
