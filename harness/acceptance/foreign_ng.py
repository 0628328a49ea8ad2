"""rtpengine as a peer: the daemon, and its ng control protocol (bencode over UDP)."""
import itertools
import socket
import subprocess
import threading


def encode(value):
    """A value as bencode; keys are sorted, as they must be."""
    match value:
        case int():
            return b"i%de" % value
        case str():
            return encode(value.encode())
        case bytes():
            return b"%d:" % len(value) + value
        case list():
            return b"l" + b"".join(map(encode, value)) + b"e"
        case dict():
            return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"
    raise TypeError(value)


def decode(octets, at=0):
    """The value at a place of `octets`, and the place behind it."""
    kind = octets[at : at + 1]
    if kind == b"i":
        end = octets.index(b"e", at)
        return int(octets[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while octets[at : at + 1] != b"e":
            item, at = decode(octets, at)
            items.append(item)
        if kind == b"l":
            return items, at + 1
        return {key.decode(): value for key, value in zip(items[::2], items[1::2])}, at + 1
    colon = octets.index(b":", at)
    end = colon + 1 + int(octets[at:colon])
    return octets[colon + 1 : end], end


class Daemon:
    """An rtpengine without its kernel module, and questions to it. T.38 is done in user space in any case."""

    def __init__(self, control, ports, log):
        self.address = ("127.0.0.1", control)
        self.cookies = itertools.count()
        self.turn = threading.Lock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.5)
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            ["rtpengine", "--foreground", "--log-stderr", "--log-level=6", "--table=-1", "--interface=127.0.0.1"]
            + [f"--listen-ng=127.0.0.1:{control}", f"--port-min={ports[0]}", f"--port-max={ports[1]}"],
            stdout=self.log,
            stderr=self.log,
        )
        if self.ask(command="ping")["result"] != b"pong":
            raise RuntimeError("rtpengine does not answer")

    def ask(self, **keys):
        """One question. A key is written with `_` for `-`; `T38` is `T.38`."""
        names = {"T38": "T.38"}
        request = encode({names.get(key, key.replace("_", "-")): value for key, value in keys.items()})
        with self.turn:
            cookie = b"%d" % next(self.cookies)
            for _ in range(20):
                try:
                    self.socket.sendto(cookie + b" " + request, self.address)
                    while True:
                        answer = self.socket.recv(65536)
                        if answer.startswith(cookie + b" "):
                            return decode(answer, len(cookie) + 1)[0]
                except (TimeoutError, ConnectionError):
                    pass
        raise RuntimeError(f"rtpengine does not answer {keys.get('command')}")

    def version(self):
        out = subprocess.run(["rtpengine", "--version"], capture_output=True, text=True)
        return (out.stdout + out.stderr).split("Version:")[-1].strip().splitlines()[0].strip()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
