#!/usr/bin/env python3
"""SIP from unknown sources while faxes run: all finish, memory and log stay bounded, nobody is answered.

    flood.py FAXGW FAXLAB PAGE.tif OUT [SECONDS [RATE [CALLS]]]

OPTIONS, REGISTER, INVITE and spoilt requests come from 20 addresses that no trunk has. New calls come in all the time.
"""
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
seconds, rate, calls = [int(given) for given in sys.argv[5:8]] + [60, 20_000, 20][len(sys.argv[5:8]):]
SOURCES = ",".join(f"127.0.0.{host}" for host in range(2, 22))

report = lab.Report(out, "flood", f"flood.py ... {seconds} {rate} {calls}")
gateway = lab.Gateway(faxgw, out, lab.configuration(), out / "records-flood")
before = len(lab.lines(gateway.records)[0])

# The calls begin in the first half of the flood, so that signalling is hit in all its phases.
with lab.Machine() as machine:
    memory, log, cpu = gateway.memory(), gateway.log.stat().st_size, gateway.cpu()
    thrown = lab.flood(faxlab, [lab.GATEWAY], what="options,register,invite,garbage",
                       sources=SOURCES, rate=rate, seconds=seconds)
    time.sleep(1)
    load = lab.load(faxlab, page, calls, "--apart-ms", str(seconds * 1000 // 2 // calls))
    lags, dropped = [], 0
    while thrown.poll() is None:
        lags.append(gateway.metrics()["faxgw_loop_lag_seconds"] * 1000)
        dropped = gateway.sockets().get(6100, dropped)
        time.sleep(1)
    under, said = gateway.memory(), gateway.log.stat().st_size
    spent = gateway.cpu() - cpu
    tally, thrown = lab.result(load), lab.result(thrown)
foreign = [line for line in gateway.log.read_text().splitlines() if "not let in" in line]
counted = sum(int(line.split("foreign=")[1].split()[0]) for line in foreign)
time.sleep(1)
gateway.stop()
records = lab.lines(gateway.records)[0][before:]

report.figure("SIP packets thrown", thrown["sent"])
report.figure("rate reached, packets/s", thrown["rate"])
report.figure("rate in the slowest second", thrown["slowest_second"])
report.figure("dropped by the gateway before parsing", counted)
report.figure("dropped by the full buffer of its socket", dropped)
report.figure("answers to the attackers", thrown["answers"])
report.figure("faxes", calls)
report.figure("faxes whole", tally["whole"])
report.figure("records", lab.causes(records))
report.figure("VmHWM before, MB", memory)
report.figure("VmHWM after, with the calls in it, MB", under)
report.figure("log during the flood, octets", said - log)
report.figure("log during the flood, lines a second", len(gateway.log.read_bytes()[log:said].splitlines()) / seconds)
report.figure("loop lag, worst of each second, median, ms", sorted(lags)[len(lags) // 2])
report.figure("loop lag, worst, ms", max(lags))
report.figure("CPU of the gateway, cores", spent / seconds)
report.figure("cores used by other programs meanwhile", machine.others)
report.must("99 % of the rate was reached", thrown["rate"] >= 0.99 * rate)
report.must("every fax is whole", tally["whole"] == calls)
report.must("each has its record, completed", lab.causes(records) == {"completed": calls})
report.must("nobody unknown was answered", thrown["answers"] == 0)
report.must("every packet was dropped and counted",
            counted + dropped >= thrown["sent"] and dropped < thrown["sent"] / 2)
report.must("memory grew by less than 16 MB and 1 MB a call", under - memory < 16 + calls)
report.must("the log grew by at most 10 lines a second and 10 a call",
            len(gateway.log.read_bytes()[log:said].splitlines()) <= 10 * (seconds + calls))
report.close()
