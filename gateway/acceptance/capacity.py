#!/usr/bin/env python3
"""How many faxes at once: all pages right, lateness of the loop, CPU a call, and what is refused.

    capacity.py FAXGW FAXLAB PAGE.tif OUT [CALLS ...]

Each step is so many faxes at once from G.711 to T.38, a page each, begun 50 ms after one another. Both ends of every call
run on the same processors. The last step has no limit but the lateness of the program.
"""
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
steps = [int(given) for given in sys.argv[5:]] or [100, 200, 300, 400, 600, 900]
LATE = 5  # milliseconds
PORTS = 4  # of media a call, each beside one that is not used

report = lab.Report(out, "capacity", f"capacity.py ... {' '.join(map(str, steps))}")


def step(calls):
    configuration = lab.configuration(f"calls = 2000\n{lab.MANY}")
    configuration = configuration.replace("21000-23999", f"21000-{max(23999, 21000 + 2 * PORTS * calls)}")
    gateway = lab.Gateway(faxgw, out, configuration, out / "records-capacity")
    before, cpu = len(lab.lines(gateway.records)[0]), gateway.cpu()
    load, lags = lab.load(faxlab, page, calls), []
    with lab.Machine() as machine:
        used, began = lab.cpu_of(load.pid), time.monotonic()
        while load.poll() is None:
            metrics = gateway.metrics()
            lags.append((metrics["faxgw_calls_on"], metrics["faxgw_loop_lag_seconds"] * 1000))
            used = lab.cpu_of(load.pid)
            time.sleep(1)
        seconds = time.monotonic() - began
    tally, memory, spent = lab.result(load), gateway.memory(), gateway.cpu() - cpu
    time.sleep(1)
    gateway.stop()
    records = lab.lines(gateway.records)[0][before:]
    most = max(on for on, _ in lags)
    full = sorted(lag for on, lag in lags if on >= 0.9 * most)
    refused = sum(entry["cause"] == "capacity" for entry in records)
    taken = calls - refused
    report.figure(f"{calls} calls", {
        "at once": int(most), "whole": tally["whole"], "refused with 503": refused,
        "lag, median, ms": round(full[len(full) // 2], 2), "lag, worst, ms": round(full[-1], 2),
        "CPU of the gateway a call, s": round(spent / max(taken, 1), 3),
        "gateway, cores": round(spent / seconds, 2), "both ends, cores": round(used / seconds, 2),
        "others, cores": round(machine.others, 2), "VmHWM, MB": round(memory, 1), "causes": lab.causes(records),
    })
    if calls <= 100:
        report.must(f"of {calls} calls all were taken", refused == 0)
    report.must(f"of {calls} calls all that were taken are whole", tally["whole"] == taken)
    report.must(f"of {calls} calls each has its record", len(records) == calls)
    return calls, most, full[len(full) // 2]


measured = [step(calls) for calls in steps]
late = [int(most) for _, most, lag in measured if lag > LATE]
report.figure(f"calls at once at which the lag passes {LATE} ms", late[0] if late else f"more than {int(measured[-1][1])}")
report.close()
