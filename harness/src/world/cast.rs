//! Whose fax machines and gateways take part, by scenario: the one place that knows the systems.
//!
//! A system of another maker is one file and one arm here.

use super::draw::{Direction, stream};
use super::ends::{Gateway, T38Terminal, Terminal};
use super::our_machine::OurTerminal;
use super::ours::{self, OurGateway};
use super::page::Document;
use super::passthrough::AudioGateway;
use super::phone::{PhoneLine, Place};
use super::scenario::{Chain, Scenario};
use super::side::{Phone, Side};
use crate::system::System;
use fax_call::Leg;
use fax_core::t30::session;
use fax_core::{SAMPLE_RATE, Timestamp, terminal};
use fax_t38::line::Pacing;

/// What the lab cannot put on its stage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotBuild {
    /// There is no such part yet, or not in this binary.
    #[error("no {part} of {system} here: {why}")]
    NoPart {
        /// Whose.
        system: System,
        /// What.
        part: &'static str,
        /// Why.
        why: &'static str,
    },
    /// The part has no such option.
    #[error("{part} of {system} has no {option}")]
    NoOption {
        /// Whose.
        system: System,
        /// What.
        part: &'static str,
        /// Which option.
        option: &'static str,
    },
}

/// One of the two sides of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Calls.
    Caller,
    /// Answers.
    Answerer,
}

/// Both sides of a call with this seed, the caller first.
pub(super) fn sides(scenario: &Scenario, document: &Document, seed: u64) -> Result<[Side; 2], CannotBuild> {
    Ok([side(Role::Caller, scenario, document, seed)?, side(Role::Answerer, scenario, document, seed)?])
}

fn side(role: Role, scenario: &Scenario, document: &Document, seed: u64) -> Result<Side, CannotBuild> {
    let mut chance = stream(seed, role.direction(), "side");
    // No two sides keep the same beat, and nobody answers at the same moment each time.
    let phase = Timestamp::from_micros(chance.below(scenario.block as u64 * 125));
    let ring = Timestamp::from_micros(chance.below(MAX_RING_MICROS));
    let delay = chance.below(160) as usize;
    let (off_hook, delay) = match role {
        Role::Caller => (Timestamp::ZERO, 0),
        Role::Answerer => (ring, delay),
    };
    if role.is_on_packets(scenario.chain) {
        return Ok(Side::on_packets(
            t38_terminal(role, scenario, document)?,
            phase,
            off_hook,
            scenario.block,
        ));
    }
    let step = 1.0 + scenario.line.clock_ppm * 1e-6;
    let line = |direction, step| {
        PhoneLine::new(&scenario.line, Place { seed, direction, line: role.line(), delay, step })
    };
    let phone = Phone {
        terminal: terminal(role, scenario, document)?,
        up: line(role.direction(), step),
        down: line(role.direction().back(), 1.0 / step),
        gateway: gateway(role, scenario, chance.below(u64::MAX))?,
        step,
    };
    Ok(Side::on_phone(phone, phase, off_hook, scenario.block))
}

/// The answerer goes off hook up to 2 s after the caller.
const MAX_RING_MICROS: u64 = 2_000_000;

impl Role {
    const fn index(self) -> usize {
        match self {
            Self::Caller => 0,
            Self::Answerer => 1,
        }
    }

    /// Whether its fax machine speaks T.38 itself.
    const fn is_on_packets(self, chain: Chain) -> bool {
        match self {
            Self::Caller => matches!(chain, Chain::TerminalGateway | Chain::TerminalTerminal),
            Self::Answerer => matches!(chain, Chain::GatewayTerminal | Chain::TerminalTerminal),
        }
    }

    /// Whether the document is its own.
    fn sends(self, scenario: &Scenario) -> bool {
        self.index() == scenario.sender.index()
    }

    /// The direction in which it sends.
    const fn direction(self) -> Direction {
        match self {
            Self::Caller => Direction::AToB,
            Self::Answerer => Direction::BToA,
        }
    }

    const fn line(self) -> &'static str {
        match self {
            Self::Caller => "line A",
            Self::Answerer => "line B",
        }
    }
}

fn terminal(role: Role, scenario: &Scenario, document: &Document) -> Result<Box<dyn Terminal>, CannotBuild> {
    match scenario.ends {
        #[cfg(feature = "spandsp")]
        System::Spandsp => Ok(peer::terminal(role, scenario, document)),
        #[cfg(not(feature = "spandsp"))]
        System::Spandsp => no_part(scenario.ends, "fax machine"),
        System::Ours if scenario.v8 => {
            Err(CannotBuild::NoOption { system: scenario.ends, part: "a fax machine", option: "V.8" })
        }
        System::Ours => Ok(Box::new(our_machine(role, scenario, document, Leg::audio()))),
    }
}

fn t38_terminal(
    role: Role,
    scenario: &Scenario,
    document: &Document,
) -> Result<Box<dyn T38Terminal>, CannotBuild> {
    match scenario.ends {
        #[cfg(feature = "spandsp")]
        System::Spandsp => peer::t38_terminal(role, scenario, document),
        #[cfg(not(feature = "spandsp"))]
        System::Spandsp => no_part(scenario.ends, "T.38 fax machine"),
        System::Ours => {
            let leg = Leg::t38(ours::line(&scenario.packets, Pacing::METERED));
            Ok(Box::new(our_machine(role, scenario, document, leg)))
        }
    }
}

fn our_machine(role: Role, scenario: &Scenario, document: &Document, leg: Leg) -> OurTerminal {
    let document =
        if role.sends(scenario) { document.for_ours.clone() } else { terminal::Document::default() };
    let role = match role {
        Role::Caller => session::Role::Caller,
        Role::Answerer => session::Role::Answerer,
    };
    OurTerminal::new(role, &scenario.machine, document, leg)
}

fn gateway(role: Role, scenario: &Scenario, seed: u64) -> Result<Box<dyn Gateway>, CannotBuild> {
    match (scenario.chain, scenario.gateways[role.index()]) {
        (Chain::Passthrough | Chain::Regenerate, _) => Ok(Box::new(AudioGateway::new(scenario, seed))),
        (_, System::Ours) => Ok(Box::new(OurGateway::new(&scenario.packets, scenario.policy()))),
        #[cfg(feature = "spandsp")]
        (_, System::Spandsp) => peer::gateway(scenario),
        #[cfg(not(feature = "spandsp"))]
        (_, system) => no_part(system, "gateway"),
    }
}

#[cfg(not(feature = "spandsp"))]
fn no_part<T>(system: System, part: &'static str) -> Result<T, CannotBuild> {
    let why = match system {
        System::Ours => "it is not built yet",
        System::Spandsp => "build with `--features spandsp`",
    };
    Err(CannotBuild::NoPart { system, part, why })
}

/// How what goes over the network is protected, from the caller and from the answerer, in words.
pub fn sent(scenario: &Scenario) -> [String; 2] {
    let on_packets = |role: Role| role.is_on_packets(scenario.chain);
    [Role::Caller, Role::Answerer].map(|role| match (scenario.chain, on_packets(role)) {
        (Chain::Passthrough | Chain::Regenerate, _) => match scenario.generations {
            0 => "G.711 in packets of 20 ms".to_owned(),
            generations => {
                format!("G.711 in packets of 20 ms, the {generations} before it repeated beside each")
            }
        },
        (_, true) => words(scenario.ends, scenario),
        (_, false) => words(scenario.gateways[role.index()], scenario),
    })
}

fn words(system: System, scenario: &Scenario) -> String {
    let copies = match (system, scenario.packets.copies) {
        (System::Ours, None) => {
            "our default copies: 3 of control, 80, 240 and 560 ms later, none of image".to_owned()
        }
        (System::Ours, Some(copies)) => copies.to_string(),
        (System::Spandsp, _) => "copies of indicators at once, as its engine asks".to_owned(),
    };
    format!("{}, {copies}", scenario.packets.recovery)
}

/// Longest a call may take, by the pages of its document: what no fax machine should need.
pub(super) fn limit(document: &Document) -> Timestamp {
    Timestamp::from_samples((300 + 300 * document.pages.len() as u64) * u64::from(SAMPLE_RATE))
}

#[cfg(feature = "spandsp")]
mod peer {
    //! The foreign peer's parts.

    use super::super::ends::{Gateway, T38Terminal, Terminal};
    use super::super::page::Document;
    use super::super::scenario::{Coding, Modem, Scenario};
    use super::super::spandsp::{PeerGateway, PeerT38Terminal, PeerTerminal};
    use super::super::super_g3::SuperG3Machine;
    use super::{CannotBuild, Role};
    use crate::system::System;
    use peer_spandsp::{GatewaySettings, Modems, T38Settings, TerminalSettings};
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};

    pub(super) fn terminal(role: Role, scenario: &Scenario, document: &Document) -> Box<dyn Terminal> {
        let machine = PeerTerminal::new(peer_role(role), &settings(role, scenario, document));
        match scenario.v8 {
            true => Box::new(SuperG3Machine::new(role == Role::Caller, machine)),
            false => Box::new(machine),
        }
    }

    pub(super) fn t38_terminal(
        role: Role,
        scenario: &Scenario,
        document: &Document,
    ) -> Result<Box<dyn T38Terminal>, CannotBuild> {
        refuse_what_is_ours(scenario, "a T.38 fax machine")?;
        let settings = settings(role, scenario, document);
        Ok(Box::new(PeerT38Terminal::new(peer_role(role), &settings, scenario.packets.recovery)))
    }

    pub(super) fn gateway(scenario: &Scenario) -> Result<Box<dyn Gateway>, CannotBuild> {
        refuse_what_is_ours(scenario, "a gateway")?;
        let settings = GatewaySettings {
            modems: modems(scenario.machine.modem),
            t38: t38(scenario),
            ..GatewaySettings::default()
        };
        Ok(Box::new(PeerGateway::new(&settings, scenario.packets.recovery)))
    }

    fn refuse_what_is_ours(scenario: &Scenario, part: &'static str) -> Result<(), CannotBuild> {
        let refused = [
            (scenario.packets.copies.is_some(), "spaced copies"),
            (scenario.packets.hold.is_some(), "queue that waits for what was overtaken"),
            (scenario.packets.packet.is_some(), "length of image packets to choose"),
            (scenario.packets.rate_management == 1, "rate management method 1"),
        ];
        match refused.into_iter().find(|(wanted, _)| *wanted) {
            Some((_, option)) => Err(CannotBuild::NoOption { system: System::Spandsp, part, option }),
            None => Ok(()),
        }
    }

    fn settings(role: Role, scenario: &Scenario, document: &Document) -> TerminalSettings {
        let (send, receive) = match role.sends(scenario) {
            true => (Some(document.path.clone()), None),
            false => (None, Some(fresh_file())),
        };
        TerminalSettings {
            send,
            receive,
            ecm: scenario.machine.ecm,
            coding: match scenario.machine.coding {
                Coding::Mh => peer_spandsp::Coding::Mh,
                Coding::Mr => peer_spandsp::Coding::Mr,
                Coding::Mmr => peer_spandsp::Coding::Mmr,
            },
            modems: modems(scenario.machine.modem),
            max_rate: scenario.machine.max_rate,
            t38: t38(scenario),
            ..TerminalSettings::default()
        }
    }

    fn t38(scenario: &Scenario) -> T38Settings {
        T38Settings {
            version: scenario.packets.version,
            fill_bit_removal: scenario.packets.fill_removal,
            ..T38Settings::default()
        }
    }

    const fn peer_role(role: Role) -> peer_spandsp::Role {
        match role {
            Role::Caller => peer_spandsp::Role::Caller,
            Role::Answerer => peer_spandsp::Role::Answerer,
        }
    }

    const fn modems(modem: Modem) -> Modems {
        match modem {
            Modem::V27ter => Modems::V27TER,
            Modem::V29 => Modems::UP_TO_V29,
            Modem::V17 => Modems::ALL,
        }
    }

    /// A name for a received document that no other call of any process has.
    fn fresh_file() -> PathBuf {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        std::env::temp_dir().join(format!("faxlab-{}-{number}.tif", std::process::id()))
    }
}
