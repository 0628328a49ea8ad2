//! Two lines and a network that loses, delays and doubles datagrams.

use fax_core::{Grounds, Heard, Line, Progress, Signal, Span, Timestamp};
use fax_t38::line::{Carriage, Settings, T38Line, Udptl};
use fax_t38::udptl::{Copies, Protection, ReceiverSettings, SenderSettings};

use crate::sentence::Talk;

/// What a network does to a datagram.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Network {
    /// Of 100 datagrams so many are lost.
    pub(crate) loss: u64,
    /// Milliseconds by which a datagram is late, at most; later ones overtake it.
    pub(crate) jitter: u64,
    /// Of 100 datagrams so many come twice.
    pub(crate) doubles: u64,
    /// Whether lost packets can be repaired: by three secondaries and by copies, or not at all.
    pub(crate) is_repaired: bool,
    pub(crate) seed: u64,
}

/// One line says, the other hears.
pub(crate) struct Pair<C = Udptl> {
    pub(crate) near: T38Line<C>,
    pub(crate) far: T38Line<C>,
    pub(crate) heard: Vec<(Timestamp, Signal)>,
    pub(crate) progress: Vec<Progress>,
    pub(crate) now: Timestamp,
    network: Network,
    under_way: Vec<(Timestamp, Vec<u8>)>,
}

impl Pair {
    /// Over UDPTL.
    pub(crate) fn new(settings: Settings, network: Network) -> Self {
        let carriage = || {
            let receiver =
                ReceiverSettings { syntax: settings.version.syntax(), ..ReceiverSettings::default() };
            let mut sender = SenderSettings::default();
            if !network.is_repaired {
                sender.protection = Protection::Secondaries { control: 0, image: 0 };
                sender.copies = Copies::NONE;
            }
            Udptl::new(receiver, sender)
        };
        Self::over([carriage(), carriage()], settings, network)
    }
}

impl<C: Carriage> Pair<C> {
    pub(crate) fn over([near, far]: [C; 2], settings: Settings, network: Network) -> Self {
        Self {
            near: T38Line::over(near, settings),
            far: T38Line::over(far, settings),
            heard: Vec::new(),
            progress: Vec::new(),
            now: Timestamp::ZERO,
            network,
            under_way: Vec::new(),
        }
    }

    /// All that was heard, in order.
    pub(crate) fn signals(&self) -> Vec<Heard> {
        let heard =
            |(at, signal): &(Timestamp, Signal)| Heard { at: *at, signal: *signal, grounds: Grounds::Heard };
        self.heard.iter().map(heard).collect()
    }

    /// Lets 10 ms pass.
    pub(crate) fn step(&mut self) {
        self.now += Span::from_millis(10);
        self.near.advance(self.now);
        let mut datagram = [0; 1500];
        while let Some(length) = self.near.transmit(&mut datagram) {
            self.send(&datagram[..length]);
        }
        self.under_way.sort_by_key(|(at, _)| *at);
        let come = self.under_way.iter().take_while(|(at, _)| *at <= self.now).count();
        for (at, datagram) in self.under_way.drain(..come) {
            let _ = self.far.receive(at, &datagram);
        }
        self.far.advance(self.now);
        self.heard.extend(core::iter::from_fn(|| self.far.hear()).map(|heard| (heard.at, heard.signal)));
        self.progress.extend(core::iter::from_fn(|| self.near.progress()));
        while self.far.event().or_else(|| self.near.event()).is_some() {}
    }

    /// Says a signal as soon as there is room for it.
    pub(crate) fn say(&mut self, signal: Signal) {
        for _ in 0..10_000 {
            match self.near.say(signal) {
                Ok(()) => return,
                Err(fax_core::Refusal::Full) => self.step(),
                Err(refusal) => panic!("{refusal}"),
            }
        }
        panic!("there is never room for {signal:?}");
    }

    fn send(&mut self, datagram: &[u8]) {
        if self.chance(self.network.loss) {
            return;
        }
        for _ in 0..1 + u32::from(self.chance(self.network.doubles)) {
            let late = Span::from_millis(self.random() % (self.network.jitter + 1));
            self.under_way.push((self.now + late, datagram.to_vec()));
        }
    }

    fn chance(&mut self, per_cent: u64) -> bool {
        self.random() % 100 < per_cent
    }

    /// splitmix64
    fn random(&mut self) -> u64 {
        self.network.seed = self.network.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.network.seed;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}

impl<C: Carriage> Talk for Pair<C> {
    fn speaker(&mut self) -> &mut impl Line {
        &mut self.near
    }

    fn pass(&mut self, hear: &mut impl FnMut(Timestamp, Signal)) {
        self.step();
        self.step();
        self.heard.drain(..).for_each(|(at, signal)| hear(at, signal));
    }
}
