//! `faxlab modem soak`.

use clap::Args;
use fax_harness::soak::Plan;
use std::error::Error;

/// `faxlab modem soak`.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// Audio altogether, hours.
    #[arg(long, default_value_t = 1.0)]
    hours: f64,
    /// Audio from check to check, minutes.
    #[arg(long, default_value_t = 60.0)]
    every_minutes: f64,
    /// Seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object at the end, nothing before it.
    #[arg(long)]
    json: bool,
}

impl Soak {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let seconds = (self.hours.max(0.0) * 3600.0) as u64;
        let every = ((self.every_minutes * 60.0) as u64).max(1);
        let report = Plan { seconds, every, seed: self.seed }.run(&mut |report| {
            if !self.json {
                println!(
                    "{:8.2} h: {} bursts, {} lost, {} frames invented, {} out of order",
                    report.seconds / 3600.0,
                    report.bursts,
                    report.lost.len(),
                    report.invented,
                    report.disorders
                );
            }
        });
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            report.lost.iter().for_each(|lost| println!("lost: {lost}"));
            println!(
                "{} trainings, {} tones, {} frames that were sent and {} other ones with a good check",
                report.trainings, report.tones, report.true_frames, report.other_frames
            );
        }
        if report.is_clean() { Ok(()) } else { Err("not everything held".into()) }
    }
}
