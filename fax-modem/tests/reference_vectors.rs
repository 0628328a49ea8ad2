//! The receivers on signals that another program made from the Recommendations' tables.

#[path = "support/vectors.rs"]
mod vectors;

use fax_core::Opening;
use fax_modem::{Modem, Output, QamReceiver};

/// Data bits of each burst that trained.
fn bursts(receiver: &mut QamReceiver, samples: &[i16]) -> Vec<Vec<bool>> {
    let mut bursts: Vec<Vec<bool>> = Vec::new();
    receiver.process(samples, &mut |output| match output {
        Output::Trained { quality, began, .. } => {
            println!("trained, began {began}: {quality:?}");
            bursts.push(Vec::new());
        }
        Output::Bits { bits, count } => {
            bursts.last_mut().unwrap().extend((0..count).map(|n| bits >> n & 1 == 1));
        }
        other => println!("{other:?}"),
    });
    bursts
}

fn receiver(mode: &str) -> QamReceiver {
    QamReceiver::new(Modem::of(mode.parse::<Opening>().unwrap()).unwrap())
}

fn decodes(receiver: &mut QamReceiver, name: &str) {
    let mut samples = vectors::wav(&format!("{name}.wav"));
    samples.extend([0; 1600]);
    let heard = bursts(receiver, &samples);
    let sent = vectors::bits(&format!("{name}.bits"));
    assert_eq!(heard.len(), 1, "{name}: bursts");
    assert!(heard[0].len() >= sent.len(), "{name}: {} of {} bits", heard[0].len(), sent.len());
    let errors = sent.iter().zip(&heard[0]).filter(|(a, b)| a != b).count();
    assert_eq!(errors, 0, "{name}: bit errors in {}", sent.len());
}

#[test]
fn every_long_training_leads_to_data_without_error() {
    for (mode, names) in [
        ("v27ter-2400", &["v27ter-2400-long", "v27ter-2400-tep"][..]),
        ("v27ter-4800", &["v27ter-4800-long", "v27ter-4800-tep", "v27ter-4800-line"]),
        ("v29-7200", &["v29-7200"]),
        ("v29-9600", &["v29-9600", "v29-9600-tep", "v29-9600-line"]),
        ("v17-7200", &["v17-7200-long"]),
        ("v17-9600", &["v17-9600-long"]),
        ("v17-12000", &["v17-12000-long"]),
        ("v17-14400", &["v17-14400-long", "v17-14400-tcf", "v17-14400-tep", "v17-14400-line"]),
    ] {
        for name in names {
            decodes(&mut receiver(mode), name);
        }
    }
}

#[test]
fn a_short_training_after_a_long_one_leads_to_data_without_error() {
    for rate in ["v17-7200", "v17-9600", "v17-12000", "v17-14400"] {
        let mut receiver = receiver(rate);
        decodes(&mut receiver, &format!("{rate}-long"));
        decodes(&mut receiver, &format!("{rate}-short"));
    }
}

#[test]
fn the_short_training_of_v27ter_is_received() {
    for rate in ["v27ter-2400", "v27ter-4800"] {
        let mut receiver = receiver(rate);
        decodes(&mut receiver, &format!("{rate}-long"));
        decodes(&mut receiver, &format!("{rate}-short"));
    }
}

#[test]
fn a_receiver_that_knows_nothing_tells_modem_and_rate() {
    for mode in [
        "v27ter-2400",
        "v27ter-4800",
        "v29-7200",
        "v29-9600",
        "v17-7200",
        "v17-9600",
        "v17-12000",
        "v17-14400",
    ] {
        let mut receiver = QamReceiver::any();
        decodes(
            &mut receiver,
            &if mode.starts_with("v29") { mode.to_owned() } else { format!("{mode}-long") },
        );
        assert_eq!(receiver.opening().to_string(), mode);
        if mode.starts_with("v17") {
            decodes(&mut receiver, &format!("{mode}-short"));
            assert_eq!(receiver.opening().to_string(), format!("{mode}-short"));
        }
    }
}
