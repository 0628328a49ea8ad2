//! Two ends agree on fax in the middle of a call: `cargo run -p fax-t38 --example offer_answer`.
//!
//! What is printed between the ends is what a SIP stack would carry as message bodies.

use fax_t38::sdp::{
    Abilities, Description, Local, Media, Offer, Origin, Policy, Response, Session, answer, audio_only,
    conclude,
};

fn main() {
    let (abilities, policy) = (Abilities::default(), Policy::default());
    // The called end has heard a fax. Its last description had one line, for audio.
    let audio = Media::audio(4002, "0 8");
    let called = local([192, 0, 2, 10], 4000);
    let offer = Offer::new(&abilities, &policy, &called, std::slice::from_ref(&audio));
    let re_invite = offer.description.to_string();
    println!("re-INVITE\n{re_invite}");

    // The calling end reads it and answers, or says why not.
    let calling = local([198, 51, 100, 20], 6000);
    let read = Description::parse(re_invite.as_bytes()).expect("ours is readable");
    let ok = match answer(&abilities, &policy, &calling, &read) {
        Ok(answer) => {
            println!("200 OK\n{}", answer.description);
            show("calling end", &answer.session);
            answer.description
        }
        Err(declined) => {
            return match declined.response(&read) {
                Response::Status(status) => println!("{status}: {declined}"),
                Response::WithoutFax => println!("200 OK\n{}", audio_only(&calling, &audio, &read.media)),
            };
        }
    };

    // The called end draws its conclusion.
    match conclude(&offer, &ok) {
        Ok(session) => show("called end", &session),
        Err(declined) => println!("{declined}; back to audio:\n{}", audio_only(&called, &audio, &ok.media)),
    }
}

fn local(host: [u8; 4], port: u16) -> Local {
    Local { origin: Origin::new(1, host.into()), host: host.into(), port, audio: None }
}

fn show(who: &str, session: &Session) {
    let packing = session.limits.packing(session.max_bit_rate, 30, 3);
    println!("{who}: to {}:{}, version {}", session.host, session.port, session.version.number());
    println!(
        "  {} at most, {:?}, {} octets of image and {} secondaries in a datagram of up to {} octets\n",
        session.max_bit_rate, session.send, packing.octets, packing.secondaries, session.limits.datagram,
    );
}
