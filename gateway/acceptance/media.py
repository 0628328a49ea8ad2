#!/usr/bin/env python3
"""Foreign packets at the media ports of a fax that is on: nothing of them counts, and the page is right.

    media.py FAXGW FAXLAB PAGE.tif OUT [SECONDS [RATE]]

A document of several pages goes through the gateway from G.711 to T.38: alone; while RTP, UDPTL and random octets come
to its four ports, from before it is answered, from other addresses and from the peer's own address with another port;
and the same with `nat = true`, where an address may be learned, from other addresses.
"""
import sys
import time

import lab

faxgw, faxlab, page, out = lab.arguments()
seconds, rate = [int(given) for given in sys.argv[5:7]] + [60, 10_000][len(sys.argv[5:7]):]
PAGES_A_MINUTE = 3  # fewer than pass, so that the flood ends first
OTHER_PORT, OTHER_HOSTS = "127.0.0.1,", "127.0.0.2,127.77.0.9"
SIP = 6100

report = lab.Report(out, "media", f"media.py ... {seconds} {rate}")


class Attack:
    """One call, and what is thrown at it from some sources; from none it is left alone."""

    def __init__(self, sources="", nat=False):
        configuration = lab.configuration()
        if nat:
            configuration = configuration.replace('name = "callers"', 'name = "callers"\nnat = true')
            configuration = configuration.replace('name = "answerers"', 'name = "answerers"\nnat = true')
        gateway = lab.Gateway(faxgw, out, configuration, out / "records-media")
        before = len(lab.lines(gateway.records)[0])
        with lab.Machine() as machine:
            call = lab.load(faxlab, page, 1, "--times", str(2 + seconds * PAGES_A_MINUTE // 60))
            while len(gateway.sockets()) < 5:
                time.sleep(0.001)
            self.ports = sorted(set(gateway.sockets()) - {SIP})
            began, cpu, dropped = time.monotonic(), gateway.cpu(), {}
            if sources:
                targets = [f"127.0.0.1:{port}" for port in self.ports]
                flood = lab.flood(faxlab, targets, what="rtp,udptl,noise", sources=sources, rate=rate, seconds=seconds)
            while time.monotonic() < began + seconds + 1 and call.poll() is None:
                time.sleep(0.2)
                dropped.update(gateway.sockets())
            self.cpu = (gateway.cpu() - cpu) / (time.monotonic() - began)
            self.outlived = call.poll() is None
            self.whole = lab.result(call)["whole"] == 1
            self.thrown = lab.result(flood) if sources else {}
        self.dropped = sum(dropped.get(port, 0) for port in self.ports)
        self.others = machine.others
        time.sleep(1)
        gateway.stop()
        self.record = lab.lines(gateway.records)[0][before]

    def of(self, key):
        return self.record["near"][key] + self.record["far"][key]


alone = Attack()
report.figure("alone: packets taken", alone.of("packets_in"))
report.figure("alone: CPU of the gateway, cores", alone.cpu)
report.must("the document passes alone", alone.whole and alone.outlived)

attacks = {"attacked": Attack(OTHER_PORT + OTHER_HOSTS), "attacked, nat = true": Attack(OTHER_HOSTS, nat=True)}
for name, attack in attacks.items():
    thrown, fax = attack.thrown, attack.record["fax"]
    foreign = attack.of("strangers") - alone.of("strangers")
    report.figure(f"{name}: packets thrown", thrown["sent"])
    report.figure(f"{name}: rate reached, packets/s", thrown["rate"])
    report.figure(f"{name}: rate in the slowest second", thrown["slowest_second"])
    report.figure(f"{name}: counted as foreign", foreign)
    report.figure(f"{name}: no room in a socket's buffer", attack.dropped)
    report.figure(f"{name}: packets taken", attack.of("packets_in"))
    report.figure(f"{name}: packets of T.38 lost for good", fax["near"]["lost"] + fax["far"]["lost"])
    report.figure(f"{name}: packets of audio that never came", attack.of("lost"))
    report.figure(f"{name}: frames sent again (PPR)", fax["corrections"])
    report.figure(f"{name}: packets that came back to the attacker", thrown["answers"])
    report.figure(f"{name}: CPU of the gateway, cores", attack.cpu)
    report.figure(f"{name}: cores used by other programs", attack.others)
    report.must(f"{name}: four ports were open, and 99 % of the rate was reached",
                len(attack.ports) == 4 and thrown["rate"] >= 0.99 * rate)
    report.must(f"{name}: the call outlived it", attack.outlived)
    report.must(f"{name}: both machines say success, and the pages are those that were sent", attack.whole)
    report.must(f"{name}: the record says completed", attack.record["cause"] == "completed")
    report.must(f"{name}: refusing costs less than a tenth of a core", attack.cpu - alone.cpu < 0.1)

pinned, learned = attacks.values()
report.must("attacked: every packet that reached a socket was counted as foreign: 0 octets accepted",
            pinned.of("strangers") - alone.of("strangers") + pinned.dropped >= pinned.thrown["sent"])
report.must("attacked: nothing was sent to the attacker", pinned.thrown["answers"] == 0)
# A second and a half of every kind, at the most, from either leg: until the named address has spoken.
report.must("attacked, nat = true: what was taken from the attacker, and sent to him, ended with the named peer's first packet",
            learned.thrown["sent"] - learned.of("strangers") - learned.dropped <= 1.5 * rate and learned.thrown["answers"] <= 150)
report.close()
