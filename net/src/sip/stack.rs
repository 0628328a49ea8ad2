//! The names of the stack that the adapter uses, in one place: what an upgrade has to keep.

pub(super) use rsipstack::EndpointBuilder;
pub(super) use rsipstack::platform::CancellationToken;
pub(super) use rsipstack::platform::net::UdpSocket as StackSocket;
pub(super) use rsipstack::sip::headers::{Header, Headers, make_header};
pub(super) use rsipstack::sip::message::HasHeaders;
#[cfg(feature = "srv")]
pub(super) use rsipstack::sip::{Host, HostWithPort};
pub(super) use rsipstack::sip::{
    Method, Request, Response, Scheme, SipMessage, StatusCode, Transport, Uri, Version,
};
pub(super) use rsipstack::transaction::endpoint::{
    EndpointInner, EndpointOption, MessageInspector, TransportEventInspector,
};
pub(super) use rsipstack::transaction::key::{TransactionKey, TransactionRole};
pub(super) use rsipstack::transaction::transaction::{Transaction, TransactionEvent, TransactionEventSender};
pub(super) use rsipstack::transport::tcp::TcpConnection;
pub(super) use rsipstack::transport::tls::{TlsConfig, TlsConnection};
pub(super) use rsipstack::transport::udp::UdpConnection;
pub(super) use rsipstack::transport::{SipAddr, SipConnection, TransportEvent, TransportLayer};
