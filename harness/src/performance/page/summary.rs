//! All goals in one table.

use super::super::goals;
use super::{Figures, hundredths, table, verdict};
use crate::bench::tolerance::{Axis, Limit};
use crate::bench::tones::Sound;
use crate::system::System::{self, Ours, Spandsp};
use fax_core::Opening;

/// One goal: what, must, stretch, ours, the peer's, what it came to.
type Line = Vec<String>;

pub(super) fn section(figures: &Figures) -> String {
    let mut rows: Vec<Line> = Vec::new();
    rows.extend(errors(figures));
    rows.extend(training(figures));
    rows.extend(short(figures));
    rows.extend(offsets(figures));
    rows.extend(reaches(figures));
    rows.extend(lines(figures));
    rows.extend(tones(figures));
    rows.extend(cpu(figures));
    let head = ["goal", "must", "stretch", "ours", "SpanDSP", "reached"];
    format!("\n## Goals\n\nThe worst modem counts where a goal names none.\n{}", table(&head, &rows))
}

fn line(what: &str, goals: [String; 2], figures: [String; 2], reached: (bool, bool)) -> Line {
    let [must, stretch] = goals;
    let better = (stretch != dash()).then_some(reached.1);
    let [ours, peer] = figures;
    vec![what.to_owned(), must, stretch, ours, peer, verdict(reached.0, better)]
}

fn dash() -> String {
    "-".to_owned()
}

fn errors(figures: &Figures) -> Vec<Line> {
    let Some(errors) = &figures.errors else { return Vec::new() };
    let row = |goal: &goals::Goal| {
        let at =
            |system: System| errors.curve(goal.mode, system, system).and_then(|c| c.crossing(goal.level));
        let ours = at(Ours);
        let within = |limit: f64| ours.is_some_and(|ours| (ours * 10.0).round() <= (limit * 10.0).round());
        line(
            &format!("{}, SNR at {:.0e}, dB", goal.mode, goal.level),
            [goal.must_db, goal.stretch_db].map(|db| format!("{db:.1}")),
            [ours, at(Spandsp)].map(hundredths),
            (within(goal.must_db), within(goal.stretch_db)),
        )
    };
    goals::ERRORS.iter().map(row).collect()
}

fn training(figures: &Figures) -> Vec<Line> {
    let Some(errors) = &figures.errors else { return Vec::new() };
    let of = |system: System| {
        let rx = system.to_string();
        errors.trainings.iter().filter(move |training| training.rx == rx)
    };
    let share = |system: System, noisy: bool| {
        let shares = of(system).map(|training| {
            let point = if noisy { &training.noisy } else { &training.quiet };
            point.trained as f64 / point.bursts.max(1) as f64
        });
        shares.fold(1.0, f64::min)
    };
    let per_cent = |share: f64| format!("{:.1} %", 100.0 * share);
    let off =
        of(Ours).filter_map(|t| t.quiet.evm_db.map(|evm| (evm - t.true_evm_db).abs())).fold(0.0, f64::max);
    let [quiet, noisy] = [false, true].map(|noisy| [Ours, Spandsp].map(|system| share(system, noisy)));
    vec![
        line(
            "trained where ideal BER is 1e-2",
            ["99 %".to_owned(), dash()],
            quiet.map(per_cent),
            (quiet[0] >= 0.99, quiet[0] >= 0.99),
        ),
        line(
            "the same with noise ahead of the burst",
            ["no effect".to_owned(), dash()],
            noisy.map(per_cent),
            (noisy[0] >= quiet[0].min(0.99), noisy[0] >= quiet[0].min(0.99)),
        ),
        line(
            "reported EVM off the truth there, dB",
            ["1".to_owned(), dash()],
            [format!("{off:.2}"), dash()],
            (off <= 1.0, off <= 1.0),
        ),
    ]
}

fn short(figures: &Figures) -> Vec<Line> {
    let of = |system: System| {
        let rx = system.to_string();
        figures.short.iter().filter(move |short| short.rx == rx)
    };
    if of(Ours).next().is_none() {
        return Vec::new();
    }
    let share = |system: System| {
        let (trained, all) = of(system).map(|s| s.success()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        trained as f64 / all.max(1) as f64
    };
    let loss = |system: System| {
        let losses: Option<Vec<f64>> = of(system).map(|s| Some(s.short_db? - s.long_db?)).collect();
        losses.map(|losses| losses.into_iter().fold(f64::MIN, f64::max))
    };
    let (shares, losses) = ([share(Ours), share(Spandsp)], [loss(Ours), loss(Spandsp)]);
    let trained = shares[0] >= goals::SHORT_SUCCESS;
    let small = losses[0].is_some_and(|loss| loss <= goals::SHORT_LOSS_DB);
    vec![
        line(
            "V.17 short training",
            ["99.9 %".to_owned(), dash()],
            shares.map(|share| format!("{:.2} %", 100.0 * share)),
            (trained, trained),
        ),
        line(
            "its loss against long, dB at 1e-4",
            [format!("{}", goals::SHORT_LOSS_DB), dash()],
            losses.map(hundredths),
            (small, small),
        ),
    ]
}

impl Figures {
    fn limit(&self, mode: &str, system: System, axis: Axis) -> Option<Limit> {
        let rx = system.to_string();
        let mut all = self.tolerances.limits.iter();
        all.find(|reach| reach.mode == mode && reach.rx == rx && reach.axis == axis).map(|reach| reach.limit)
    }

    /// The least magnitude over all modems of a system, -1 where not even the first value works.
    fn least(&self, system: System, axes: &[Axis]) -> Option<f64> {
        let rx = system.to_string();
        let all = self.tolerances.limits.iter().filter(|reach| reach.rx == rx && axes.contains(&reach.axis));
        all.map(|reach| reach.limit.value.map_or(-1.0, f64::abs)).min_by(f64::total_cmp)
    }
}

fn offsets(figures: &Figures) -> Vec<Line> {
    let losses = |hertz: f64, ppm: f64| {
        let all = figures.tolerances.losses.iter();
        let of = all.filter(|l| l.frequency.abs() == hertz && l.clock_ppm.abs() == ppm);
        let losses: Option<Vec<f64>> = of.map(|loss| loss.db()).collect();
        losses.filter(|losses| !losses.is_empty()).map(|all| all.into_iter().fold(f64::MIN, f64::max))
    };
    let row = |what: &str, unit: &str, goal: (f64, f64), axes: &[Axis], loss: &dyn Fn(f64) -> Option<f64>| {
        let ours = figures.least(Ours, axes)?;
        let small = |offset: f64| loss(offset).is_some_and(|db| db < goals::OFFSET_LOSS_DB) && ours >= offset;
        let figure = format!(
            "{ours:.0}; loss {} at {:.0}, {} at {:.0}",
            hundredths(loss(goal.0)),
            goal.0,
            hundredths(loss(goal.1)),
            goal.1
        );
        let peer = figures.least(Spandsp, axes).map_or(dash(), |reach| format!("{reach:.0}"));
        Some(line(
            &format!("{what}, {unit}"),
            [format!("{:.0}, loss < 0.2 dB", goal.0), format!("{:.0}", goal.1)],
            [figure, peer],
            (small(goal.0), small(goal.0) && small(goal.1)),
        ))
    };
    let frequency = row(
        "frequency offset",
        "Hz",
        goals::FREQUENCY,
        &[Axis::FrequencyUp, Axis::FrequencyDown],
        &|hertz| losses(hertz, 0.0),
    );
    let clock =
        row("clock offset", "ppm", goals::CLOCK, &[Axis::ClockUp, Axis::ClockDown], &|ppm| losses(0.0, ppm));
    [frequency, clock].into_iter().flatten().collect()
}

fn reaches(figures: &Figures) -> Vec<Line> {
    let mut rows = Vec::new();
    let level = |system: System| figures.least(system, &[Axis::LevelDown]).map(|level| -level);
    if let Some(ours) = level(Ours) {
        rows.push(line(
            "lowest level, dBm0",
            [goals::LEVEL.0, goals::LEVEL.1].map(|level| format!("{level:.0}")),
            [format!("{ours:.0}"), level(Spandsp).map_or(dash(), |level| format!("{level:.0}"))],
            (ours <= goals::LEVEL.0, ours <= goals::LEVEL.1),
        ));
    }
    let echo =
        |system: System, ms: f64| figures.limit("v17-14400", system, Axis::Echo(ms)).and_then(|l| l.value);
    let echoes = |system: System| {
        let cell = |ms: f64| echo(system, ms).map_or(dash(), |db| format!("{db:.0}"));
        [1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 12.0].map(cell).join(" / ")
    };
    if figures.limit("v17-14400", Ours, Axis::Echo(1.0)).is_some() {
        let stands = |ms: f64, db: f64| echo(Ours, ms).is_some_and(|limit| limit >= db);
        let must = goals::ECHO_MUST.iter().all(|(ms, db)| stands(*ms, *db));
        let stretch =
            [1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 12.0].iter().all(|ms| stands(*ms, goals::ECHO_STRETCH_DB));
        rows.push(line(
            "V.17 14400, echo at 1 / 2 / 3 / 5 / 8 / 10 / 12 ms, dB",
            ["-10 to 5 ms, -20 to 10 ms".to_owned(), "-10 to 12 ms".to_owned()],
            [echoes(Ours), echoes(Spandsp)],
            (must, must && stretch),
        ));
    }
    for (mode, must, stretch) in goals::JITTER {
        let jitter = |system: System| figures.limit(mode, system, Axis::Jitter(60.0)).and_then(|l| l.value);
        let Some(ours) = jitter(Ours) else { continue };
        rows.push(line(
            &format!("{mode}, jitter of 60 Hz, degrees p-p"),
            [must, stretch].map(|degrees| format!("{degrees:.0}")),
            [format!("{ours:.0}"), jitter(Spandsp).map_or(dash(), |degrees| format!("{degrees:.0}"))],
            (ours >= must, ours >= stretch),
        ));
    }
    rows
}

fn lines(figures: &Figures) -> Vec<Line> {
    let count = |mode: &str, snr: f64, system: System| {
        let rx = system.to_string();
        let all = figures.lines.iter();
        let of: Vec<_> =
            all.filter(|over| over.mode == mode && over.rx == rx && over.snr_db == snr).collect();
        (of.iter().filter(|over| over.works()).count(), of.len())
    };
    let row = |(mode, snr): &(&str, f64)| {
        let ours = count(mode, *snr, Ours);
        let all = ours.1 > 0 && ours.0 == ours.1;
        let cell = |(works, all): (usize, usize)| if all == 0 { dash() } else { format!("{works} of {all}") };
        (ours.1 > 0).then(|| {
            line(
                &format!("{mode}, lines at {snr:.0} dB"),
                ["18 of 18".to_owned(), dash()],
                [cell(ours), cell(count(mode, *snr, Spandsp))],
                (all, all),
            )
        })
    };
    goals::LINES.iter().filter_map(row).collect()
}

fn tones(figures: &Figures) -> Vec<Line> {
    let within = |sound: Sound, system: System, snr: f64| {
        let rx = system.to_string();
        let found = figures.tones.iter().find(|detection| detection.sound == sound && detection.rx == rx);
        found.and_then(|detection| detection.within_from(snr))
    };
    let cell = |ms: Option<f64>| ms.map_or("never".to_owned(), |ms| format!("{ms:.0} ms"));
    let row = |goal: &goals::SoundGoal| {
        let ours = within(goal.sound, Ours, goal.must_db);
        let must = ours.is_some_and(|ms| ms <= goal.must_ms);
        let better = within(goal.sound, Ours, goal.stretch_db);
        let stretch = better.is_some_and(|ms| ms <= goal.stretch_ms);
        let limit =
            if goal.stretch_ms.is_finite() { format!(", {:.0} ms", goal.stretch_ms) } else { String::new() };
        line(
            &format!("{}, 99 % heard from {:.0} dB up", goal.sound.name(), goal.must_db),
            [format!("{:.0} ms", goal.must_ms), format!("from {:.0} dB{limit}", goal.stretch_db)],
            [
                format!("{}; {} from {:.0} dB", cell(ours), cell(better), goal.stretch_db),
                cell(within(goal.sound, Spandsp, goal.must_db)),
            ],
            (must, must && stretch),
        )
    };
    if figures.tones.is_empty() { Vec::new() } else { goals::SOUNDS.iter().map(row).collect() }
}

fn cpu(figures: &Figures) -> Vec<Line> {
    let of = |mode: &str, system: System| {
        let system = system.to_string();
        let mut all = figures.costs.iter();
        all.find(|cost| cost.row.mode == mode && cost.system == system).map(|cost| &cost.row)
    };
    let pairs: Vec<_> =
        Opening::ALL.iter().filter_map(|o| Some((*o, of(o.name(), Ours)?, of(o.name(), Spandsp)?))).collect();
    let worst = |ratio: &dyn Fn(&crate::bench::cpu::Row, &crate::bench::cpu::Row) -> f64, v17: bool| {
        let of = pairs.iter().filter(|(o, ..)| !v17 || matches!(o, Opening::V17(..)));
        of.map(|(_, ours, peer)| ratio(ours, peer)).fold(0.0, f64::max)
    };
    if pairs.is_empty() {
        return Vec::new();
    }
    let rx = |v17| worst(&|ours, peer| ours.rx_ns_per_sample / peer.rx_ns_per_sample, v17);
    let lost = worst(&|ours, peer| ours.rx_lost_ns_per_sample / peer.rx_ns_per_sample, false);
    let tx = worst(&|ours, peer| ours.tx_ns_per_sample / peer.tx_ns_per_sample, false);
    let block = worst(&|ours, _| ours.rx_worst_block_us, false);
    let ratio = |what: &str, stretch: &str, figure: String, reached: (bool, bool)| {
        line(what, ["0.8".to_owned(), stretch.to_owned()], [figure, "1".to_owned()], reached)
    };
    vec![
        line(
            "slowest block of 160 samples, us",
            ["1000".to_owned(), dash()],
            [format!("{block:.0}"), dash()],
            (block <= goals::WORST_BLOCK_US, block <= goals::WORST_BLOCK_US),
        ),
        ratio(
            "rx CPU against SpanDSP's; V.17 alone",
            "0.5 (V.17)",
            format!("{:.2}; {:.2}", rx(false), rx(true)),
            (rx(false) <= goals::CPU_RATIO, rx(false) <= goals::CPU_RATIO && rx(true) <= goals::CPU_STRETCH),
        ),
        ratio(
            "rx CPU when lost against SpanDSP's receiving",
            "-",
            format!("{lost:.2}"),
            (lost <= goals::CPU_RATIO, lost <= goals::CPU_RATIO),
        ),
        ratio(
            "tx CPU against SpanDSP's",
            "0.5",
            format!("{tx:.2}"),
            (tx <= goals::CPU_RATIO, tx <= goals::CPU_STRETCH),
        ),
    ]
}
