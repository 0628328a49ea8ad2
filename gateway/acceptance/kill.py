#!/usr/bin/env python3
"""kill -9 at random points of calls: it is back within 2 s, and every call that had begun has one record.

    kill.py FAXGW FAXLAB PAGE.tif OUT [KILLS [SEED]]

Faxes begin twice a second, and calls to a number that no route takes 50 times a second, so that records are written all
the time. Both ends go on while the gateway is dead, and after that. A call had begun if its far end was called: the
trace of the far end, which is another program, says so. 50 MB of older records are there when it starts.
"""
import collections
import json
import random
import shutil
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
kills, seed = [int(given) for given in sys.argv[5:7]] + [50, 1][len(sys.argv[5:7]):]
MEAN, LONGEST = 9, 60  # seconds until a kill: many in signalling and training, some in a page and after it
HISTORY = 50_000_000  # octets

report = lab.Report(out, "kill", f"kill.py ... {kills} {seed}")
records, trace = out / "records-kill", out / "kill-trace.jsonl"
shutil.rmtree(records, ignore_errors=True)


def fill_history(gateway):
    """Multiplies the record of one fax, with other names; the index is made anew at the next start."""
    lab.result(lab.load(faxlab, page, 1))
    time.sleep(1)
    gateway.stop()
    (record,), _ = lab.lines(records)
    size, old = 0, []
    while size < HISTORY:
        old.append(json.dumps(record | {"id": f"{len(old):x}", "caller": "old"}) + "\n")
        size += len(old[-1])
    (records / "calls.jsonl").write_text("".join(old))
    (records / "calls.sqlite").unlink()
    return len(old)


gateway = lab.Gateway(faxgw, out, lab.configuration(f"calls = 1000\nloop_lag_ms = 1000\n{lab.MANY}"), records)
old = fill_history(gateway)
gateway.start()
report.figure("older records", old)
report.figure("start without an index, s", gateway.ready)

load = lab.load(faxlab, page, 1_000_000, "--apart-ms", "500", "--trace", str(trace))
noise = lab.flood(faxlab, [lab.GATEWAY], what="invite", number="404", sources="127.0.0.1", rate=50, seconds=86_400)
draw, starts = random.Random(seed), []
with lab.Machine() as machine:
    for number in range(kills):
        time.sleep(min(0.1 + draw.expovariate(1 / MEAN), LONGEST))
        gateway.kill()
        gateway.start()
        starts.append(gateway.ready)
        print(f"kill {number + 1}: back after {gateway.ready:.2f} s", flush=True)
    time.sleep(2)
load.kill()
noise.kill()
load.wait()
noise.wait()
gateway.stop()

begun = set()
for line in trace.read_text().splitlines():
    told = json.loads(line)
    if told["end"] == "answerer" and told["what"] == "Invited":
        begun.add(told["caller"])
entries, torn = lab.lines(records)
indexed = lab.index(records)
ours = [entry for entry in entries if entry["caller"] != "old"]
by_caller = collections.Counter(entry["caller"] for entry in ours if entry["called"] == "200")
by_id = collections.Counter(entry["id"] for entry in ours)
by_dialog = collections.Counter(entry["call_id"] for entry in ours)
lost = [entry for entry in ours if entry["cause"] == "process_restart"]
modes = collections.Counter(entry["mode_used"] for entry in lost)
key = {entry["id"]: entry for entry in indexed}

report.figure("kills", kills)
report.figure("back after, median, s", sorted(starts)[len(starts) // 2])
report.figure("back after, longest, s", max(starts))
report.figure("faxes that had begun", len(begun))
report.figure("of them with one record", sum(by_caller[caller] == 1 for caller in begun))
report.figure("of them with none", sum(by_caller[caller] == 0 for caller in begun))
report.figure("of them with more", sum(by_caller[caller] > 1 for caller in begun))
report.figure("records of faxes by cause", lab.causes(entry for entry in ours if entry["called"] == "200"))
report.figure("faxes that a kill ended, by mode", dict(sorted(modes.items())))
report.figure("records of calls that no route took", sum(entry["cause"] == "no_route" for entry in ours))
report.figure("lines that are no record", torn)
report.figure("records in JSON Lines", len(entries))
report.figure("records in SQLite", len(indexed))
report.figure("cores used by other programs meanwhile", machine.others)
report.must("it is back within 2 s, each time", max(starts) <= 2)
report.must("every fax that had begun has exactly one record", all(by_caller[caller] == 1 for caller in begun))
report.must("no call has two records", max(by_id.values()) == 1 and max(by_dialog.values()) == 1)
report.must("faxes were lost, and their cause is process_restart", lost and all(entry["evidence"] for entry in lost))
report.must("no line is torn", torn == 0)
report.must("SQLite has the same records", len(indexed) == len(entries) and all(key.get(e["id"]) == e for e in entries))
report.close()
