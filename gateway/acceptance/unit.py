#!/usr/bin/env python3
"""The package under a systemd of its own: what the unit allows is enough, and what it promises holds.

    unit.py FAXGW.deb FAXLAB PAGE.tif OUT

Needs root, systemd and adduser. A systemd is begun in namespaces of its own, over a layer on this machine's files that is
thrown away: nothing is installed here, and no port of this machine is used. In it the package is installed, and a fax passes.
"""
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import lab

# On a machine whose cgroups are the unified ones alone, systemd wants these; else its own hierarchy of the old ones.
ROOT = r"""
set -eu
here=$1
mount --make-rprivate /
mount -t tmpfs tmpfs "$here"
mkdir "$here/upper" "$here/work" "$here/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$here/upper,workdir=$here/work" "$here/root"
cd "$here/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
if [ -d /sys/fs/cgroup/systemd ]; then
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ip link set lo up
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /lib/systemd/systemd --unit=basic.target --log-target=journal
"""
OPTIONS = r"""
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
    peer.settimeout(5)
    peer.bind(("127.0.0.1", 0))
    host, port = peer.getsockname()
    peer.sendto(f"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKunit;rport\r\n"
                f"From: <sip:probe@{host}>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: unit\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode(), ("127.0.0.1", 5060))
    print(peer.recv(4096).decode().splitlines()[0])
"""
CONFIGURATION = "/etc/faxgw/faxgw.toml"


@contextmanager
def cgroups():
    """Groups of our own in each hierarchy that systemd may use; everything begun meanwhile is in them."""
    top = Path("/sys/fs/cgroup")
    hierarchies = [path for name in ("systemd", "unified") if (path := top / name).exists()] or [top]
    ours = [path / f"faxgw-acceptance-{os.getpid()}" for path in hierarchies]
    for group in ours:
        group.mkdir()

    def enter():
        for group in ours:
            (group / "cgroup.procs").write_text("0")
    try:
        yield enter
    finally:
        time.sleep(0.5)
        for group in ours:
            for path in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                path.rmdir()
            group.rmdir()


class Box:
    """A systemd and what runs under it."""

    def __init__(self, enter, here):
        command = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "--cgroup", "--kill-child",
                   "sh", "-c", ROOT, "sh", here]
        self.outer = subprocess.Popen(command, preexec_fn=enter, stdout=subprocess.DEVNULL)
        self.children = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")

    def boot(self):
        until("a systemd", lambda: self.children.read_text().strip())
        self.init = self.children.read_text().split()[0]
        until("a systemd", lambda: Path(f"/proc/{self.init}/comm").read_text().strip() == "systemd")
        until("a system that runs", lambda: self.run("systemctl", "is-system-running").stdout.strip() == "running")

    def command(self, *command):
        return ["nsenter", "--target", self.init, "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd", *map(str, command)]

    def run(self, *command):
        return subprocess.run(self.command(*command), capture_output=True, text=True)

    def start(self, *command):
        return subprocess.Popen(self.command(*command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def file(self, path):
        return Path(f"/proc/{self.init}/root{path}")

    def unit(self, name):
        return self.run("systemctl", "show", "faxgw", "--property", name, "--value").stdout.strip()

    def log(self):
        return self.run("journalctl", "--unit", "faxgw", "--output", "cat", "--no-pager").stdout

    def process(self):
        """What the kernel says of the service's process."""
        text = self.run("cat", f"/proc/{self.unit('MainPID')}/status").stdout
        return dict(line.split(":\t", 1) for line in text.splitlines())

    def close(self):
        self.outer.kill()
        self.outer.wait()


def until(what, so, seconds=20):
    """When something is so, how long it took; the program ends if it does not come about."""
    began = time.monotonic()
    while not so():
        if time.monotonic() > began + seconds:
            sys.exit(f"there is not {what}")
        time.sleep(0.02)
    return time.monotonic() - began


def fax(box, faxlab, page, meanwhile):
    """A fax through the service; `meanwhile` is done in the middle of it. Whether its record says completed."""
    receiver = box.start(faxlab, "receive", "/tmp/unit.tif", "--sip", "127.0.0.1:5070")
    while "waiting" not in receiver.stdout.readline():
        pass
    sender = box.start(faxlab, "send", "sip:200@127.0.0.1:5060", page, "--sip-t38", "refused")
    time.sleep(12)
    meanwhile()
    sender.communicate()
    receiver.communicate()
    time.sleep(1)
    calls = box.run("faxgw", "calls", "--json", "--config", CONFIGURATION, "--records", "/var/lib/faxgw").stdout
    return [json.loads(line)["cause"] for line in calls.splitlines()][:1] == ["completed"]


def play(box, report):
    report.must("the package installs", box.run("dpkg", "--install", package).returncode == 0)
    report.must("the service starts, and says when it is ready", box.run("systemctl", "start", "faxgw").returncode == 0)
    process = box.process()
    report.figure("the process", {key: process[key].split()[0] for key in ("Uid", "NoNewPrivs", "Seccomp", "CapEff")})
    user = box.run("id", "--user", "faxgw").stdout.strip()
    report.must("it runs as its own user", process["Uid"].split() == [user] * 4 and user != "0")
    report.must("it may bind low ports and nothing else", int(process["CapEff"], 16) == 1 << 10)
    report.must("OPTIONS is answered 200", box.run("python3", "-c", OPTIONS).stdout.startswith("SIP/2.0 200"))
    pid, configuration = box.unit("MainPID"), box.file(CONFIGURATION)
    good = configuration.read_text()

    def reload():
        configuration.write_text(good.replace("calls = 120", "calls = 7"))
        report.must("it is reloaded in the middle of a fax", box.run("systemctl", "reload", "faxgw").returncode == 0)
        until("a reload in the log", lambda: "reloaded; calls go on as they began" in box.log())
        configuration.write_text(good + "[nonsense]\n")
        refused = box.run("systemctl", "reload", "faxgw").returncode != 0
        report.must("a reload with a mistake in the configuration is refused, and who asked is told", refused)
        configuration.write_text(good)
    report.must("the fax passes", fax(box, faxlab, page, reload))
    time.sleep(5)
    report.must("the watchdog has been content for longer than its 20 s", box.unit("MainPID") == pid)
    box.run("kill", "-KILL", pid)
    back = until("a new process", lambda: box.unit("ActiveState") == "active" and box.unit("MainPID") not in ("0", pid))
    report.figure("back after kill -9, with RestartSec=1, s", back)
    report.must("OPTIONS is answered again", box.run("python3", "-c", OPTIONS).stdout.startswith("SIP/2.0 200"))
    began = time.monotonic()
    report.must("it stops", box.run("systemctl", "stop", "faxgw").returncode == 0 and box.unit("Result") == "success")
    report.figure("stopped after, s", time.monotonic() - began)
    configuration.write_text(good + "[nonsense]\n")
    report.must("with a mistake in the configuration it does not start", box.run("systemctl", "start", "faxgw").returncode != 0)
    time.sleep(3)
    report.must("and is not tried again and again", box.unit("ActiveState") == "failed")
    report.must("and the log says where the mistake is", "nonsense" in box.log())
    exposure = box.run("systemd-analyze", "security", "--no-pager", "faxgw").stdout.strip().splitlines()[-1]
    report.figure("systemd-analyze security", " ".join(exposure.split(":", 1)[1].split()[:2]))


package, faxlab, page, out = lab.arguments()
package, faxlab, page = (Path(path).resolve() for path in (package, faxlab, page))
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
report = lab.Report(out, "unit", "unit.py ...")
(out / "box").mkdir(exist_ok=True)
with cgroups() as enter:
    box = Box(enter, out / "box")
    try:
        box.boot()
        report.figure("systemd", box.run("systemctl", "--version").stdout.split()[1])
        play(box, report)
        (out / "unit.log").write_text(box.log())
    finally:
        box.close()
report.close()
