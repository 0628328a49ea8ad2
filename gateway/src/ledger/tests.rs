use super::testing::Scratch;
use super::*;
use crate::clock::Utc;
use crate::ledger::entry::cause;

fn records(scratch: &Scratch) -> Records {
    Records { dir: Some(scratch.0.clone()), ..Records::default() }
}

fn entry(id: &str) -> Entry {
    let mut entry = Entry::begin(id.into(), Utc::now());
    entry.ended = entry.began.plus_millis(10);
    entry
}

#[test]
fn a_call_that_is_over_is_in_the_lines_and_in_the_index() {
    let scratch = Scratch::new("ledger");
    let (ledger, scribe, lost) = Ledger::open(&records(&scratch)).unwrap();
    assert!(lost.is_empty());
    ledger.begin(entry("a")).blocking_recv().unwrap();
    ledger.close(Entry { cause: "completed".into(), ..entry("a") });
    scribe.finish();
    let found = Index::read(&scratch.0).unwrap().find(&Query::default()).unwrap();
    assert_eq!((found.len(), found[0].cause.as_str()), (1, "completed"));
    let lines = std::fs::read_to_string(scratch.0.join("calls.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert!(Ledger::open(&records(&scratch)).unwrap().2.is_empty());
}

/// As after `kill -9`: nothing is closed, nobody is told.
#[test]
fn calls_that_were_on_when_the_program_died_get_their_records_once() {
    let scratch = Scratch::new("ledger-killed");
    let (ledger, scribe, _) = Ledger::open(&records(&scratch)).unwrap();
    for id in ["a", "b", "c"] {
        ledger.begin(entry(id)).blocking_recv().unwrap();
    }
    ledger.mark(Mark { id: "b".into(), at_ms: 7000, mode: "t38".into(), to: "carrier".into(), pages: 3 });
    ledger.close(Entry { cause: "completed".into(), ..entry("a") });
    // The thread is left behind as it is; what it had written by then is what a killed program leaves.
    scribe.finish();
    let (_, scribe, lost) = Ledger::open(&records(&scratch)).unwrap();
    let told: Vec<_> =
        lost.iter().map(|entry| (entry.id.as_str(), entry.cause.as_str(), entry.pages())).collect();
    assert_eq!(told, [("b", cause::RESTART, 3), ("c", cause::RESTART, 0)]);
    scribe.finish();
    let (_, scribe, again) = Ledger::open(&records(&scratch)).unwrap();
    assert!(again.is_empty());
    scribe.finish();
    assert_eq!(Index::read(&scratch.0).unwrap().find(&Query::default()).unwrap().len(), 3);
}

/// The program died between the line of a record and the end of its call in the journal.
#[test]
fn a_record_that_was_written_is_not_written_again_as_lost() {
    let scratch = Scratch::new("ledger-between");
    let (ledger, scribe, _) = Ledger::open(&records(&scratch)).unwrap();
    ledger.begin(entry("a")).blocking_recv().unwrap();
    let journal = std::fs::read(scratch.0.join("open-calls.jsonl")).unwrap();
    ledger.close(Entry { cause: "completed".into(), ..entry("a") });
    scribe.finish();
    std::fs::write(scratch.0.join("open-calls.jsonl"), journal).unwrap();
    std::fs::remove_file(Index::path(&scratch.0)).unwrap();
    let (writer, lost) = Writer::open(&scratch.0, &records(&scratch), Arc::default()).unwrap();
    assert!(lost.is_empty());
    assert_eq!(writer.found().iter().map(|entry| entry.cause.as_str()).collect::<Vec<_>>(), ["completed"]);
}

/// `/dev/full` answers every write as a full disk does.
#[test]
fn a_full_disk_raises_an_alarm_and_keeps_the_record_until_there_is_room() {
    let scratch = Scratch::new("ledger-full");
    let lines = scratch.0.join("calls.jsonl");
    std::os::unix::fs::symlink("/dev/full", &lines).unwrap();
    let (ledger, scribe, _) = Ledger::open(&records(&scratch)).unwrap();
    ledger.begin(entry("a")).blocking_recv().unwrap();
    ledger.close(entry("a"));
    scribe.finish();
    assert!(!ledger.alarms().are_silent());
    assert!(ledger.alarms().failed.load(Ordering::Relaxed) > 0);
    // The disk has room again, and the program begins anew: the journal still knows the call.
    std::fs::remove_file(&lines).unwrap();
    let (_, scribe, lost) = Ledger::open(&records(&scratch)).unwrap();
    assert_eq!(lost.len(), 1);
    scribe.finish();
}

#[test]
fn a_call_that_nobody_may_know_of_any_more_is_in_no_file() {
    let scratch = Scratch::new("ledger-forget");
    let (mut writer, _) = Writer::open(&scratch.0, &records(&scratch), Arc::default()).unwrap();
    let (sender, todo) = sync_channel(8);
    for id in ["keep", "unwanted"] {
        std::fs::write(scratch.0.join(id), "packets").unwrap();
        writer.close(Entry { capture: Some(id.into()), ..entry(id) });
    }
    Index::ask_to_forget(&scratch.0, "unwanted").unwrap();
    writer.forget();
    drop(sender);
    writer.run(&todo);
    assert!(scratch.0.join("keep").exists() && !scratch.0.join("unwanted").exists());
    for file in std::fs::read_dir(&scratch.0).unwrap() {
        let path = file.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        assert!(!octets.windows(8).any(|window| window == b"unwanted"), "{}", path.display());
    }
}
