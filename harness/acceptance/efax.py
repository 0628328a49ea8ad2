#!/usr/bin/env python3
"""Our fax machine against efax, a T.30 program that shares no code with us or with the other peer.

    efax --pty-- class 1 modem (libspandsp's T.31, by ctypes) --samples, 20 ms a step-- faxlab send|receive --pcm

efax has its own T.30 and borrows only the modem; it has no error correction. It lives in real time, so a page takes
about a minute. Needs Debian's efax, libspandsp2 and libtiff-tools.

    efax.py FAXLAB PAGE.tif send        efax sends, faxlab receives
    efax.py FAXLAB PAGE.tif receive     efax receives, faxlab sends
"""
import ctypes
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tty
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int16, c_size_t, c_uint8, c_void_p

FAXLAB, PAGE, WAY = sys.argv[1:4]
LIMIT = 240  # seconds
BLOCK = 160  # samples: 20 ms
# What a modem asks its owner to do, and what the owner reports (libspandsp's at_interpreter.h).
CALL, ANSWER, HANG_UP, ON_HOOK = 0, 1, 2, 4
CONNECTED, ANSWERED = 2, 3

folder = tempfile.mkdtemp(prefix="faxlab-efax-")


def rows(path):
    """The rows of a TIFF file's page, read by libtiff."""
    plain = os.path.join(folder, "plain.tif")
    subprocess.run(["tiffcp", "-c", "none", "-r", "20000", path, plain], check=True, stderr=subprocess.DEVNULL)
    octets = open(plain, "rb").read()
    order = "<" if octets[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", octets, 4)
    (count,) = struct.unpack_from(order + "H", octets, at)
    tags = {}
    for entry in range(count):
        tag, kind, _, value = struct.unpack_from(order + "HHI4s", octets, at + 2 + 12 * entry)
        tags[tag] = struct.unpack(order + ("H2x" if kind == 3 else "I"), value)[0]
    width, height, begin = (tags[256] + 7) // 8, tags[257], tags[273]
    found = [octets[begin + n * width : begin + (n + 1) * width] for n in range(height)]
    if tags.get(266) == 2:
        turned = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
        found = [row.translate(turned) for row in found]
    if tags.get(262) == 1:
        found = [bytes(255 - octet for octet in row) for row in found]
    return found


class Modem:
    """libspandsp's class 1 modem on a pty."""

    def __init__(self):
        self.lib = ctypes.CDLL("libspandsp.so.2")
        self.lib.t31_init.restype = c_void_p
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        tty.setraw(self.master)
        fcntl.fcntl(self.master, fcntl.F_SETFL, os.O_NONBLOCK)
        self.device = os.ttyname(slave)
        self.off_hook = False
        self.reports = []  # (when, what)
        answer = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(c_uint8), c_size_t)(self.answer)
        control = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_char_p)(self.control)
        packet = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_int)(lambda *_: 0)
        self.kept = (slave, answer, control, packet)
        self.t31 = c_void_p(self.lib.t31_init(None, answer, None, control, None, packet, None))

    def answer(self, _state, _user, octets, count):
        try:
            return os.write(self.master, ctypes.string_at(octets, count))
        except BlockingIOError:
            return 0

    def control(self, _state, _user, wish, _number):
        if wish == CALL:
            self.off_hook = True
            self.reports.append((time.monotonic() + 0.2, CONNECTED))
        elif wish == ANSWER:
            self.off_hook = True
            self.reports.append((time.monotonic() + 0.1, ANSWERED))
        elif wish in (HANG_UP, ON_HOOK):
            self.off_hook = False
        return 0

    def step(self, heard):
        """Takes and gives 20 ms of samples."""
        try:
            # About 14 400 bit/s: the pty then holds efax back, as a wire's flow control would.
            octets = os.read(self.master, 38)
            if octets:
                self.lib.t31_at_rx(self.t31, octets, len(octets))
        except (BlockingIOError, OSError):
            pass
        for report in [report for report in self.reports if report[0] <= time.monotonic()]:
            self.reports.remove(report)
            self.lib.t31_call_event(self.t31, report[1])
        said = (c_int16 * BLOCK)()
        self.lib.t31_tx(self.t31, said, BLOCK)
        self.lib.t31_rx(self.t31, (c_int16 * BLOCK).from_buffer_copy(heard), BLOCK)
        return bytes(said)


def whole(pipe):
    octets = b""
    while len(octets) < 2 * BLOCK:
        more = pipe.read(2 * BLOCK - len(octets))
        if not more:
            return None
        octets += more
    return octets


modem = Modem()
received = os.path.join(folder, "received.tif" if WAY == "send" else "in.001")
if WAY == "send":
    coded = os.path.join(folder, "page.tif")
    subprocess.run(["tiffcp", "-c", "g3:1d", "-r", "20000", PAGE, coded], check=True)
    errand, ours = ["-t", "1234", coded], [FAXLAB, "receive", received, "--pcm", "--json"]
else:
    errand, ours = ["-r", os.path.join(folder, "in")], [FAXLAB, "send", PAGE, "--pcm", "--json"]
log = open(os.path.join(folder, "efax.log"), "wb")
# Capabilities: fine, 14 400 bit/s, A4, MH, no error correction.
command = ["efax", "-v", "ewin", "-d", modem.device, "-o", "1", "-c", "1,5,0,2,0,0,0,0", "-l", "efax"] + errand
efax = subprocess.Popen(command, stdout=log, stderr=log)

begun, steps, faxlab, told = time.monotonic(), 0, None, ""
silence = bytes(2 * BLOCK)
heard = silence
while time.monotonic() - begun < LIMIT:
    said = modem.step(heard)
    heard = silence
    if modem.off_hook and faxlab is None:
        faxlab = subprocess.Popen(ours, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if faxlab and faxlab.poll() is None:
        heard = whole(faxlab.stdout) or silence
        try:
            faxlab.stdin.write(said)
            faxlab.stdin.flush()
        except BrokenPipeError:
            pass
    if efax.poll() is not None and (faxlab is None or faxlab.poll() is not None):
        break
    if efax.poll() is not None:
        modem.off_hook = False
    steps += 1
    time.sleep(max(0, begun + 0.02 * steps - time.monotonic()))
for process in (efax, faxlab):
    if process and process.poll() is None:
        process.terminate()
code = efax.wait()
log.close()
if faxlab:
    told = faxlab.communicate()[1].decode()

equal = total = 0
if os.path.exists(received):
    # efax writes a line of text over the first three rows and twenty more above them, and sends what its file has
    # behind the page's octets as rows too.
    above, over = (20, 3) if WAY == "send" else (0, 0)
    sent, came = rows(PAGE)[over:], rows(received)[above + over :]
    total = len(sent)
    equal = sum(ours == theirs for ours, theirs in zip(sent, came))
ok = code == 0 and faxlab is not None and faxlab.returncode == 0 and equal == total > 0
print(told.strip())
print(f"efax {WAY}s: exit code {code}; faxlab {faxlab and faxlab.returncode}; {equal} of {total} rows equal; "
      f"{time.monotonic() - begun:.0f} s: {'passed' if ok else 'FAILED'}")
if not ok:
    print(open(log.name, errors="replace").read()[-3000:])
sys.exit(0 if ok else 1)
