//! The state of a dialog as RFC 3261 12 has it, and the requests made from it.

use super::grammar::address;
use super::message::{escape_user, from_tag, list, put, to_tag, uri, value};
use super::shared::Way;
use super::stack::{Headers, Method, Request, Response, Version};

#[derive(Clone)]
pub(super) struct Peering {
    pub(super) call_id: String,
    /// Our From or To, with tag.
    local: String,
    pub(super) local_tag: String,
    /// The peer's, with tag once it is known.
    remote: String,
    pub(super) remote_tag: Option<String>,
    /// Where requests are addressed to.
    pub(super) target: String,
    /// URIs with angle brackets, nearest first.
    routes: Vec<String>,
    /// User part of our Contact.
    pub(super) contact_user: String,
    cseq: u32,
    user_agent: String,
}

impl Peering {
    /// Routes beyond these are not believed.
    const MOST_ROUTES: usize = 16;

    /// The dialog that the peer's INVITE begins. `None` if it lacks what a dialog needs.
    pub(super) fn answering(invite: &Request, tag: &str, user_agent: &str) -> Option<Self> {
        Some(Self {
            call_id: value(invite, "Call-ID")?.to_owned(),
            local: format!("{};tag={tag}", value(invite, "To")?),
            local_tag: tag.to_owned(),
            remote: value(invite, "From")?.to_owned(),
            remote_tag: from_tag(invite).map(str::to_owned),
            target: address(value(invite, "Contact")?).to_owned(),
            routes: list(invite, "Record-Route").take(Self::MOST_ROUTES).map(str::to_owned).collect(),
            contact_user: escape_user(&super::message::user(&invite.uri.to_string())),
            cseq: 0,
            user_agent: user_agent.to_owned(),
        })
    }

    /// A dialog to be begun by us.
    pub(super) fn asking(
        call_id: String,
        tag: &str,
        from: &str,
        to: &str,
        contact_user: &str,
        user_agent: &str,
    ) -> Self {
        Self {
            call_id,
            local: format!("<{from}>;tag={tag}"),
            local_tag: tag.to_owned(),
            remote: format!("<{to}>"),
            remote_tag: None,
            target: to.to_owned(),
            routes: Vec::new(),
            contact_user: contact_user.to_owned(),
            cseq: 0,
            user_agent: user_agent.to_owned(),
        }
    }

    /// Takes over what a response to our INVITE says of the peer. An early dialog may be replaced by another, a fork.
    pub(super) fn establish(&mut self, response: &Response) {
        let Some(tag) = to_tag(response) else { return };
        if self.remote_tag.as_deref() != Some(tag) {
            self.routes = list(response, "Record-Route").take(Self::MOST_ROUTES).map(str::to_owned).collect();
            self.routes.reverse();
        }
        self.remote_tag = Some(tag.to_owned());
        if let Some(to) = value(response, "To") {
            to.clone_into(&mut self.remote);
        }
        self.retarget(value(response, "Contact"));
    }

    /// Takes over a new Contact (a target refresh).
    pub(super) fn retarget(&mut self, contact: Option<&str>) {
        if let Some(target) = contact.map(address).filter(|target| uri(target).is_some()) {
            target.clone_into(&mut self.target);
        }
    }

    /// The URI that the next request goes to first.
    pub(super) fn next_hop(&self) -> &str {
        self.routes.first().map_or(&self.target, |route| address(route))
    }

    /// A request with the next CSeq.
    pub(super) fn request(&mut self, method: Method, way: &Way, branch: &str) -> Option<Request> {
        self.cseq += 1;
        self.numbered(method, self.cseq, way, branch)
    }

    /// An ACK of a 2xx to the request with that CSeq.
    pub(super) fn ack(&self, cseq: u32, way: &Way, branch: &str) -> Option<Request> {
        self.numbered(Method::Ack, cseq, way, branch)
    }

    /// The CANCEL of `invite`, RFC 3261 9.1.
    pub(super) fn cancel(invite: &Request) -> Option<Request> {
        let mut headers = Headers(Vec::new());
        for name in ["Via", "Route", "From", "To", "Call-ID", "Max-Forwards"] {
            for value in
                super::message::values(invite, name).take(if name == "Via" { 1 } else { Self::MOST_ROUTES })
            {
                put(&mut headers, name, value.to_owned());
            }
        }
        let (cseq, _) = super::message::cseq(invite)?;
        put(&mut headers, "CSeq", format!("{cseq} CANCEL"));
        put(&mut headers, "Content-Length", "0".into());
        Some(Request {
            method: Method::Cancel,
            uri: invite.uri.clone(),
            version: Version::V2,
            headers,
            body: Vec::new(),
        })
    }

    /// `request` again, with the next CSeq, another branch and these credentials.
    pub(super) fn again(
        &mut self,
        request: &Request,
        way: &Way,
        branch: &str,
        credentials: (&str, String),
    ) -> Option<Request> {
        let mut again = request.clone();
        let (_, method) = super::message::cseq(request)?;
        self.cseq += 1;
        let cseq = format!("{} {method}", self.cseq);
        again.headers.retain(|header| {
            let replaced = ["CSeq", "Via", "Authorization", "Proxy-Authorization"];
            !replaced.iter().any(|name| header.name().eq_ignore_ascii_case(name))
        });
        again.headers.push_front(super::message::header("Via", way.via(branch)));
        put(&mut again.headers, "CSeq", cseq);
        put(&mut again.headers, credentials.0, credentials.1);
        Some(again)
    }

    fn numbered(&self, method: Method, cseq: u32, way: &Way, branch: &str) -> Option<Request> {
        let mut headers = Headers(Vec::with_capacity(16));
        put(&mut headers, "Via", way.via(branch));
        put(&mut headers, "Max-Forwards", "70".into());
        for route in &self.routes {
            put(&mut headers, "Route", route.clone());
        }
        put(&mut headers, "From", self.local.clone());
        put(&mut headers, "To", self.remote.clone());
        put(&mut headers, "Call-ID", self.call_id.clone());
        put(&mut headers, "CSeq", format!("{cseq} {method}"));
        put(&mut headers, "User-Agent", self.user_agent.clone());
        Some(Request { method, uri: uri(&self.target)?, version: Version::V2, headers, body: Vec::new() })
    }
}
