//! Packets of calls, one pcapng file for each, written by a thread of their own: media of both legs, and SIP messages as far as
//! they may be kept.
//!
//! They hold the pages of faxes: off unless the configuration says why, deleted after `capture.days`, and with the call by
//! `faxgw forget`. No call waits for them: packets that find no room are left out and counted.
//!
//! Always: a file is at most `capture.call_mb` long; while the disk has less than `capture.min_free_mb`, or a write fails,
//! captures stop, also those that are on, and calls and records go on; a record names no file that is not there.

mod redact;

use crate::clock::{Clock, Utc};
use crate::config::{Capture, NumberDisplay};
use byteorder_slice::LittleEndian;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, Ordering};
use etherparse::PacketBuilder;
use fax_core::Timestamp;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{Block, PcapNgWriter};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Where packets go. Clones write to the same place.
#[derive(Clone, Debug)]
pub struct Captures {
    tasks: SyncSender<Task>,
    /// Calls that were over while there was no room for a task.
    overdue: Overdue,
    short: Arc<AtomicBool>,
}

type Overdue = Arc<Mutex<Vec<(String, bool)>>>;

/// The packets of one call. Clones are the same; when the last is gone, so that nothing more can come, its file is closed.
#[derive(Clone, Debug)]
pub struct Tap(Arc<Held>);

#[derive(Debug)]
struct Held {
    captures: Captures,
    id: String,
    began: Utc,
    /// Whether the file is to stay.
    keep: AtomicBool,
    /// Whether there is a file with what came so far.
    kept: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Task {
    Open(String, Capture, Arc<AtomicBool>),
    Packet(Packet),
    Close(String, bool),
}

#[derive(Debug)]
struct Packet {
    id: String,
    at: Duration,
    from: SocketAddr,
    to: SocketAddr,
    octets: Vec<u8>,
}

/// Packets that wait for the disk.
const QUEUE: usize = 4096;
/// Captures are a folder of the records.
const FOLDER: &str = "captures";
/// How often old files are looked for.
const PURGE: Duration = Duration::from_secs(3600);
/// How often the room on the disk is looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Captures {
    /// Begins the thread, for the records of a directory. The policy is that of the configuration at each call.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(records: &Path, policy: Capture) -> io::Result<Self> {
        let (tasks, todo) = sync_channel(QUEUE);
        let writer = Writer::new(records, policy);
        let short = writer.short.clone();
        let overdue = Overdue::default();
        let late = Arc::clone(&overdue);
        std::thread::Builder::new().name("captures".into()).spawn(move || writer.run(&todo, &late))?;
        Ok(Self { tasks, overdue, short })
    }

    /// Begins the file of a call, if the configuration wants one.
    pub fn tap(&self, id: &str, began: Utc, policy: &Capture) -> Option<Tap> {
        let kept = Arc::new(AtomicBool::new(true));
        let open = || self.tasks.try_send(Task::Open(id.into(), policy.clone(), kept.clone())).is_ok();
        let opened = policy.enabled && open();
        let keep = AtomicBool::new(false);
        opened.then(|| Tap(Arc::new(Held { captures: self.clone(), id: id.into(), began, keep, kept })))
    }

    /// Whether captures have stopped because the disk has no room for them.
    pub fn are_stopped(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }
}

impl Tap {
    /// A datagram that came or went, so many microseconds after the call began.
    pub fn packet(&self, micros: u64, from: SocketAddr, to: SocketAddr, octets: &[u8]) {
        let held = &self.0;
        let at = Duration::from_millis(held.began.0) + Duration::from_micros(micros);
        let packet = Packet { id: held.id.clone(), at, from, to, octets: octets.into() };
        // Full: the disk is slow, and the call is not to be.
        _ = held.captures.tasks.try_send(Task::Packet(packet));
    }

    /// What a dialog of the call shows its messages to. They are kept as datagrams, whatever carried them, without credentials and
    /// with as much of numbers as records have.
    pub fn signalling(&self, clock: Clock, numbers: NumberDisplay) -> fax_net::Tap {
        let tap = self.clone();
        fax_net::Tap::new(move |message| {
            let micros = clock.now().since(Timestamp::ZERO).micros();
            tap.packet(micros, message.from, message.to, &redact::redact(message.octets, numbers));
        })
    }

    /// The call is over, but for the last words of its dialogs; whether its packets are to be kept. Gives the file, seen from the
    /// records, if there is one.
    pub fn close(self, keep: bool) -> Option<String> {
        self.0.keep.store(keep, Ordering::Relaxed);
        (keep && self.0.kept.load(Ordering::Relaxed)).then(|| format!("{FOLDER}/{}.pcapng", self.0.id))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (id, keep) = (core::mem::take(&mut self.id), *self.keep.get_mut());
        if let Err(full) = self.captures.tasks.try_send(Task::Close(id, keep))
            && let (TrySendError::Full(Task::Close(id, keep)), Ok(mut overdue)) =
                (full, self.captures.overdue.lock())
        {
            overdue.push((id, keep));
        }
    }
}

#[derive(Debug)]
struct Writer {
    directory: PathBuf,
    files: BTreeMap<String, Open>,
    /// That of the last call.
    policy: Capture,
    short: Arc<AtomicBool>,
    looked: Instant,
    /// MB that are free where a directory is.
    free: fn(&Path) -> io::Result<u64>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    out: BufWriter<File>,
    left: u64,
    kept: Arc<AtomicBool>,
}

impl Writer {
    fn new(records: &Path, policy: Capture) -> Self {
        let directory = records.join(FOLDER);
        Self {
            directory,
            files: BTreeMap::new(),
            policy,
            short: Arc::default(),
            looked: Instant::now(),
            free: free_mb,
        }
    }

    fn run(mut self, todo: &Receiver<Task>, overdue: &Overdue) {
        let mut purged = None;
        loop {
            match todo.recv_timeout(LOOK) {
                Ok(Task::Open(id, policy, kept)) => self.open(id, policy, kept),
                Ok(Task::Packet(packet)) => self.packet(&packet),
                Ok(Task::Close(id, keep)) => self.close(&id, keep),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if let Ok(mut overdue) = overdue.lock() {
                overdue.drain(..).for_each(|(id, keep)| self.close(&id, keep));
            }
            if self.looked.elapsed() >= LOOK {
                self.look();
            }
            if purged.is_none_or(|purged: Instant| purged.elapsed() >= PURGE) {
                purged = Some(Instant::now());
                self.purge();
            }
        }
    }

    fn open(&mut self, id: String, policy: Capture, kept: Arc<AtomicBool>) {
        self.policy = policy;
        let path = self.directory.join(format!("{id}.pcapng"));
        match self.begin(&path) {
            Ok(out) => {
                let left = u64::from(self.policy.call_mb) * 1_000_000;
                self.files.insert(id, Open { path, out, left, kept });
            }
            Err(error) => {
                kept.store(false, Ordering::Relaxed);
                tracing::warn!(target: "faxgw::capture", "no packets of {id} are kept: {error}");
            }
        }
    }

    fn begin(&mut self, path: &Path) -> io::Result<BufWriter<File>> {
        std::fs::create_dir_all(&self.directory)?;
        self.room()?;
        let file = File::options().create_new(true).write(true).mode(0o640).open(path)?;
        let mut out = BufWriter::new(file);
        let mut interface = InterfaceDescriptionBlock::new(DataLink::RAW, 65_535);
        interface.options.push(InterfaceDescriptionOption::IfTsResol(9));
        // Why these packets were kept goes with them.
        let purpose = Cow::Owned(self.policy.purpose.clone());
        interface.options.push(InterfaceDescriptionOption::Comment(purpose));
        let mut head =
            PcapNgWriter::with_endianness(Vec::new(), Endianness::Little).map_err(io::Error::other)?;
        head.write_pcapng_block(interface).map_err(io::Error::other)?;
        out.write_all(&head.into_inner())?;
        Ok(out)
    }

    /// Refuses if the disk has less room than captures must leave, and remembers that.
    fn room(&mut self) -> io::Result<()> {
        self.looked = Instant::now();
        let free = (self.free)(&self.directory)?;
        let short = free < self.policy.min_free_mb.into();
        self.short.store(short, Ordering::Relaxed);
        if short { Err(io::Error::other(format!("only {free} MB are free"))) } else { Ok(()) }
    }

    /// While the disk is short of room, files get no longer: what they have is kept.
    fn look(&mut self) {
        if !self.policy.enabled || !self.directory.exists() {
            self.looked = Instant::now();
        } else if let Err(error) = self.room() {
            for (id, mut open) in std::mem::take(&mut self.files) {
                tracing::warn!(target: "faxgw::capture", "packets of {id} end here: {error}");
                if open.out.flush().is_err() {
                    open.remove();
                }
            }
        }
    }

    fn packet(&mut self, packet: &Packet) {
        let Some(open) = self.files.get_mut(&packet.id) else { return };
        let Err(error) = open.write(packet) else { return };
        tracing::warn!(target: "faxgw::capture", "packets of {} are not kept: {error}", packet.id);
        self.short.store(true, Ordering::Relaxed);
        if let Some(open) = self.files.remove(&packet.id) {
            open.remove();
        }
    }

    fn close(&mut self, id: &str, keep: bool) {
        let Some(mut open) = self.files.remove(id) else { return };
        let flushed = open.out.flush();
        if !keep || flushed.is_err() {
            open.remove();
        }
    }

    fn purge(&self) {
        let oldest = Utc::now().days_before(self.policy.days);
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let modified = entry.metadata().and_then(|data| data.modified()).ok();
            let age = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            let open = self.files.values().any(|open| open.path == entry.path());
            if !open && age.is_some_and(|age| age.as_millis() < u128::from(oldest.0)) {
                _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn free_mb(directory: &Path) -> io::Result<u64> {
    let space = rustix::fs::statvfs(directory)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize) / 1_000_000)
}

impl Open {
    /// Gives its room back: records need it.
    fn remove(self) {
        self.kept.store(false, Ordering::Relaxed);
        _ = std::fs::remove_file(&self.path);
        // What the buffer still holds is for nobody.
        drop(self.out.into_parts());
    }

    fn write(&mut self, packet: &Packet) -> io::Result<()> {
        let mut data = Vec::with_capacity(packet.octets.len() + 48);
        let built = match (packet.from, packet.to) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 64)
            }
            (SocketAddr::V6(from), SocketAddr::V6(to)) => {
                PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), 64)
            }
            _ => return Ok(()),
        };
        let built = built.udp(packet.from.port(), packet.to.port());
        built.write(&mut data, &packet.octets).map_err(io::Error::other)?;
        let Some(left) = self.left.checked_sub(data.len() as u64 + 32) else { return Ok(()) };
        self.left = left;
        let original_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: packet.at,
            original_len,
            data: Cow::Owned(data),
            options: Vec::new(),
        };
        Block::EnhancedPacket(block).write_to::<LittleEndian, _>(&mut self.out).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::Scratch;

    fn policy() -> Capture {
        Capture { enabled: true, purpose: "a test".into(), min_free_mb: 0, ..Capture::default() }
    }

    fn writer(scratch: &Scratch, policy: Capture) -> Writer {
        Writer { free: |_| Ok(1000), ..Writer::new(&scratch.0, policy) }
    }

    fn open(writer: &mut Writer) -> Arc<AtomicBool> {
        let kept = Arc::new(AtomicBool::new(true));
        writer.open("7".into(), writer.policy.clone(), kept.clone());
        kept
    }

    fn packets(writer: &mut Writer, packets: u64) {
        for at in 0..packets {
            let (from, to) = ("192.0.2.1:4000".parse().unwrap(), "192.0.2.2:4002".parse().unwrap());
            let (id, at, octets) = ("7".into(), Duration::from_millis(at), vec![7; 900]);
            writer.packet(&Packet { id, at, from, to, octets });
        }
    }

    fn written(scratch: &Scratch, policy: &Capture, keep: bool, count: u64) -> Option<Vec<u8>> {
        let mut writer = writer(scratch, policy.clone());
        let kept = open(&mut writer);
        packets(&mut writer, count);
        writer.close("7", keep);
        writer.purge();
        let file = std::fs::read(scratch.0.join("captures/7.pcapng")).ok();
        assert_eq!(file.is_some(), kept.load(Ordering::Relaxed));
        file
    }

    #[test]
    fn a_capture_says_why_it_is_kept_and_has_an_end() {
        let scratch = Scratch::new("capture");
        let short = Capture { call_mb: 1, ..policy() };
        let file = written(&scratch, &short, true, 2000).unwrap();
        assert!(file.windows(6).any(|window| window == b"a test"));
        assert!((900_000..=1_000_200).contains(&file.len()), "{}", file.len());
    }

    #[test]
    fn packets_that_nobody_wants_are_gone_with_the_call() {
        let scratch = Scratch::new("capture-dropped");
        assert_eq!(written(&scratch, &policy(), false, 3), None);
    }

    #[test]
    fn captures_stop_while_the_disk_is_nearly_full() {
        let scratch = Scratch::new("capture-full");
        assert_eq!(written(&scratch, &Capture { min_free_mb: u32::MAX, ..policy() }, true, 3), None);
    }

    #[test]
    fn a_capture_that_is_on_ends_when_the_disk_gets_short_of_room() {
        let scratch = Scratch::new("capture-short");
        let mut writer = writer(&scratch, Capture { min_free_mb: 100, ..policy() });
        let kept = open(&mut writer);
        packets(&mut writer, 10);
        writer.look();
        assert!(!writer.short.load(Ordering::Relaxed));
        writer.free = |_| Ok(99);
        writer.look();
        packets(&mut writer, 1000);
        writer.close("7", true);
        let length = std::fs::metadata(scratch.0.join("captures/7.pcapng")).unwrap().len();
        assert!(kept.load(Ordering::Relaxed) && (9_000..12_000).contains(&length), "{length}");
        assert!(writer.short.load(Ordering::Relaxed));
        writer.free = |_| Ok(100);
        writer.look();
        assert!(!writer.short.load(Ordering::Relaxed));
    }

    /// `/dev/full` answers every write as a full disk does.
    #[test]
    fn a_capture_that_the_disk_does_not_take_gives_its_room_back() {
        let scratch = Scratch::new("capture-refused");
        let mut writer = writer(&scratch, policy());
        let kept = open(&mut writer);
        let full = File::options().write(true).open("/dev/full").unwrap();
        writer.files.get_mut("7").unwrap().out = BufWriter::new(full);
        packets(&mut writer, 20);
        assert!(writer.files.is_empty() && !scratch.0.join("captures/7.pcapng").exists());
        assert!(!kept.load(Ordering::Relaxed) && writer.short.load(Ordering::Relaxed));
    }

    #[test]
    fn captures_that_are_too_old_are_deleted() {
        let scratch = Scratch::new("capture-old");
        assert!(written(&scratch, &policy(), true, 1).is_some());
        std::thread::sleep(Duration::from_millis(2));
        writer(&scratch, Capture { days: 0, ..policy() }).purge();
        assert!(!scratch.0.join("captures/7.pcapng").exists());
    }
}
