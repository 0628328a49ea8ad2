//! A call over SIP in real time: a [`Phone`] with the sockets of `fax-net`.

use fax_call::sip::{Command, Headers, Invitation, LegSettings, Local, T38Mode, Target, Unacceptable};
use fax_call::{OffersT38, Phone, PhoneSettings, media};
use fax_core::terminal::FaxMachine;
use fax_core::{Private, Timestamp};
use fax_net::{
    Calls, Clock, DialogHandle, EndpointSettings, Listener, Marking, MediaSockets, PortRange, SipEndpoint,
    Trouble, Trunk,
};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How a machine of ours uses SIP.
#[derive(Clone, Copy, Debug)]
pub struct SipWay {
    /// Where we listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who calls us, or is called.
    pub peer: SocketAddr,
    /// Whether T.38 is taken.
    pub t38: T38Mode,
    /// Whether we offer it.
    pub offers: OffersT38,
    /// Secondaries in each datagram of T.38.
    pub redundancy: u8,
}

/// A SIP endpoint for fax machines of ours, which know one peer.
pub struct SipPlace {
    way: SipWay,
    endpoint: SipEndpoint,
    ports: PortRange,
}

/// What passes in a call.
pub type Note<'a> = &'a mut (dyn FnMut(Timestamp, &dyn core::fmt::Debug) + Send);

/// The peer's name among trunks.
const PEER: &str = "peer";

impl SipPlace {
    /// Binds, and listens; with the place comes what calls it. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// What `fax-net` says.
    pub async fn open(way: SipWay) -> Result<(Self, Calls), Trouble> {
        let settings = EndpointSettings {
            listeners: vec![Listener::udp(way.listen)],
            trunks: vec![Trunk::udp(PEER, way.peer)],
            user_agent: concat!("faxlab/", env!("CARGO_PKG_VERSION")).to_owned(),
            ..EndpointSettings::default()
        };
        let (endpoint, calls) = SipEndpoint::start(settings).await?;
        let ports = PortRange::new(PORTS.0, PORTS.1).ok_or(Trouble::Full)?;
        Ok((Self { way, endpoint, ports }, calls))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.endpoint.bound().first().map_or(self.way.listen, |(_, address)| *address)
    }

    /// Calls `number` and lets the machine do its work; the phone, when all is over.
    ///
    /// # Errors
    /// No sockets, or no place for a call.
    pub async fn call(
        &self,
        machine: FaxMachine,
        from: &str,
        number: &str,
        note: Note<'_>,
    ) -> io::Result<Phone> {
        let handle = self.endpoint.dial().map_err(io::Error::other)?;
        let (sockets, settings) = self.leg()?;
        let target = Target {
            trunk: PEER.to_owned(),
            caller: Private::new(from.to_owned()),
            called: Private::new(number.to_owned()),
            max_forwards: 70,
            hops: 0,
            headers: Headers::default(),
        };
        let clock = Clock::start();
        let phone = Phone::call(machine, settings, target, clock.now());
        drive(phone, handle, &sockets, clock, note).await
    }

    /// Answers a call and lets the machine do its work; `None` if it offered nothing that is taken here.
    ///
    /// # Errors
    /// No sockets.
    pub async fn answer(
        &self,
        machine: FaxMachine,
        call: (Invitation, DialogHandle),
        note: Note<'_>,
    ) -> io::Result<Option<Phone>> {
        let (invitation, handle) = call;
        let (sockets, settings) = self.leg()?;
        let clock = Clock::start();
        match Phone::answer(machine, settings, &invitation, clock.now()) {
            Ok(phone) => drive(phone, handle, &sockets, clock, note).await.map(Some),
            Err(refusal) => {
                let Unacceptable { code, min_se } = refusal;
                handle.command(Command::Refuse { code, retry_after: None, min_se });
                Ok(None)
            }
        }
    }

    fn leg(&self) -> io::Result<(MediaSockets, PhoneSettings)> {
        let host = host(self.address().ip());
        let sockets = MediaSockets::bind(host, &self.ports, Marking::default())?;
        let origin = u64::from(sockets.rtp_port());
        let local = Local { host, rtp_port: sockets.rtp_port(), udptl_port: sockets.udptl_port(), origin };
        let leg = LegSettings { t38: self.way.t38, ..LegSettings::new(local) };
        let image = self.way.redundancy;
        let media = media::LegSettings {
            protection: fax_t38::udptl::Protection::Secondaries { control: image, image },
            ..media::LegSettings::default()
        };
        Ok((sockets, PhoneSettings { leg, media, offers: self.way.offers, seed: seed() }))
    }
}

/// Ports for media: below those that systems give out by themselves, and beside those of a gateway on the same machine.
const PORTS: (u16, u16) = (12_000, 19_998);

/// How long the stack lives on once a call is over.
const PARTING: Duration = Duration::from_millis(300);

/// An address that a peer can send to.
fn host(ip: IpAddr) -> IpAddr {
    if ip.is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { ip }
}

/// Another number for each call: RTP's sources and the waits after glare are drawn from it.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

/// Carries a call to its end.
async fn drive(
    mut phone: Phone,
    mut handle: DialogHandle,
    sockets: &MediaSockets,
    clock: Clock,
    note: Note<'_>,
) -> io::Result<Phone> {
    let mut buffer = [0; 2048];
    let mut out = [0; 2048];
    loop {
        phone.advance(clock.now());
        while let Some(command) = phone.command() {
            handle.command(command);
        }
        while let Some(it) = phone.transmit(&mut out) {
            if let Some(datagram) = out.get(..it.length) {
                // What a socket does not take is as good as lost on the way.
                sockets.send(it.socket, it.to, datagram);
            }
        }
        while let Some((at, notice)) = phone.notice() {
            note(at, &notice);
        }
        while let Some((at, event)) = phone.station().terminal().event() {
            note(at, &event);
        }
        if phone.is_over() {
            // The response to the peer's BYE is on its way.
            tokio::time::sleep(PARTING).await;
            return Ok(phone);
        }
        let deadline = phone.deadline().unwrap_or(clock.now() + fax_core::Span::from_millis(1000));
        tokio::select! {
            event = handle.events.recv() => match event {
                Some(event) => {
                    phone.take(clock.now(), event);
                }
                None => return Ok(phone),
            },
            (socket, from, length) = sockets.receive(&mut buffer) => {
                phone.receive(clock.now(), socket, from, buffer.get(..length).unwrap_or_default());
            }
            () = clock.sleep_until(deadline) => {}
        }
    }
}
