//! Two UDPTL ends in one process, over a channel that loses every third datagram: nothing is lost.
//!
//! The engine has no socket and no clock. Whoever owns it hands in what came and the time, sends what
//! [`Sender::poll`] gives, and calls again at the deadlines.

use fax_core::{Span, Timestamp};
use fax_t38::udptl::{Class, Delivery, LARGEST_DATAGRAM, Receiver, ReceiverSettings, Sender, SenderSettings};

fn main() {
    let mut sender = Sender::new(SenderSettings::default());
    let mut receiver = Receiver::new(ReceiverSettings::default());
    let mut buffer = [0; LARGEST_DATAGRAM];
    let (mut now, mut sent, mut arrived) = (Timestamp::ZERO, 0, 0);

    for packet in 0..100_u8 {
        // 30 ms of a page at 14 400 bit/s would be 54 octets; four are enough to look at.
        let ifp = [0xD0, 0x01, 0xE0, 0x00, 0x03, 0x55, packet, 0xAA, 0x00];
        sender.submit(now, &ifp, Class::Image).expect("the packet fits the peer's datagrams");

        while let Some(length) = sender.poll(now, &mut buffer) {
            sent += 1;
            if sent % 3 == 0 {
                continue; // the channel
            }
            receiver.take(now, &buffer[..length]).expect("what a sender makes is never refused");
        }

        now += Span::from_millis(30);
        receiver.advance(now); // gives up holes that were open for too long
        while let Some(delivery) = receiver.next() {
            match delivery {
                Delivery::Ifp { .. } => arrived += 1,
                Delivery::Missing { from, packets } => println!("lost from {from:?}: {packets:?}"),
            }
        }
    }

    let counters = receiver.counters();
    println!("{sent} datagrams sent, {} came, {arrived} packets delivered", counters.received);
    println!("{} repaired from secondaries, {} lost", counters.repaired_by_secondary, counters.lost);
    assert_eq!((arrived, counters.lost), (100, 0));
}
