//! What must be reached, as data.
//!
//! From: the call table of the project's definition of its figures, and its rule for how many calls a
//! rate needs.

use super::Whose;

/// Cells that differ in one option.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Above table and picture.
    pub(super) title: &'static str,
    /// The name of the picture.
    pub(super) name: &'static str,
    /// What `Goal::x` counts.
    pub(super) axis: &'static str,
    /// Options of all cells.
    base: &'static str,
    /// What ours adds, where the choice is free.
    ours: &'static str,
    /// What the peer adds.
    peer: &'static str,
    /// The option that differs.
    option: &'static str,
    /// Whether there are gateways, and so the peer's beside ours.
    pub(super) has_gateways: bool,
    pub(super) goals: &'static [Goal],
}

/// A cell and its goal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    pub(super) x: f64,
    value: &'static str,
    /// Strict calls of a hundred that there must be.
    pub(super) must: f64,
}

const fn goal(x: f64, value: &'static str, must: f64) -> Goal {
    Goal { x, value, must }
}

const DOCUMENT: &str = "--doc test-vectors/pages/itu1.tif";

/// A group with gateways, the same options for both systems.
const fn group(
    name: &'static str,
    title: &'static str,
    axis: &'static str,
    base: &'static str,
    option: &'static str,
    goals: &'static [Goal],
) -> Group {
    Group { title, name, axis, base, ours: "", peer: "", option, has_gateways: true, goals }
}

/// Without gateways.
const fn audio(name: &'static str, title: &'static str, base: &'static str, goals: &'static [Goal]) -> Group {
    Group { has_gateways: false, ..group(name, title, "independent loss, %", base, "--loss", goals) }
}

/// Every group, in the order of the page.
pub(super) const fn groups() -> &'static [Group] {
    &GROUPS
}

/// In the order of the page.
static GROUPS: [Group; 13] = [
    group(
        "loss-0",
        "ECM, independent loss, no redundancy",
        "independent loss, %",
        "--redundancy 0",
        "--loss",
        &[
            goal(1.0, "0.01", 99.5),
            goal(2.0, "0.02", 99.5),
            goal(3.0, "0.03", 99.0),
            goal(5.0, "0.05", 98.0),
            goal(10.0, "0.1", 90.0),
        ],
    ),
    group(
        "loss-1",
        "ECM, independent loss, redundancy 1",
        "independent loss, %",
        "--redundancy 1",
        "--loss",
        &[
            goal(5.0, "0.05", 100.0),
            goal(10.0, "0.1", 99.5),
            goal(15.0, "0.15", 99.5),
            goal(20.0, "0.2", 99.5),
            goal(30.0, "0.3", 95.0),
        ],
    ),
    group(
        "loss-3",
        "ECM, independent loss, redundancy 3",
        "independent loss, %",
        "--redundancy 3",
        "--loss",
        &[goal(10.0, "0.1", 100.0), goal(20.0, "0.2", 99.9), goal(30.0, "0.3", 99.5)],
    ),
    Group {
        // Two packets in a sum, four sums: what carries most with 207 kB a page.
        ours: "--fec 2x4 --packet-ms 40 --hold-ms 700",
        peer: "--redundancy 3",
        ..group(
            "no-ecm",
            "No ECM, independent loss, own choice of protection",
            "independent loss, %",
            "--ecm off",
            "--loss",
            &[
                goal(5.0, "0.05", 100.0),
                goal(10.0, "0.1", 99.9),
                goal(20.0, "0.2", 99.5),
                goal(30.0, "0.3", 98.0),
            ],
        )
    },
    group(
        "bursts-120",
        "ECM, bursts of mean 120 ms, redundancy 3",
        "share lost, %",
        "--redundancy 3",
        "--burst",
        &[goal(2.0, "0.02,120", 99.5), goal(5.0, "0.05,120", 99.5), goal(10.0, "0.1,120", 98.0)],
    ),
    group(
        "bursts-240",
        "ECM, bursts of mean 240 ms, redundancy 3",
        "share lost, %",
        "--redundancy 3",
        "--burst",
        &[goal(2.0, "0.02,240", 99.0), goal(5.0, "0.05,240", 96.0), goal(10.0, "0.1,240", 90.0)],
    ),
    group(
        "jitter",
        "ECM, uniform jitter with overtaking, no redundancy",
        "jitter, ms",
        "--redundancy 0",
        "--jitter-ms",
        &[
            goal(20.0, "20", 100.0),
            goal(60.0, "60", 100.0),
            goal(120.0, "120", 100.0),
            goal(300.0, "300", 100.0),
        ],
    ),
    group(
        "delay",
        "ECM, delay one way",
        "delay, ms",
        "--redundancy 3",
        "--delay-ms",
        &[
            goal(1300.0, "1300", 100.0),
            goal(1500.0, "1500", 100.0),
            goal(2000.0, "2000", 99.0),
            goal(2300.0, "2300", 90.0),
        ],
    ),
    audio(
        "passthrough",
        "Passthrough with ECM, SpanDSP's ends (the goal: not worse than 82 / 60 / 9)",
        "--chain passthrough",
        &PASSTHROUGH,
    ),
    audio("regenerate", "Regenerate, SpanDSP's ends", "--chain regenerate", &BETTER_PASSTHROUGH),
    audio(
        "passthrough-ours",
        "Passthrough with ECM, our ends",
        "--chain passthrough --ends ours",
        &BETTER_PASSTHROUGH,
    ),
    audio(
        "red",
        "Passthrough with RFC 2198, two generations",
        "--chain passthrough --rtp-redundancy 2",
        &[goal(5.0, "0.05", 99.0), goal(10.0, "0.1", 95.0)],
    ),
    // The peer's own rates are the goal of no table; what is compared is the time.
    group(
        "clean",
        "No loss: time, octets",
        "ECM",
        "--redundancy 3",
        "--ecm",
        &[goal(1.0, "on", CLEAN_MUST), goal(0.0, "off", CLEAN_MUST)],
    ),
];

const PASSTHROUGH: [Goal; 3] = [goal(0.5, "0.005", 82.0), goal(1.0, "0.01", 60.0), goal(2.0, "0.02", 9.0)];
const BETTER_PASSTHROUGH: [Goal; 3] =
    [goal(0.5, "0.005", 95.0), goal(1.0, "0.01", 80.0), goal(2.0, "0.02", 40.0)];
/// A perfect network loses no call; 1000 calls are enough to say so.
const CLEAN_MUST: f64 = 100.0;

/// Longest that a call without loss may be longer than the peer's, seconds.
pub(super) const LONGER_SECONDS: f64 = 0.3;
/// Ratio of our CPU to the peer's: modem to packets, packets to modem.
pub(super) const CPU: [f64; 2] = [0.75, 0.85];
/// Calls with ECM of which none may be called a success with a damaged page.
pub(super) const UNDAMAGED_CALLS: usize = 10_000;
/// What may be sent, against the peer in the same cell.
pub(super) const OCTETS: f64 = 2.0;

/// The clean call of the CPU figures.
pub(super) fn clean(whose: Whose) -> String {
    format!("{DOCUMENT} --gateways {} --redundancy 3", whose.name())
}

impl Group {
    /// Whose gateways are measured; what has none is ours.
    pub(super) const fn systems(&self) -> &'static [Whose] {
        if self.has_gateways { &[Whose::Ours, Whose::Peer] } else { &[Whose::Ours] }
    }

    /// The text of a cell.
    pub(super) fn cell(&self, goal: &Goal, whose: Whose) -> String {
        let gateways = if self.has_gateways { format!("--gateways {}", whose.name()) } else { String::new() };
        let own = match whose {
            Whose::Ours => self.ours,
            Whose::Peer => self.peer,
        };
        let differs = format!("{} {}", self.option, goal.value);
        let parts = [DOCUMENT, &gateways, self.base, own, &differs];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The same, and nobody hangs up the answerer.
    pub(super) fn cell_without_hang_up(&self, goal: &Goal, whose: Whose) -> String {
        format!("{} --hangup-ms never", self.cell(goal, whose))
    }

    /// Whether its calls correct errors over a network that loses or delays.
    pub(super) fn counts_for_damage(&self) -> bool {
        self.has_gateways && self.name != "no-ecm"
    }

    /// What is said of a cell in a table.
    pub(super) fn place(&self, goal: &Goal) -> String {
        format!("{} {}", self.option.trim_start_matches("--"), goal.value)
    }
}

impl Goal {
    /// Calls that the goal needs: 400 below 99 %, 1000 to 99.8 %, then 3000.
    pub(super) fn calls(&self) -> usize {
        match self.must {
            must if must < 99.0 => 400,
            must if must < 99.9 => 1000,
            _ => 3000,
        }
    }
}

impl Whose {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "spandsp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_the_text_of_its_options() {
        let [first, .., last] = &GROUPS;
        assert_eq!(
            first.cell(&first.goals[0], Whose::Peer),
            "--doc test-vectors/pages/itu1.tif --gateways spandsp --redundancy 0 --loss 0.01"
        );
        assert!(
            last.cell_without_hang_up(&last.goals[1], Whose::Ours).ends_with("--ecm off --hangup-ms never")
        );
    }

    #[test]
    fn the_more_is_asked_the_more_calls_are_made() {
        let calls = |must| goal(0.0, "", must).calls();
        assert_eq!([98.0, 99.0, 99.5, 99.9, 100.0].map(calls), [400, 1000, 1000, 3000, 3000]);
    }

    /// The rule of the damaged pages needs this many.
    #[test]
    fn the_cells_with_ecm_are_calls_enough() {
        let counted = GROUPS.iter().filter(|group| group.counts_for_damage()).flat_map(|group| group.goals);
        assert!(counted.map(Goal::calls).sum::<usize>() >= UNDAMAGED_CALLS);
    }
}
