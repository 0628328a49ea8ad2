//! SDP about T.38 in the SIP messages of a capture.
//!
//! Not here: what an offer and an answer agree on (`fax_t38::sdp`); dialogs. Whoever is described as a
//! T.38 end at an address is taken for one from the first packet of the capture on.

use fax_t38::sdp::{Description, Host, Transport};
use fax_t38::{Version, rtp};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// T.38 ends by their addresses.
#[derive(Debug, Default)]
pub(super) struct Ends(BTreeMap<SocketAddr, End>);

/// What an end says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) transport: Transport,
    pub(super) version: Version,
}

impl Ends {
    /// Takes a packet's payload if it is SIP with SDP about T.38; says what that says.
    pub(super) fn take(&mut self, payload: &[u8]) -> Option<String> {
        let description = Description::parse(body(payload)?).ok()?;
        let mut told = Vec::new();
        for (_, media, fax) in description.fax_lines() {
            let Some(Host::Ip(ip)) = description.host_of(media) else { continue };
            let address = SocketAddr::new(*ip, media.port);
            let version = fax.parameters.version;
            let carrier = match fax.transport {
                Transport::Udptl => "udptl",
                Transport::Tcp => "tcp",
                Transport::Dtls => "udptl over dtls",
                Transport::Rtp(_) => "rtp",
            };
            let corrections =
                match (fax.parameters.corrections.redundancy(), fax.parameters.corrections.fec()) {
                    (true, true) => ", redundancy or FEC",
                    (true, false) => ", redundancy",
                    (false, true) => ", FEC",
                    (false, false) => "",
                };
            told.push(format!("T.38 at {address}, {carrier}, version {}{corrections}", version.number()));
            self.0.insert(address, End { transport: fax.transport, version });
        }
        (!told.is_empty()).then(|| told.join("; "))
    }

    pub(super) fn at(&self, address: SocketAddr) -> Option<&End> {
        self.0.get(&address)
    }
}

/// Payload types of T.38 inside RTP.
pub(super) fn format(transport: Transport) -> Option<rtp::Format> {
    let Transport::Rtp(fax) = transport else { return None };
    Some(rtp::Format {
        payload_type: fax.payload_type,
        red: fax.redundancy.map(|red| red.payload_type),
        content: match fax.framing {
            fax_t38::sdp::RtpFraming::Ifp => rtp::Content::Ifp,
            fax_t38::sdp::RtpFraming::Udptl => rtp::Content::Udptl,
        },
    })
}

/// What follows the head of a SIP message. The parts of a multipart body are not told apart: SDP is
/// taken from its v= line on.
fn body(payload: &[u8]) -> Option<&[u8]> {
    const VERSION: &[u8] = b"v=0";
    let line = payload.split(|octet| *octet == b'\n').next()?;
    let is_sip = line.starts_with(b"SIP/2.0 ") || line.trim_ascii_end().ends_with(b" SIP/2.0");
    let at = payload.windows(4).position(|window| window == b"\r\n\r\n").filter(|_| is_sip)?;
    let body = payload.get(at + 4..)?;
    let from = body.windows(VERSION.len()).position(|window| window == VERSION)?;
    let sdp = body.get(from..)?;
    let end = sdp.windows(4).position(|window| window == b"\r\n--").unwrap_or(sdp.len());
    sdp.get(..end)
}
