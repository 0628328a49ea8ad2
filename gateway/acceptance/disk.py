#!/usr/bin/env python3
"""The disk of records and captures gets full, by captures and then by others: calls go on, captures stop first.

    disk.py FAXGW FAXLAB PAGE.tif OUT [CALLS]

The disk is a tmpfs of 8 MB, so this needs root. Captures have to leave 2 MB.
"""
import os
import subprocess
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
calls = int(sys.argv[5]) if len(sys.argv) > 5 else 10
SIZE_MB, FREE_MB = 8, 2
WAITING = 1024  # records that the gateway keeps in memory
UNROUTED = 2000

report = lab.Report(out, "disk", f"disk.py ... {calls}")
disk = out / "disk"
disk.mkdir(exist_ok=True)
subprocess.run(["umount", disk], check=False, stderr=subprocess.DEVNULL)
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "faxgw-acceptance", disk], check=True)
captures = f'[capture]\nenabled = true\npurpose = "acceptance"\nfailed_only = false\nmin_free_mb = {FREE_MB}\n'
gateway = lab.Gateway(faxgw, out, lab.configuration(f"calls = 2000\nloop_lag_ms = 1000\n{lab.MANY}", captures), disk)
made = 0


def free():
    space = os.statvfs(disk)
    return space.f_bavail * space.f_frsize / 1e6


def faxes():
    """Some faxes at once; how many are whole."""
    global made
    made += calls
    return lab.result(lab.load(faxlab, page, calls))["whole"]


def fill():
    with open(disk / "filler", "ab", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            return


def state():
    time.sleep(2)
    ok = {part: gateway.health(f"/{part}")[1].get("ok") for part in ("process", "records", "captures")}
    metrics = gateway.metrics()
    return ok, int(metrics["faxgw_records_waiting"]), int(metrics["faxgw_records_dropped"])


try:
    whole = faxes()
    ok, waiting, _ = state()
    kept, room = len(list(disk.glob("captures/*.pcapng"))), free()
    missing = [e for e in lab.lines(disk)[0] if e["capture"] and not (disk / e["capture"]).exists()]
    report.figure("captures fill the disk: faxes whole", f"{whole} of {calls}")
    report.figure("captures that were kept", kept)
    report.figure("free, MB", room)
    report.figure("health then", ok)
    report.must("calls go on when captures have filled the disk", whole == calls)
    report.must("captures stop first, and /health says so", ok == {"process": True, "records": True, "captures": False})
    report.must("captures leave what they must leave, less the records since", room > FREE_MB - 1)
    report.must("every record is on the disk", len(lab.lines(disk)[0]) == calls and waiting == 0)
    report.must("no record names a capture that is not there", not missing)

    fill()
    whole = faxes()
    ok, waiting, _ = state()
    report.figure("others fill the disk: faxes whole", f"{whole} of {calls}")
    report.figure("records that wait", waiting)
    report.figure("health meanwhile", ok)
    report.must("calls go on when there is no room at all", whole == calls)
    report.must("/health says that records are not written", ok["records"] is False and ok["process"] is True)

    noise = lab.flood(faxlab, [lab.GATEWAY], what="invite", number="404", sources="127.0.0.1", rate=100,
                      seconds=UNROUTED // 100)
    lab.result(noise)
    ok, waiting, dropped = state()
    ended = int(sum(value for name, value in gateway.metrics().items() if name.startswith("faxgw_calls_total")))
    report.figure("calls that ended by now", ended)
    report.figure("records that wait in memory", waiting)
    report.figure("records that are lost, and counted", dropped)
    log = gateway.log.stat().st_size

    for file in [disk / "filler", *disk.glob("captures/*")]:
        file.unlink()
    began = time.monotonic()
    while not gateway.health("/records")[1]["ok"] and time.monotonic() < began + 30:
        time.sleep(0.1)
    report.figure("seconds until the records were written when there was room", time.monotonic() - began)
    entries, torn = lab.lines(disk)
    indexed = {entry["id"]: entry for entry in lab.index(disk)}
    report.figure("records in JSON Lines", len(entries))
    report.figure("records in SQLite", len(indexed))
    report.figure("log, octets", log)
    report.must(f"at most {WAITING} records waited", waiting <= WAITING)
    report.must("each record is kept or counted as lost", len(entries) + dropped == ended)
    report.must("no line is torn", torn == 0)
    report.must("SQLite has the same records",
                len(indexed) == len(entries) and all(indexed.get(e["id"]) == e for e in entries))
    report.must("/health is well again", gateway.health("/records")[1]["ok"] is True)
    gateway.kill()
    gateway.start()
    report.must("nothing is told as lost at the next start", len(lab.lines(disk)[0]) == len(entries))
finally:
    gateway.stop()
    subprocess.run(["umount", disk], check=False)
report.close()
