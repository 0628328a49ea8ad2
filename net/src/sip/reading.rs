//! What an endpoint makes of the octets of one message, without an endpoint: for tests of all that reads text here.

use super::digest::{self, Asked, Doorkeeper, Verdict};
use super::message::{q850, retry_after, session_timer, uri_socket, values};
use super::peering::Peering;
use super::sound::Sound;
use super::stack::{Request, Response, SipMessage};
use crate::settings::{Account, Credentials};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use fax_call::sip::Invitation;

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    /// The stack does not read it.
    Unreadable,
    /// It is refused with this response.
    Refused(u16),
    /// A call comes in.
    Call(Box<Invitation>),
    /// Another request.
    Request,
    /// A response, and our answer to its challenge.
    Response(Option<String>),
}

/// Reads one message, and all that is ever read of one.
pub fn read(octets: &[u8]) -> Reading {
    match SipMessage::try_from(octets) {
        Err(_) => Reading::Unreadable,
        Ok(SipMessage::Request(request)) => read_request(&request),
        Ok(SipMessage::Response(response)) => read_response(&response),
    }
}

fn read_request(request: &Request) -> Reading {
    if let Err(code) = Sound::of(request) {
        return Reading::Refused(code);
    }
    if let Some(mut peering) = Peering::answering(request, "tag", "test") {
        peering.retarget(values(request, "Contact").last());
        _ = uri_socket(peering.next_hop(), 5060);
    }
    let source = SocketAddr::from((Ipv4Addr::LOCALHOST, 5060));
    let uri = request.uri.to_string();
    let asked = Asked { method: "REGISTER", uri: &uri, body: &request.body };
    let account = Account { user: "a".to_owned(), password: "b".to_owned().into() };
    let mut door = Doorkeeper::new("realm", &[account], [7; 32]);
    // Nothing that was not challenged opens the door.
    if let Verdict::Good(_) = door.judge(Duration::from_secs(60), source.ip(), request, &asked, "branch") {
        return Reading::Refused(200);
    }
    _ = (session_timer(request), q850(request));
    match super::invitation(request, source, "peer") {
        Some(invitation) => Reading::Call(Box::new(invitation)),
        None => Reading::Request,
    }
}

fn read_response(response: &Response) -> Reading {
    _ = (session_timer(response), retry_after(response), q850(response));
    let from = IpAddr::from(Ipv4Addr::LOCALHOST);
    let mut peering = Peering::asking("id".to_owned(), "tag", "sip:a@b", "sip:c@d", "a", &from.to_string());
    peering.establish(response);
    peering.retarget(values(response, "Contact").last());
    _ = uri_socket(peering.next_hop(), 5060);
    let credentials = Credentials {
        user: "a".to_owned(),
        password: "b".to_owned().into(),
        realm: Some("realm".to_owned()),
    };
    let asked = Asked { method: "INVITE", uri: "sip:c@d", body: &[] };
    let answers = [true, false].map(|proxy| {
        digest::answer(response, proxy, &credentials, &mut None, &asked, "cnonce").map(|(_, value)| value)
    });
    Reading::Response(answers.into_iter().flatten().next())
}
