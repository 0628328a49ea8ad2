"""What the runs share: a gateway on loopback, what it says of itself, its records, and what else the machine did.

Each run is a program: RUN.py FAXGW FAXLAB PAGE.tif OUT [settings]. It prints what it found, writes it as OUT/RUN.json,
and exits with 1 if something is not as it must be. `page.py` makes docs/acceptance.md of these files.

Ports of 127.0.0.1: SIP 6100 (gateway), 6110 (who is called), 6120 (who calls), HTTP 6190, media 21000 to 23999.
"""
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

GATEWAY, ANSWERERS, CALLERS, HTTP = "127.0.0.1:6100", "127.0.0.1:6110", "127.0.0.1:6120", "127.0.0.1:6190"
TICKS = os.sysconf("SC_CLK_TCK")


def arguments():
    """FAXGW, FAXLAB, PAGE.tif and OUT."""
    faxgw, faxlab, page, out = sys.argv[1:5]
    out = Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    return faxgw, faxlab, page, out


MANY = "invites_per_source = 1000\nmessages_per_source = 20000"  # all callers are one source here


def configuration(limits=MANY, more=""):
    """Callers at 127.0.0.1 go to the answerers if they call 200; nobody else may call, and nothing else is called."""
    return f"""
[sip]
listen = ["udp:{GATEWAY}"]
[media]
ports = "21000-23999"
[limits]
{limits}
[records]
numbers = "full"
[http]
bind = "{HTTP}"
{more}
[[trunk]]
name = "callers"
sources = ["127.0.0.1"]
[[trunk]]
name = "answerers"
address = "{ANSWERERS}"
[[route]]
name = "acceptance"
from = ["callers"]
to = ["200"]
targets = [{{ trunk = "answerers" }}]
"""


class Gateway:
    """faxgw as a process. `ready` is how long it took until it answered /health."""

    def __init__(self, faxgw, out, configuration, records=None):
        self.faxgw, self.log, self.file = faxgw, out / "faxgw.log", out / "faxgw.toml"
        self.records = records or out / "records"
        self.file.write_text(configuration)
        self.log.unlink(missing_ok=True)
        self.start()

    def start(self):
        began = time.monotonic()
        command = [self.faxgw, "run", "--config", self.file, "--records", self.records]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stderr=log)
        while not self.answers():
            if self.process.poll() is not None:
                sys.exit(f"the gateway does not start:\n{self.log.read_text()[-2000:]}")
            if time.monotonic() > began + 60:
                sys.exit("the gateway does not answer")
            time.sleep(0.005)
        self.ready = time.monotonic() - began

    def answers(self):
        try:
            return self.health() is not None
        except OSError:
            return False

    def health(self, part=""):
        """Status code and what it says."""
        try:
            with urllib.request.urlopen(f"http://{HTTP}/health{part}", timeout=5) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as response:
            return response.code, json.load(response)

    def metrics(self):
        """Each line's value by its name with labels."""
        with urllib.request.urlopen(f"http://{HTTP}/metrics", timeout=5) as response:
            lines = response.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    def cpu(self):
        """Seconds of CPU used so far."""
        return cpu_of(self.process.pid)

    def memory(self, what="VmHWM"):
        """MB; VmHWM is the most so far, VmRSS what it is now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s*(\d+)", status)[1]) / 1024

    def sockets(self):
        """The UDP ports that are open, each with the packets that found no room in its buffer."""
        inodes = set()
        for descriptor in os.scandir(f"/proc/{self.process.pid}/fd"):
            try:
                inodes.update(re.findall(r"socket:\[(\d+)]", os.readlink(descriptor.path)))
            except FileNotFoundError:
                pass
        lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
        return {int(line[1].split(":")[1], 16): int(line[12]) for line in lines if line[9] in inodes}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Twice SIGTERM: without patience."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)


class Machine:
    """How many cores programs of others use while this is open."""

    def __enter__(self):
        self.began, self.before = time.monotonic(), busy() - ours()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.began
        self.others = max(0.0, (busy() - ours() - self.before) / self.seconds)


def busy():
    """Seconds of CPU that all programs have used."""
    user, nice, system, _idle, _wait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def ours():
    """Seconds of CPU that this program and all that it started have used."""
    me = os.getpid()
    children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    return sum(os.times()[:4]) + sum(cpu_of(child) for child in children)


def cpu_of(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def load(faxlab, page, calls, *more):
    """Starts so many faxes through the gateway."""
    ways = ["--callers", CALLERS, "--answerers", ANSWERERS]
    command = [faxlab, "load", f"sip:200@{GATEWAY}", page, "--calls", str(calls), *ways, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def flood(faxlab, targets, **options):
    """Starts a flood; its result is the JSON object on its standard output."""
    given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return subprocess.Popen([faxlab, "flood", *targets, *given], stdout=subprocess.PIPE, text=True)


def result(process):
    """What a program of the lab printed."""
    text = process.communicate()[0]
    return json.loads(text) if text.strip() else {}


def lines(directory):
    """The records in JSON Lines, and how many lines are none."""
    entries, torn = [], 0
    for path in sorted(directory.glob("calls*.jsonl")):
        for line in path.read_bytes().split(b"\n")[:-1]:
            try:
                entries.append(json.loads(line))
            except ValueError:
                torn += 1
        torn += not (path.read_bytes() or b"\n").endswith(b"\n")
    return entries, torn


def index(directory):
    """The records in SQLite."""
    with closing(sqlite3.connect(f"file:{directory}/calls.sqlite?mode=ro", uri=True)) as database:
        return [json.loads(text) for (text,) in database.execute("SELECT entry FROM calls")]


def causes(entries):
    count = {}
    for entry in entries:
        count[entry["cause"]] = count.get(entry["cause"], 0) + 1
    return dict(sorted(count.items()))


class Report:
    """Figures and what must hold of them."""

    def __init__(self, out, name, command):
        self.path = out / f"{name}.json"
        self.content = {"run": name, "command": command, "figures": {}, "checks": []}

    def figure(self, name, value):
        value = round(value, 3) if isinstance(value, float) else value
        self.content["figures"][name] = value
        print(f"{name}: {value}", flush=True)

    def must(self, what, holds):
        self.content["checks"].append([what, bool(holds)])
        print(f"{'yes' if holds else 'NO '}  {what}", flush=True)

    def close(self):
        """Writes the file, and ends the program."""
        self.content["machine"] = machine()
        self.path.write_text(json.dumps(self.content, indent=1) + "\n")
        sys.exit(0 if all(holds for _, holds in self.content["checks"]) else 1)


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    load = os.getloadavg()
    name = cpu[1] if cpu else "unknown"
    policy = {os.SCHED_RR: "real-time priority (SCHED_RR)"}.get(os.sched_getscheduler(0), f"nice {os.nice(0)}")
    return {"cpu": f"{os.cpu_count()} x {name}", "priority": policy, "load_average": [round(load[0], 1), round(load[1], 1)],
            "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}
