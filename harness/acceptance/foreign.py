#!/usr/bin/env python3
"""Whole faxes through faxgw in real time: between our own fax machines, and with rtpengine as a foreign T.38 gateway.

    faxlab send --[rtpengine]--> faxgw --[rtpengine]--> faxlab receive

Every call is one of RUNS; some run at a time. The pages that arrive must be the pages that were sent, pel by pel.
Needs Debian's rtpengine-daemon and libtiff-tools. Binds 127.0.0.1:6200 to 6299 (SIP) and 24000 to 26999 (media).

    foreign.py FAXGW FAXLAB PAGES_DIRECTORY OUT_DIRECTORY [JOBS [PATTERN]]
"""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

sys.dont_write_bytecode = True
from foreign_ng import Daemon
from foreign_path import Box, Loop, Wire

SIP, CONTROL = 6200, 24999
MEDIA, FOREIGN = (24000, 24990), (25000, 26999)
LIMIT = 240  # seconds of a call


@dataclass
class Run:
    """A call: what each machine does with T.38 (`faxlab --sip-t38`), and where rtpengine stands, if it does."""

    name: str
    sender: str
    receiver: str
    pages: str = "itu1"
    where: str = ""  # "near": before faxgw, "far": behind it
    flags: dict = field(default_factory=dict)
    refuses: bool = False
    loss: float = 0.0
    ecm: str = "on"
    legs: tuple = ()  # what faxgw's record must say of its legs


FORCE, DECODE = {"audio": "force"}, {"image": "decode"}
AUDIO, T38 = "refused", "taken"

# A long page: faxgw's refresh of the session, 45 s after the answer, falls into it.
OWN = [
    Run("audio to T.38", AUDIO, T38, legs=("audio", "t38")),
    Run("audio to T.38, the answerer offers it at once", AUDIO, "offered", legs=("audio", "t38")),
    Run("audio to T.38, two pages", AUDIO, T38, "itu1+itu5", legs=("audio", "t38")),
    Run("audio to T.38, no error correction", AUDIO, T38, ecm="off", legs=("audio", "t38")),
    Run("T.38 to audio", T38, AUDIO, legs=("t38", "audio")),
    Run("T.38 alone in the first INVITE, to audio", "only", AUDIO, legs=("t38", "audio")),
    Run("T.38 to T.38", T38, T38, legs=("t38", "t38")),
    Run("T.38 to T.38, the caller offers it at once", "offered", T38, legs=("t38", "t38")),
    Run("refused T.38, to audio", AUDIO, AUDIO, legs=("audio", "audio")),
    Run("audio to T.38, refreshed in a page of 40 s", AUDIO, T38, "itu4", legs=("audio", "t38")),
    Run("T.38 to T.38, refreshed in a page of 40 s", T38, T38, "itu7", legs=("t38", "t38")),
]
THEIRS = [
    Run("audio, rtpengine, T.38 into faxgw, audio", AUDIO, AUDIO, where="near", flags=FORCE, legs=("t38", "audio")),
    Run("audio, rtpengine, T.38 into faxgw, T.38", AUDIO, T38, where="near", flags=FORCE, legs=("t38", "t38")),
    Run("audio, T.38 out of faxgw, rtpengine, audio", AUDIO, AUDIO, where="far", flags=DECODE, legs=("audio", "t38")),
    Run("T.38, T.38 out of faxgw, rtpengine, audio", T38, AUDIO, where="far", flags=DECODE, legs=("t38", "t38")),
]
# The same in audio between the two gateways: no UDPTL of ours there, so nothing to lose on it.
BESIDE = [
    Run("T.38, rtpengine, audio into faxgw, T.38", "only", T38, where="near", flags=DECODE, refuses=True, legs=("audio", "t38")),
    Run("T.38, audio out of faxgw, rtpengine, T.38", T38, T38, where="far", flags=FORCE, refuses=True, legs=("t38", "audio")),
]
LOSS = 0.05
RUNS = OWN + THEIRS + BESIDE + [Run(**{**run.__dict__, "loss": LOSS}) for run in THEIRS]


def ports(number):
    """Four ports for SIP: the sender's, the receiver's, a box's towards faxgw and towards the peer."""
    return range(SIP + 4 + 4 * number, SIP + 8 + 4 * number)


def configuration():
    lines = [
        f"[sip]\nlisten = ['udp:127.0.0.1:{SIP}']\nsession_expires_s = 90",
        f"[media]\nports = '{MEDIA[0]}-{MEDIA[1]}'\n[http]\nbind = '127.0.0.1:6201'",
        "[limits]\nloop_lag_ms = 5000\n[[trunk]]\nname = 'senders'\nsources = ['127.0.0.1']",
    ]
    for number, run in enumerate(RUNS):
        _, receiver, box, _ = ports(number)
        to = box if run.where == "far" else receiver
        lines.append(f"[[trunk]]\nname = 'run{number}'\naddress = '127.0.0.1:{to}'")
        lines.append(
            f"[[route]]\nname = 'run{number}'\nfrom = ['senders']\nto = ['7{number:02}']\n"
            f"targets = [{{ trunk = 'run{number}', budget_s = 20 }}]"
        )
    return "\n".join(lines) + "\n"


def rasters(path, scratch):
    """The rows of each page of a TIFF file, read by libtiff."""
    plain = f"{scratch}.plain.tif"
    subprocess.run(["tiffcp", "-c", "none", "-r", "20000", path, plain], check=True, stderr=subprocess.DEVNULL)
    with open(plain, "rb") as file:
        octets = file.read()
    os.unlink(plain)
    order = "<" if octets[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", octets, 4)
    pages = []
    while at:
        (count,) = struct.unpack_from(order + "H", octets, at)
        tags = {}
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHI4s", octets, at + 2 + 12 * entry)
            tags[tag] = struct.unpack(order + ("H2x" if kind == 3 else "I"), value)[0]
        begin, length = tags[273], (tags[256] + 7) // 8 * tags[257]
        raster = octets[begin : begin + length]
        if tags.get(266) == 2:
            raster = raster.translate(bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256)))
        if tags.get(262) == 1:
            raster = bytes(255 - octet for octet in raster)
        pages.append((tags[256], tags[257], raster))
        (at,) = struct.unpack_from(order + "I", octets, at + 2 + 12 * count)
    return pages


class Lab:
    def __init__(self, faxgw, faxlab, pages, out):
        self.faxgw, self.faxlab, self.pages, self.out = faxgw, faxlab, pages, out
        self.calls = f"{out}/foreign"
        subprocess.run(["rm", "-rf", self.calls], check=True)
        os.makedirs(self.calls)
        self.config, self.records = f"{self.calls}/faxgw.toml", f"{self.calls}/records"
        with open(self.config, "w") as file:
            file.write(configuration())
        self.log = open(f"{self.calls}/faxgw.log", "wb")
        command = [faxgw, "run", "--config", self.config, "--records", self.records]
        self.gateway = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        self.foreign = Daemon(CONTROL, FOREIGN, f"{self.calls}/rtpengine.log")
        self.loop = Loop()
        self.loop.start()
        # Sockets are added before the loop needs them: a selector may be asked from another thread.
        self.setup = threading.Lock()

    def document(self, run):
        files = [f"{self.pages}/{page}.tif" for page in run.pages.split("+")]
        if len(files) == 1:
            return files[0]
        joined = f"{self.calls}/{run.pages}.tif"
        subprocess.run(["tiffcp", "-c", "g4", *files, joined], check=True, stderr=subprocess.DEVNULL)
        return joined

    def call(self, number, run):
        """Runs a call; what came of it."""
        sender, receiver, box_faxgw, box_peer = ports(number)
        scratch = f"{self.calls}/{number:02}"
        document, received = self.document(run), f"{scratch}.tif"
        wire, box, whom = None, None, SIP
        if run.where:
            with self.setup:
                wire = Wire(self.loop, run.loss, 1000 + number)
                pair = (box_faxgw, box_peer)
                box = Box(self.loop, self.foreign, wire, f"run{number}", pair, run.flags, run.refuses)
            box.between(SIP, sender if run.where == "near" else receiver)
            whom = box_peer if run.where == "near" else SIP
        options = ["--ecm", run.ecm, "--json", "--trace"]
        errors = [open(f"{scratch}.{end}.log", "w+") for end in ("receive", "send")]
        receive = [self.faxlab, "receive", received, "--sip", f"127.0.0.1:{receiver}", "--sip-t38", run.receiver]
        receiving = subprocess.Popen(receive + options, stdout=subprocess.PIPE, stderr=errors[0], text=True)
        while "waiting" not in open(errors[0].name).read():
            time.sleep(0.05)
        begun = time.monotonic()
        send = [self.faxlab, "send", f"sip:7{number:02}@127.0.0.1:{whom}", document]
        send += ["--sip", f"127.0.0.1:{sender}", "--sip-t38", run.sender]
        sending = subprocess.Popen(send + options, stdout=subprocess.PIPE, stderr=errors[1], text=True)
        told = []
        for process in (sending, receiving):
            try:
                told.append(process.communicate(timeout=max(1, LIMIT - (time.monotonic() - begun)))[0])
            except subprocess.TimeoutExpired:
                process.kill()
                told.append("")
                process.wait()
        seconds = time.monotonic() - begun
        codes = [sending.returncode, receiving.returncode]
        try:
            same = rasters(received, scratch) == rasters(document, scratch)
        except (OSError, subprocess.CalledProcessError):
            same = False
        if box:
            box.close()
        entry = self.record(number)
        legs = tuple(entry[leg]["mode"] for leg in ("near", "far")) if entry else ()
        good = codes == [0, 0] and same and legs == run.legs
        if not good:
            print(f"   codes {codes}, same {same}, legs {legs} wanted {run.legs}; {box and box.told}; see {scratch}.*")
        return dict(run=run, good=good, same=same, seconds=seconds, entry=entry, wire=wire, box=box)

    def record(self, number):
        command = [self.faxgw, "calls", "--records", self.records, "--trunk", f"run{number}", "--json"]
        for _ in range(100):
            out = subprocess.run(command, capture_output=True, text=True).stdout
            if out.strip():
                return json.loads(out.splitlines()[0])
            time.sleep(0.1)
        return None

    def stop(self):
        self.gateway.send_signal(signal.SIGTERM)
        self.gateway.wait()
        self.foreign.stop()


def line(result):
    run, entry, wire = result["run"], result["entry"], result["wire"]
    fax = (entry or {}).get("fax") or {}
    heard = fax.get("near" if run.where == "near" else "far", {})
    lost = mended = "–"
    if wire and sum(wire.came):
        lost = f"{wire.lost[1]} of {wire.came[1]}; {wire.lost[0]} of {wire.came[0]}"
        mended = f"{heard.get('repaired', 0)}, {heard.get('lost', 0)} not"
    refreshes = sum("refresh" in moment["what"].lower() for moment in (entry or {}).get("timeline", []))
    verdict = "identical" if result["good"] else ("identical, but see log" if result["same"] else "**not identical**")
    loss = f"{run.loss:.0%}" if run.loss else "–"
    return (
        f"| {run.name} | {', '.join(run.legs)} | {loss} | {verdict} | {result['seconds']:.1f} s | {lost} | {mended} |"
        f" {fax.get('corrections', '–')} | {refreshes or '–'} |"
    )


HEAD = """| call | faxgw's legs | loss put in | pages | time | lost to faxgw; from faxgw | mended by faxgw | PPR | refreshes |
|---|---|---|---|---|---|---|---|---|"""


def report(results, version, load):
    own = [line(result) for result in results if not result["run"].where]
    theirs = [line(result) for result in results if result["run"].where]
    good = sum(result["good"] for result in results)
    return f"""## Whole faxes and foreign gateways

Made by `make acceptance-foreign` (`harness/acceptance/foreign.py`): one call a row, in real time, between `faxlab send`
and `faxlab receive` through `faxgw`, several at once (load average {load}). Pages are the CCITT test documents, compared
pel by pel. Sessions are refreshed 45 s after the answer. {good} of {len(results)} calls went as they should. Late and slow peers, refreshes by the
peers and media ports that change in the middle of a page are played in `gateway/tests/calls.rs`.

Our own machines:

{HEAD}
{chr(10).join(own)}

With rtpengine {version} (SpanDSP inside, user space) between one of the machines and `faxgw`; a box passes SIP on and asks
rtpengine over its ng port for each description. Where T.38 flows between the two gateways, a seeded share of the datagrams
is lost both ways. What `faxgw` mended is from its record of the call; a datagram whose copy came leaves nothing to mend, and rtpengine does
not tell of its own side.

{HEAD}
{chr(10).join(theirs)}
"""


def main():
    faxgw, faxlab, pages, out = sys.argv[1:5]
    jobs = int(sys.argv[5]) if len(sys.argv) > 5 else 4
    pattern = sys.argv[6] if len(sys.argv) > 6 else ""
    os.makedirs(out, exist_ok=True)
    lab = Lab(faxgw, faxlab, pages, out)
    wanted = [(number, run) for number, run in enumerate(RUNS) if re.search(pattern, run.name)]
    try:
        def one(pair):
            result = lab.call(*pair)
            print(line(result), flush=True)
            return result

        with ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(one, wanted))
        load = f"{os.getloadavg()[1]:.1f}"
        text = report(results, lab.foreign.version(), load)
    finally:
        lab.stop()
    with open(f"{out}/foreign.md", "w") as file:
        file.write(text)
    return 0 if all(result["good"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
