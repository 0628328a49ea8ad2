#!/usr/bin/env python3
"""SIP floods while faxes run: all finish, memory and log stay bounded.

    flood.py FAXGW FAXLAB PAGE.tif OUT [SECONDS [RATE [CALLS]]]

From unknown sources: OPTIONS, REGISTER, INVITE and spoilt requests of 20 addresses that no trunk has; nobody is answered.
From a known one: a trunk that has gone mad sends 500 INVITEs a second; what is beyond its rate gets 503. The faxes begin
during the flood, so that signalling is hit in all its phases.
"""
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
seconds, rate, calls = [int(given) for given in sys.argv[5:8]] + [60, 20_000, 20][len(sys.argv[5:8]):]
UNKNOWN = ",".join(f"127.0.0.{host}" for host in range(2, 22))
MAD, MAD_RATE = "127.0.1.1", 500
SIP = 6100

report = lab.Report(out, "flood", f"flood.py ... {seconds} {rate} {calls}")


def flood(name, sources, rate, what):
    trunk = f'[[trunk]]\nname = "mad"\nsources = ["{MAD}"]\n'
    gateway = lab.Gateway(faxgw, out, lab.configuration("") + trunk, out / "records-flood")
    before = len(lab.lines(gateway.records)[0])
    with lab.Machine() as machine:
        memory, log, cpu = gateway.memory(), gateway.log.stat().st_size, gateway.cpu()
        thrown = lab.flood(faxlab, [lab.GATEWAY], what=what, number="404", sources=sources, rate=rate, seconds=seconds)
        time.sleep(1)
        load = lab.load(faxlab, page, calls, "--apart-ms", str(seconds * 1000 // 2 // calls))
        lags, dropped = [], 0
        while thrown.poll() is None:
            lags.append(gateway.metrics()["faxgw_loop_lag_seconds"] * 1000)
            dropped = gateway.sockets().get(SIP, dropped)
            time.sleep(1)
        grown, spent = gateway.memory() - memory, gateway.cpu() - cpu
        tally, thrown = lab.result(load), lab.result(thrown)
    time.sleep(1)
    gateway.stop()
    said = gateway.log.read_bytes()[log:].decode().splitlines()
    refusals = [line for line in said if "not let in" in line]

    def counted(what):
        return sum(int(line.split(f"{what}=")[1].split()[0]) for line in refusals)

    records = lab.lines(gateway.records)[0][before:]
    faxes = [entry for entry in records if entry["called"] == "200"]
    report.figure(f"{name}: packets thrown", thrown["sent"])
    report.figure(f"{name}: rate reached, packets/s", thrown["rate"])
    report.figure(f"{name}: rate in the slowest second", thrown["slowest_second"])
    report.figure(f"{name}: dropped unread, as foreign", counted("foreign"))
    report.figure(f"{name}: over a rate, or malformed", counted("over_rate") + counted("malformed"))
    report.figure(f"{name}: no room in the socket's buffer", dropped)
    report.figure(f"{name}: answers", thrown["answers"])
    report.figure(f"{name}: faxes whole", f"{tally['whole']} of {calls}")
    report.figure(f"{name}: records of faxes", lab.causes(faxes))
    report.figure(f"{name}: other records", lab.causes(entry for entry in records if entry["called"] != "200"))
    report.figure(f"{name}: VmHWM before, MB", memory)
    report.figure(f"{name}: VmHWM grew by, with the faxes in it, MB", grown)
    report.figure(f"{name}: log, octets", sum(map(len, said)))
    report.figure(f"{name}: log, lines", len(said))
    report.figure(f"{name}: loop lag, worst of each second, median, ms", sorted(lags)[len(lags) // 2])
    report.figure(f"{name}: loop lag, worst, ms", max(lags))
    report.figure(f"{name}: CPU of the gateway, cores", spent / seconds)
    report.figure(f"{name}: cores used by other programs", machine.others)
    report.must(f"{name}: 99 % of the rate was reached", thrown["rate"] >= 0.99 * rate)
    report.must(f"{name}: every fax is whole, and has its record", tally["whole"] == calls == lab.causes(faxes)["completed"])
    report.must(f"{name}: memory grew by less than 16 MB, and 1 MB a fax", grown < 16 + calls)
    return thrown, counted, dropped, len(said), records


thrown, counted, dropped, said, _ = flood("unknown", UNKNOWN, rate, "options,register,invite,garbage")
report.must("unknown: nobody was answered", thrown["answers"] == 0)
report.must("unknown: every packet was dropped, and counted", counted("foreign") + dropped >= thrown["sent"] > 2 * dropped)
report.must("unknown: the log has at most 10 lines a second, and 10 a fax", said <= 10 * (seconds + calls))
thrown, counted, dropped, said, records = flood("known", MAD, MAD_RATE, "invite")
mad = sum(entry["called"] != "200" for entry in records)
report.must("known: what is beyond 20 INVITEs a second became no call", mad <= 20 * (seconds + 2))
report.must("known: the log has at most 10 lines a second, and 10 a call", said <= 10 * (seconds + calls + mad))
report.close()
