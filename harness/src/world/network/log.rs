//! The ground truth: what the network did to each datagram.

use fax_core::Timestamp;

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives then.
    Delivered(Timestamp),
    /// It arrives twice.
    Doubled(Timestamp, Timestamp),
    /// It never arrives.
    Lost(Culprit),
}

/// The layer that lost a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Culprit {
    /// The link was in its bad state.
    Burst,
    /// Independent loss.
    Alone,
    /// Nothing passed at that time.
    Outage,
    /// A link on the way.
    Link,
}

impl Culprit {
    /// As timelines have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Burst => "burst",
            Self::Alone => "loss",
            Self::Outage => "outage",
            Self::Link => "link",
        }
    }
}

/// A datagram's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// When it was sent.
    pub sent: Timestamp,
    /// Octets of UDP payload.
    pub octets: usize,
    /// What became of it.
    pub fate: Fate,
}

/// Every datagram of one direction, in the order of sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    passages: Vec<Passage>,
}

/// Figures of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Datagrams sent.
    pub packets: u64,
    /// Octets of UDP payload sent.
    pub octets: u64,
    /// Datagrams lost.
    pub lost: u64,
    /// Runs of datagrams lost in a row.
    pub runs: u64,
    /// The longest run.
    pub longest: u64,
    /// Datagrams that arrived twice.
    pub doubled: u64,
    /// Datagrams that arrived after one sent later.
    pub overtaken: u64,
}

impl Fate {
    /// When it arrives.
    pub fn arrivals(self) -> impl Iterator<Item = Timestamp> {
        match self {
            Self::Delivered(at) => [Some(at), None],
            Self::Doubled(first, second) => [Some(first), Some(second)],
            Self::Lost(_) => [None, None],
        }
        .into_iter()
        .flatten()
    }
}

impl Log {
    /// Adds a datagram.
    pub fn note(&mut self, passage: Passage) {
        self.passages.push(passage);
    }

    /// All datagrams.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// The figures.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        let (mut run, mut latest) = (0, Timestamp::ZERO);
        for passage in &self.passages {
            tally.packets += 1;
            tally.octets += passage.octets as u64;
            if let Fate::Lost(_) = passage.fate {
                tally.lost += 1;
                tally.runs += u64::from(run == 0);
                run += 1;
                tally.longest = tally.longest.max(run);
                continue;
            }
            run = 0;
            tally.doubled += u64::from(matches!(passage.fate, Fate::Doubled(..)));
            let first = passage.fate.arrivals().min().unwrap_or(latest);
            tally.overtaken += u64::from(first < latest);
            latest = latest.max(first);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_overtaken_datagrams_are_counted() {
        let at = Timestamp::from_micros;
        let fates = [
            Fate::Delivered(at(50)),
            Fate::Lost(Culprit::Alone),
            Fate::Lost(Culprit::Burst),
            Fate::Delivered(at(40)),
            Fate::Doubled(at(60), at(70)),
            Fate::Lost(Culprit::Outage),
        ];
        let mut log = Log::default();
        for fate in fates {
            log.note(Passage { sent: at(1), octets: 10, fate });
        }
        let expected =
            Tally { packets: 6, octets: 60, lost: 3, runs: 2, longest: 2, doubled: 1, overtaken: 1 };
        assert_eq!(log.tally(), expected);
    }
}
