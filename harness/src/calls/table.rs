//! The whole table of `docs/call-performance.md`: our gateways and the peer's over the same seeds, each
//! goal with what was measured.
//!
//! A cell is the text of its options, as `faxlab call` takes them. What has been measured is kept, a line
//! of JSON a cell, so the table can be made in pieces: what is kept is not measured again, and the page is
//! written of all that there is.

mod goals;
mod page;
mod store;

use super::{Plan, Report, records};
use crate::world::{CannotBuild, Document, Scenario};
use goals::Goal;
use std::error::Error;
use std::path::PathBuf;
use store::Store;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Table {
    /// Folder of the page and of its pictures.
    pub out: PathBuf,
    /// What has been measured.
    pub store: PathBuf,
    /// Divides the numbers of calls: 1 for a result, more for a quick look.
    pub scale: usize,
    /// Threads.
    pub jobs: usize,
    /// Only groups whose title has this in it; empty for all.
    pub only: String,
}

/// Makes a kind of call of the text of its options.
pub type ReadCell<'a> = dyn Fn(&str) -> Result<(Scenario, Document), Box<dyn Error>> + 'a;

/// Whose gateways, in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    Peer,
}

/// Most calls of the peer in a cell: no goal hangs on its figures.
const PEER_CALLS: usize = 400;
/// Calls of a cell in the table without the hang-up.
const NEVER_CALLS: usize = 400;
/// Fewest calls of a cell, whatever the scale.
const FEWEST: usize = 10;
/// Rounds of the CPU figures, and calls of either system in each.
const CPU_ROUNDS: usize = 5;
const CPU_CALLS: usize = 40;
const CPU_CELL: &str = "cpu";

impl Table {
    /// Measures what is missing and writes the page; `tell` is told of each cell before it is run.
    pub fn make(&self, read: &ReadCell<'_>, tell: &dyn Fn(&str)) -> Result<(), Box<dyn Error>> {
        let mut store = Store::open(&self.store)?;
        if self.only.is_empty() || CPU_CELL.contains(&self.only) {
            self.weigh(&mut store, read, tell)?;
        }
        let groups = || goals::groups().iter().filter(|group| group.title.contains(&self.only));
        let cells = || groups().flat_map(|group| group.goals.iter().map(move |goal| (group, goal)));
        for (group, goal) in cells() {
            for whose in group.systems() {
                let (cell, calls) = (group.cell(goal, *whose), self.calls(goal, *whose));
                self.measure(&mut store, read, &cell, calls, tell)?;
            }
        }
        for (group, goal) in cells() {
            for whose in group.systems() {
                let cell = group.cell_without_hang_up(goal, *whose);
                self.measure(&mut store, read, &cell, self.scaled(NEVER_CALLS), tell)?;
            }
        }
        page::write(self, &store)
    }

    /// Calls of a cell.
    fn calls(&self, goal: &Goal, whose: Whose) -> usize {
        let needed = self.scaled(goal.calls());
        match whose {
            Whose::Ours => needed,
            Whose::Peer => needed.min(self.scaled(PEER_CALLS)),
        }
    }

    fn scaled(&self, calls: usize) -> usize {
        calls.div_ceil(self.scale).max(FEWEST)
    }

    fn measure(
        &self,
        store: &mut Store,
        read: &ReadCell<'_>,
        cell: &str,
        calls: usize,
        tell: &dyn Fn(&str),
    ) -> Result<(), Box<dyn Error>> {
        if store.report(cell, calls).is_some() {
            return Ok(());
        }
        tell(&format!("{calls} calls of {cell}"));
        let (scenario, document) = read(cell)?;
        let plan = Plan { calls, seed: 1, jobs: self.jobs };
        match records(&scenario, &document, plan, &|| {}) {
            Ok(records) => store.keep(cell, Report::of(&records)),
            // The page says so.
            Err(CannotBuild::NoPart { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// CPU of the gateways on calls without loss, in rounds that take turns.
    fn weigh(
        &self,
        store: &mut Store,
        read: &ReadCell<'_>,
        tell: &dyn Fn(&str),
    ) -> Result<(), Box<dyn Error>> {
        let calls = CPU_CALLS.div_ceil(self.scale).max(FEWEST);
        for round in 0..CPU_ROUNDS {
            for whose in [Whose::Ours, Whose::Peer] {
                let cell = goals::clean(whose);
                let name = format!("{CPU_CELL} {round} {cell}");
                if store.report(&name, calls).is_some() {
                    continue;
                }
                tell(&format!("{calls} calls of {cell}, for their CPU"));
                let (scenario, document) = read(&cell)?;
                let plan = Plan { calls, seed: 1, jobs: 1 };
                store.keep(&name, Report::of(&records(&scenario, &document, plan, &|| {})?))?;
            }
        }
        Ok(())
    }

    /// The ratios of our CPU to the peer's, modem to packets and packets to modem, round by round.
    fn cpu_ratios(&self, store: &Store) -> Vec<[f64; 2]> {
        let calls = CPU_CALLS.div_ceil(self.scale).max(FEWEST);
        let of = |round: usize, whose: Whose| {
            let name = format!("{CPU_CELL} {round} {}", goals::clean(whose));
            store.report(&name, calls).map(|report| report.cpu_ms_per_call_second)
        };
        let ratio = |round| {
            let (ours, peer) = (of(round, Whose::Ours)?, of(round, Whose::Peer)?);
            Some([ours[0] / peer[0].max(1e-9), ours[1] / peer[1].max(1e-9)])
        };
        (0..CPU_ROUNDS).filter_map(ratio).collect()
    }
}
