//! What a call is made of and what happens to it: everything but the seed.

use super::classic_udptl::Recovery;
use super::network::Network;
use crate::stimulus::{Impairments, Law};
use crate::system::System;
use fax_call::{OwnWords, Policy, Repetition, SuperG3};
use fax_core::Span;
use std::fmt;
use std::str::FromStr;

/// A kind of call.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What stands between the two fax machines.
    pub chain: Chain,
    /// Whose fax machines.
    pub ends: System,
    /// Whose gateways: the caller's and the answerer's.
    pub gateways: [System; 2],
    /// What the fax machines can do.
    pub machine: MachineSettings,
    /// What the packets look like.
    pub packets: PacketSettings,
    /// From the caller, and to the caller.
    pub network: [Network; 2],
    /// Both directions of every phone line.
    pub line: Impairments,
    /// Playout delay of a passthrough, 20 to 200 ms.
    pub playout: Span,
    /// Older packets beside each of a passthrough (RFC 2198), two at most.
    pub generations: u8,
    /// What our gateways make of Super G3.
    pub super_g3: SuperG3,
    /// What our gateways say that no machine said.
    pub own: OwnWords,
    /// What they make of commands that are repeated over a slow network.
    pub repetition: Repetition,
    /// Who has the document.
    pub sender: Sender,
    /// Whether the fax machines begin with V.8.
    pub v8: bool,
    /// When the answerer is hung up after the caller has gone on hook.
    pub hang_up: Option<Span>,
    /// Samples of a block of audio: 160 or 80.
    pub block: usize,
}

/// What stands between the fax machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Phone line, gateway, network, gateway, phone line.
    Gateway,
    /// A T.38 caller, network, gateway, phone line.
    TerminalGateway,
    /// Phone line, gateway, network, a T.38 answerer.
    GatewayTerminal,
    /// Two T.38 fax machines.
    TerminalTerminal,
    /// Phone line, RTP with G.711, phone line.
    Passthrough,
    /// As passthrough, with the signals made anew on both sides.
    Regenerate,
}

/// Who has the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The caller sends it.
    Caller,
    /// The answerer offers it, and the caller fetches it: polling.
    Answerer,
}

impl Sender {
    /// The place of the side that sends, the caller being the first.
    pub const fn index(self) -> usize {
        match self {
            Self::Caller => 0,
            Self::Answerer => 1,
        }
    }
}

/// What both fax machines can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineSettings {
    /// The fastest modem.
    pub modem: Modem,
    /// Bit rate at which the sender starts, at most.
    pub max_rate: Option<u32>,
    /// Whether error correction is offered and taken.
    pub ecm: bool,
    /// The best coding of pages.
    pub coding: Coding,
}

/// A modem with those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modem {
    /// 2400 and 4800 bit/s.
    V27ter,
    /// And 7200 and 9600 bit/s.
    V29,
    /// And 7200 to 14 400 bit/s with trellis coding.
    V17,
}

/// A coding with those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// T.4, one-dimensional.
    Mh,
    /// T.4, two-dimensional.
    Mr,
    /// T.6; with error correction only.
    Mmr,
}

/// How packets are protected and written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PacketSettings {
    /// Redundancy or parity.
    pub recovery: Recovery,
    /// Spaced copies.
    pub copies: Option<Copies>,
    /// How long a receiver waits for what was overtaken.
    pub hold: Option<Span>,
    /// Image in one packet of our gateways.
    pub packet: Option<Span>,
    /// T38FaxVersion.
    pub version: u8,
    /// T38FaxRateManagement: 1 local TCF, 2 transferred TCF.
    pub rate_management: u8,
    /// Whether fill is left out of pages without error correction.
    pub fill_removal: bool,
}

/// Copies of a datagram sent later, with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Of a control packet.
    pub control: usize,
    /// Of an image packet.
    pub image: usize,
    /// Time between them.
    pub apart: Span,
}

impl fmt::Display for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { control, image, apart } = self;
        write!(
            f,
            "{control} copies of control and {image} of image packets, {} ms apart",
            apart.micros() / 1000
        )
    }
}

impl Scenario {
    /// What a relay of ours may do, but for what is agreed about packets.
    pub(super) fn policy(&self) -> Policy {
        let Self { super_g3, own, repetition, .. } = *self;
        Policy { super_g3, own, repetition, ..Policy::default() }
    }
}

impl Default for Scenario {
    /// SpanDSP throughout, V.17 with error correction, three secondaries, a perfect network of 20 ms.
    fn default() -> Self {
        Self {
            chain: Chain::Gateway,
            ends: System::Spandsp,
            gateways: [System::Spandsp; 2],
            machine: MachineSettings { modem: Modem::V17, max_rate: None, ecm: true, coding: Coding::Mmr },
            packets: PacketSettings {
                recovery: Recovery::Redundancy(3),
                copies: None,
                hold: None,
                packet: None,
                version: 0,
                rate_management: 2,
                fill_removal: false,
            },
            network: [Network::default(), Network::default()],
            line: Impairments { g711: vec![Law::Mu], ..Impairments::default() },
            playout: Span::from_millis(60),
            generations: 0,
            super_g3: SuperG3::default(),
            own: OwnWords::ALL,
            repetition: Repetition::default(),
            sender: Sender::Caller,
            v8: false,
            hang_up: Some(Span::from_millis(2000)),
            block: 160,
        }
    }
}

/// A type whose values have names on the command line.
macro_rules! named {
    ($type:ident, $what:literal, $($name:literal => $value:ident),+) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$value => $name),+ })
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($name => Ok(Self::$value),)+
                    _ => Err(format!("no such {}: {text}; there are {}", $what, [$($name),+].join(" "))),
                }
            }
        }
    };
}

named!(Chain, "chain", "gateway" => Gateway, "terminal-gateway" => TerminalGateway,
    "gateway-terminal" => GatewayTerminal, "terminal-terminal" => TerminalTerminal,
    "passthrough" => Passthrough, "regenerate" => Regenerate);
named!(Modem, "modem", "v17" => V17, "v29" => V29, "v27ter" => V27ter);
named!(Coding, "coding", "mh" => Mh, "mr" => Mr, "mmr" => Mmr);
