//! From the configuration to what the machines of a call want to know.

use crate::config::{Config, ErrorCorrection, Fax, Redundancy, T38};
use crate::route;
use core::net::IpAddr;
use fax_call::sip::{
    BridgeSettings, Destination, FarTarget, Invitation, LegSettings, Local, Onward, T38Mode, Target,
    TimerSettings, Triggers,
};
use fax_call::{media, sip};
use fax_core::{BitRate, Private, Span};
use fax_t38::sdp::{Abilities, Corrections, Policy, T38Parameters};
use fax_t38::udptl::{Copies, Layout, Protection, Repeat};
use fax_t38::{Version, sdp};

/// Where the sockets of a leg are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) rtp: u16,
    pub(super) udptl: u16,
}

/// What signalling is to do.
pub(super) fn bridge(
    config: &Config,
    invitation: &Invitation,
    plan: &route::Plan<'_>,
    [near, far]: [Ports; 2],
    advertised: impl Fn(&str) -> IpAddr,
    seed: u64,
) -> BridgeSettings {
    let leg = |peer: &str, ports: Ports, origin: u64| {
        let local = Local {
            host: advertised(peer),
            rtp_port: ports.rtp,
            udptl_port: ports.udptl,
            origin: origin >> 2,
        };
        leg(config, &plan.fax, local)
    };
    let targets = plan.targets.iter().map(|to| FarTarget {
        target: target(invitation, plan, to),
        budget: Span::from_millis(u64::try_from(to.budget.as_millis()).unwrap_or(u64::MAX)),
        leg: leg(to.to, far, !seed),
    });
    let targets = targets.collect();
    let near = leg(&invitation.trunk, near, seed);
    let ring = Span::from_millis(u64::try_from(plan.total.as_millis()).unwrap_or(u64::MAX));
    BridgeSettings { ring, ..BridgeSettings::new(near, targets, seed) }
}

/// Whom to call, and what it is told of who calls.
fn target(invitation: &Invitation, plan: &route::Plan<'_>, to: &route::Leg<'_>) -> Target {
    let destination = Destination {
        from: plan.from,
        to: to.trust,
        called: &to.number,
        caller: to.caller,
        emergency: plan.route.emergency,
    };
    let Onward { caller, headers } = to.headers.onward(invitation, &destination);
    Target {
        trunk: to.to.into(),
        caller,
        called: Private::new(to.number.clone()),
        max_forwards: invitation.max_forwards.saturating_sub(1),
        hops: invitation.hops.saturating_add(1),
        headers,
    }
}

fn leg(config: &Config, fax: &Fax, local: Local) -> LegSettings {
    let expires = config.sip.session_expires_s;
    let timer = TimerSettings {
        expires: (expires > 0).then(|| Span::from_millis(u64::from(expires.max(90)) * 1000)),
        ..TimerSettings::default()
    };
    let t38 = match fax.t38 {
        T38::Prefer => T38Mode::Prefer,
        T38::Require => T38Mode::Require,
        T38::Never => T38Mode::Never,
    };
    let triggers = Triggers::default();
    let cng = if fax.on_calling_tone { triggers.v21 } else { None };
    LegSettings {
        t38,
        fallback: fax.fallback,
        abilities: abilities(fax),
        policy: policy(fax),
        red: fax.audio_redundancy,
        super_g3: fax.relay().super_g3,
        triggers: Triggers { cng, ..triggers },
        timer,
        ..LegSettings::new(local)
    }
}

fn abilities(fax: &Fax) -> Abilities {
    let able = Abilities::default();
    let max_bit_rate = BitRate(fax.max_rate.min(able.parameters.max_bit_rate.0));
    Abilities { parameters: T38Parameters { max_bit_rate, ..able.parameters }, ..able }
}

fn policy(fax: &Fax) -> Policy {
    let corrections = match fax.error_correction {
        ErrorCorrection::None => Corrections::None,
        ErrorCorrection::Redundancy => Corrections::Redundancy,
        ErrorCorrection::Fec => Corrections::Both,
    };
    let (offer_version, answer_version) = (Version::new(fax.offer_version), Version::new(fax.answer_version));
    Policy { corrections, offer_version, answer_version, ..sdp::Policy::default() }
}

/// What media are to do, until a target is called.
pub(super) fn media(config: &Config, near: &str, fax: &Fax, seed: u64) -> media::Settings {
    let near = media_leg(config, near, fax);
    let far = media::LegSettings { learning: media::Learning::Pinned, ..near };
    media::Settings { policy: fax.relay(), near, far, regenerate: fax.regenerate, seed }
}

/// How the media of a leg to that peer are treated.
pub(super) fn media_leg(config: &Config, peer: &str, fax: &Fax) -> media::LegSettings {
    media::LegSettings {
        learning: if is_behind_nat(config, peer) { media::Learning::Nat } else { media::Learning::Pinned },
        jitter: Span::from_millis(config.media.jitter_ms.clamp(20, 200).into()),
        protection: protection(fax),
        copies: copies(fax.copies),
    }
}

fn is_behind_nat(config: &Config, peer: &str) -> bool {
    let trunk = config.trunk(peer).map(|trunk| trunk.nat);
    trunk.or_else(|| config.ata(peer).map(|ata| ata.nat)).unwrap_or(false)
}

fn protection(fax: &Fax) -> Protection {
    match fax.error_correction {
        ErrorCorrection::None => Protection::Secondaries { control: 0, image: 0 },
        ErrorCorrection::Redundancy => match fax.redundancy {
            Redundancy::Measured => Protection::AsMeasured,
            Redundancy::Fixed { control, image } => Protection::Secondaries { control, image },
        },
        ErrorCorrection::Fec => Protection::Parity { span: 3, rows: 3, layout: Layout::Raw },
    }
}

fn copies(count: u8) -> Copies {
    let usual = Copies::default();
    let as_often = |repeat: Repeat| if repeat == Repeat::NEVER { repeat } else { Repeat { count, ..repeat } };
    Copies {
        indicator: as_often(usual.indicator),
        control: as_often(usual.control),
        control_end: as_often(usual.control_end),
        image: as_often(usual.image),
        image_end: as_often(usual.image_end),
    }
}

/// What flows by an order: the word for records.
pub(super) fn mode(order: &media::Order) -> &'static str {
    match order {
        media::Order::Nothing => "none",
        media::Order::Muted => "muted",
        media::Order::Audio(_) => "audio",
        media::Order::T38(_) => "t38",
    }
}

/// What was agreed, without addresses.
pub(super) fn agreed(order: &media::Order) -> Option<String> {
    match order {
        media::Order::Nothing | media::Order::Muted => None,
        media::Order::Audio(audio) => {
            let red = if audio.red.is_some() { ", RFC 2198" } else { "" };
            let millis = audio.packet.micros() / 1000;
            Some(format!("audio G.711 {:?}, {millis} ms{red}, {:?}", audio.law, audio.flow))
        }
        media::Order::T38(t38) => {
            let fax_t38::sdp::Session { version, max_bit_rate, send, rate_management, limits, .. } =
                &t38.session;
            Some(format!(
                "T.38 version {}, {} bit/s, we send with {send:?}, {rate_management:?}, datagrams up to {}",
                version.number(),
                max_bit_rate.0,
                limits.datagram
            ))
        }
    }
}

/// `T.38` or `audio`.
pub(super) fn kind(kind: sip::Kind) -> &'static str {
    match kind {
        sip::Kind::Audio => "audio",
        sip::Kind::T38 => "T.38",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn packets_are_protected_as_the_loss_asks_for_unless_numbers_are_said() {
        let of = |text: &str| protection(&Config::parse(text, Path::new("test")).unwrap().fax.resolved());
        assert_eq!(of(""), Protection::AsMeasured);
        let fixed = of("[fax]\nredundancy = { control = 5, image = 2 }");
        assert_eq!(fixed, Protection::Secondaries { control: 5, image: 2 });
    }
}
