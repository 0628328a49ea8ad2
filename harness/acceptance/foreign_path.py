"""What stands between a SIP peer and faxgw: a box that puts rtpengine into the media, as a proxy with rtpengine does.

    faxlab <--SIP--> Box <--SIP--> faxgw            the box passes messages on and changes addresses in them
    faxlab <--RTP--> rtpengine <--UDPTL--> Wire <--UDPTL--> faxgw
"""
import random
import re
import selectors
import socket
import threading


def udp(port=0):
    it = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    it.bind(("127.0.0.1", port))
    it.setblocking(False)
    return it


def name(it):
    return "127.0.0.1:%d" % it.getsockname()[1]


class Loop(threading.Thread):
    """One thread that reads all sockets of all boxes and wires."""

    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()

    def listen(self, it, take):
        self.selector.register(it, selectors.EVENT_READ, take)

    def run(self):
        while True:
            for key, _ in self.selector.select():
                for _ in range(50):
                    try:
                        octets, source = key.fileobj.recvfrom(65536)
                    except (BlockingIOError, ConnectionError):
                        break
                    key.data(octets, source)


class Wire:
    """UDPTL between faxgw and rtpengine; a share of the datagrams is lost, each way, chosen by a seed."""

    def __init__(self, loop, loss, seed):
        self.loss = loss
        self.ends = [udp(), udp()]  # what faxgw sees, what rtpengine sees
        self.to = [None, None]
        self.chance = [random.Random(seed), random.Random(seed + 1)]
        self.came, self.lost = [0, 0], [0, 0]
        for end in (0, 1):
            loop.listen(self.ends[end], lambda octets, _, end=end: self.take(end, octets))

    def take(self, end, octets):
        self.came[end] += 1
        if self.chance[end].random() < self.loss:
            self.lost[end] += 1
        elif self.to[1 - end]:
            self.ends[1 - end].sendto(octets, self.to[1 - end])

    def stands_for(self, description, end):
        """Puts the wire's own port into a description of whoever is at `end`: the other shall send there."""
        line = re.search(r"m=image (\d+)", description)
        if not line or line[1] == "0":
            return description
        self.to[end] = ("127.0.0.1", int(line[1]))
        port = self.ends[1 - end].getsockname()[1]
        return description[: line.start(1)] + str(port) + description[line.end(1) :]


FAXGW, PEER = 0, 1


class Box:
    """Passes SIP on between faxgw and a peer, and has rtpengine put itself into every description.

    `flags` says what rtpengine is to do with an offer, by its kind of media: {"audio": "force"} or {"image": "decode"}.
    With `refuses` it answers re-INVITEs of faxgw that offer T.38 with 488, as one of a peer that has none.
    """

    def __init__(self, loop, ng, wire, call, ports, flags, refuses=False):
        self.ng, self.wire, self.call, self.flags, self.refuses = ng, wire, call, flags, refuses
        # The sockets that faxgw and the peer know; behind each is the other's.
        self.sockets = [udp(ports[FAXGW]), udp(ports[PEER])]
        self.addresses = [None, None]
        self.rewritten, self.refused, self.told, self.tag = {}, set(), [], ""
        for side in (FAXGW, PEER):
            loop.listen(self.sockets[side], lambda octets, source, side=side: self.take(side, octets, source))

    def between(self, faxgw, peer):
        self.addresses = [("127.0.0.1", faxgw), ("127.0.0.1", peer)]

    def take(self, side, octets, _source):
        message = octets.decode("utf-8", "replace")
        head, _, body = message.partition("\r\n\r\n")
        branch = re.search(r"branch=([^;\s,]+)", head)
        branch = branch and branch[1]
        if side == FAXGW and self.refuses and self.refuse(head, body, branch):
            return
        if body:
            if message not in self.rewritten:
                self.rewritten[message] = self.rewrite(side, head, body)
            body = self.rewritten[message]
        other = 1 - side
        for wrong, right in (
            ("127.0.0.1:%d" % self.addresses[side][1], name(self.sockets[other])),
            (name(self.sockets[side]), "127.0.0.1:%d" % self.addresses[other][1]),
        ):
            head = head.replace(wrong, right)
        head = re.sub(r"(?im)^(content-length|l):.*$", f"Content-Length: {len(body)}", head)
        self.sockets[other].sendto((head + "\r\n\r\n" + body).encode(), self.addresses[other])

    def close(self):
        if self.told:
            self.ng.ask(command="delete", call_id=self.call, from_tag=self.tag)

    def rewrite(self, side, head, body):
        """A description as the other side is to see it."""
        tag = lambda field: (re.search(rf"(?im)^{field}:.*?;tag=([^;\s]+)", head) or [None, ""])[1]
        self.tag = self.tag or tag("from")
        kind = "image" if re.search(r"m=image [1-9]", body) else "audio"
        keys = {"call_id": self.call, "from_tag": tag("from"), "ICE": "remove"}
        if side == FAXGW and kind == "image":
            body = self.wire.stands_for(body, FAXGW)
        if head.startswith("SIP/2.0"):
            answer = self.ng.ask(command="answer", to_tag=tag("to"), sdp=body, **keys)
            what = "answer"
        else:
            if tag("to"):
                keys["to_tag"] = tag("to")
            if kind in self.flags:
                keys["T38"] = [self.flags[kind]]
            answer = self.ng.ask(command="offer", sdp=body, **keys)
            what = f"offer {self.flags.get(kind, '')}".strip()
        if answer["result"] != b"ok":
            raise RuntimeError(f"rtpengine refuses an {what}: {answer}")
        new = answer["sdp"].decode()
        became = "image" if re.search(r"m=image [1-9]", new) else "audio"
        self.told.append(f"{what}: {kind} to {became}")
        if side == PEER and became == "image":
            new = self.wire.stands_for(new, PEER)
        return new

    def refuse(self, head, body, branch):
        """488 to a re-INVITE with T.38; its ACK ends here too."""
        if head.startswith("ACK") and branch in self.refused:
            return True
        if not head.startswith("INVITE") or ";tag=" not in re.search(r"(?im)^to:.*$", head)[0]:
            return False
        if not re.search(r"m=image [1-9]", body):
            return False
        self.refused.add(branch)
        kept = [line for line in head.split("\r\n")[1:] if re.match(r"(?i)(via|from|to|call-id|cseq):", line)]
        answer = "\r\n".join(["SIP/2.0 488 Not Acceptable Here", *kept, "Content-Length: 0", "", ""])
        self.sockets[FAXGW].sendto(answer.encode(), self.addresses[FAXGW])
        self.told.append("T.38 of faxgw refused")
        return True
