//! What `faxlab send` and `faxlab receive` share of SIP.

use super::machine::MachineOptions;
use clap::{Args, ValueEnum};
use fax_call::OffersT38;
use fax_call::sip::T38Mode;
use fax_core::terminal::FaxMachine;
use fax_harness::carrier::{SipPlace, SipWay};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A machine that calls and is called over SIP.
#[derive(Debug, Args)]
pub(crate) struct SipOptions {
    /// The address of ours for SIP over UDP. A machine that receives waits there for one call.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["pcm", "udptl"])]
    sip: Option<SocketAddr>,
    /// Who may call us; nobody else is answered.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    sip_peer: IpAddr,
    /// Over SIP: whether T.38 is refused, taken when it is offered, offered once the call is up, or all that is
    /// offered.
    #[arg(long, value_enum, default_value = "taken")]
    sip_t38: SipT38,
    /// The number we call from.
    #[arg(long, default_value = "faxlab")]
    from: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SipT38 {
    Refused,
    Taken,
    Offered,
    Only,
}

/// Whom to call.
#[derive(Debug)]
pub(crate) struct Uri {
    pub(super) number: String,
    pub(super) host: SocketAddr,
}

impl Uri {
    /// Reads `sip:NUMBER@ADDRESS[:PORT]`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wanted = || format!("{text}: a call goes to sip:NUMBER@ADDRESS:PORT");
        let (number, host) =
            text.strip_prefix("sip:").and_then(|rest| rest.split_once('@')).ok_or_else(wanted)?;
        let alone = || host.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 5060));
        let host = host.parse().or_else(|_| alone()).map_err(|_| wanted())?;
        Ok(Self { number: number.to_owned(), host })
    }
}

impl SipOptions {
    /// Where calls are waited for, if they are.
    pub(crate) fn listens(&self) -> Option<SocketAddr> {
        self.sip
    }

    /// Calls, and lets the machine do its work.
    pub(crate) fn call(
        &self,
        whom: &Uri,
        machine: FaxMachine,
        options: &MachineOptions,
    ) -> Result<FaxMachine, Box<dyn Error>> {
        let listen = self.sip.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
        runtime()?.block_on(async {
            let (place, _calls) = SipPlace::open(self.way(listen, whom.host)).await?;
            let mut note = |at, what: &dyn core::fmt::Debug| options.remark(at, what);
            let phone = place.call(machine, &self.from, &whom.number, &mut note).await?;
            match phone.refused() {
                Some(code) => Err(format!("the call was refused: {code}").into()),
                None => Ok(phone.into_machine()),
            }
        })
    }

    /// Waits for one call, and lets the machine do its work.
    pub(crate) fn answer(
        &self,
        listen: SocketAddr,
        machine: FaxMachine,
        options: &MachineOptions,
    ) -> Result<FaxMachine, Box<dyn Error>> {
        runtime()?.block_on(async {
            let peer = SocketAddr::new(self.sip_peer, 5060);
            let (place, mut calls) = SipPlace::open(self.way(listen, peer)).await?;
            eprintln!("waiting for a call on {}", place.address());
            let call = calls.next().await.ok_or("the SIP stack has stopped")?;
            let mut note = |at, what: &dyn core::fmt::Debug| options.remark(at, what);
            let phone = place.answer(machine, call, &mut note).await?;
            Ok(phone.ok_or("the call offered nothing that is taken here")?.into_machine())
        })
    }

    fn way(&self, listen: SocketAddr, peer: SocketAddr) -> SipWay {
        self.sip_t38.way(listen, peer)
    }
}

impl SipT38 {
    pub(super) fn way(self, listen: SocketAddr, peer: SocketAddr) -> SipWay {
        let (t38, offers) = match self {
            Self::Refused => (T38Mode::Never, OffersT38::Never),
            Self::Taken => (T38Mode::Prefer, OffersT38::Never),
            Self::Offered => (T38Mode::Prefer, OffersT38::AtOnce),
            Self::Only => (T38Mode::Prefer, OffersT38::First),
        };
        SipWay { listen, peer, t38, offers, redundancy: 3 }
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
