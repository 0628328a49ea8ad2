#!/usr/bin/env python3
"""Foreign packets at the media ports of a fax that is on: nothing of them counts, and the page is right.

    media.py FAXGW FAXLAB PAGE.tif OUT [SECONDS [RATE]]

A document of several pages goes through the gateway twice, from G.711 to T.38: alone, and while RTP, UDPTL and random
octets come to its four ports, from other addresses and from the peer's own address with another port.
"""
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
seconds, rate = [int(given) for given in sys.argv[5:7]] + [60, 10_000][len(sys.argv[5:7]):]
PAGES_A_MINUTE = 3  # fewer than pass, so that the flood ends first
SOURCES = "127.0.0.1,127.0.0.2,127.77.0.9"

report = lab.Report(out, "media", f"media.py ... {seconds} {rate}")


def one_call(attacked):
    """The record of a call, its tally, the flood's, CPU of the gateway a second, drops of its sockets."""
    gateway = lab.Gateway(faxgw, out, lab.configuration(), out / f"records-media-{attacked}")
    before = len(lab.lines(gateway.records)[0])
    call = lab.load(faxlab, page, 1, "--times", str(2 + seconds * PAGES_A_MINUTE // 60))
    time.sleep(6)  # it has been answered, and T.38 is agreed
    ports = set(gateway.sockets()) - {6100}
    began, cpu = time.monotonic(), gateway.cpu()
    thrown, dropped = {}, {}
    if attacked:
        targets = [f"127.0.0.1:{port}" for port in sorted(ports)]
        thrown = lab.flood(faxlab, targets, what="rtp,udptl,noise", sources=SOURCES, rate=rate, seconds=seconds)
    until = began + seconds + 1
    while time.monotonic() < until and call.poll() is None:
        time.sleep(0.2)
        dropped.update(gateway.sockets())
    spent = (gateway.cpu() - cpu) / (time.monotonic() - began)
    outlived = call.poll() is None
    tally = lab.result(call)
    thrown = lab.result(thrown) if attacked else {}
    time.sleep(1)
    gateway.stop()
    record = lab.lines(gateway.records)[0][before]
    return record, tally, thrown, spent, sum(dropped.get(port, 0) for port in ports), len(ports), outlived


with lab.Machine() as quiet:
    record, tally, _, cpu_alone, *_ = one_call(False)
alone = record
report.must("the document passes alone", tally.get("whole") == 1)
with lab.Machine() as loud:
    record, tally, thrown, cpu, dropped, ports, outlived = one_call(True)

foreign = {leg: record[leg]["strangers"] - alone[leg]["strangers"] for leg in ("near", "far")}
report.figure("packets thrown", thrown["sent"])
report.figure("rate reached, packets/s", thrown["rate"])
report.figure("rate in the slowest second", thrown["slowest_second"])
report.figure("foreign packets counted at the near leg", record["near"]["strangers"])
report.figure("foreign packets counted at the far leg", record["far"]["strangers"])
report.figure("packets that found no room in a socket's buffer", dropped)
for leg in ("near", "far"):
    report.figure(f"packets taken at the {leg} leg, alone", alone[leg]["packets_in"])
    report.figure(f"packets taken at the {leg} leg, under attack", record[leg]["packets_in"])
report.figure("packets of T.38 lost for good", record["fax"]["far"]["lost"] + record["fax"]["near"]["lost"])
report.figure("packets of audio that never came", record["near"]["lost"])
report.figure("frames sent again (PPR)", record["fax"]["corrections"])
report.figure("packets that came back to the attacker", thrown["answers"])
report.figure("CPU of the gateway, cores, alone", cpu_alone)
report.figure("CPU of the gateway, cores, under attack", cpu)
report.figure("cores used by other programs meanwhile", loud.others)
report.must(f"four media ports were open: {ports}", ports == 4)
report.must("99 % of the rate was reached", thrown["rate"] >= 0.99 * rate)
report.must("the call outlived the attack", outlived)
report.must("every packet that reached a socket was counted as foreign: 0 octets accepted",
            record["near"]["strangers"] + record["far"]["strangers"] + dropped >= thrown["sent"])
report.must("both machines say success, and the pages are those that were sent", tally.get("whole") == 1)
report.must("the record says completed", record["cause"] == "completed")
report.must("nothing was sent to the attacker", thrown["answers"] == 0)
report.must("refusing costs less than a tenth of a core", cpu - cpu_alone < 0.1)
report.close()
