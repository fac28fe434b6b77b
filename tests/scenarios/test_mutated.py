"""A PBX and a carrier whose every message may be spoilt, for thousands of messages: the edge answers, and goes on.

Both are known by their addresses, so that what they send gets as far as it can. The seeds are there to repeat a run;
others find other things: `MUTATION_SEED=7 ./trunkline test tests/scenarios/test_mutated.py`.
"""

import os
import secrets
import socket
import subprocess

import pytest

from harness.polling import until
from scenarios.mutations import Mutator
from trunkline.sandbox.message import Message, ParseError, Request, Response, parse

# Kamailio itself calls it critical when somebody has a message sent to port 0.
pytestmark = [pytest.mark.engines, pytest.mark.gives_itself_away, pytest.mark.edge_fails]

SEEDS = [int(os.environ["MUTATION_SEED"])] if "MUTATION_SEED" in os.environ else [1, 2]
CALLS, BATCH = 600, 30
SDP = (
    "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 18 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\na=ptime:20\r\n"
)
ANSWERS = (100, 180, 183, 200, 200, 200, 302, 401, 407, 486, 488, 503, 999)
WITHIN = ("BYE", "INVITE", "UPDATE", "INFO", "OPTIONS", "PRACK", "REFER", "NOTIFY", "CANCEL", "FOO")
OUTSIDE = ("INVITE",) * 6 + ("OPTIONS", "REGISTER", "CANCEL", "BYE", "SUBSCRIBE", "MESSAGE", "FOO")
EXTRAS = (
    [], [], [("P-Asserted-Identity", "<sip:+447700900000@x>"), ("Diversion", "<sip:+447700900001@x>;reason=busy")],
    [("Supported", "100rel, timer"), ("Session-Expires", "90"), ("Min-SE", "90")], [("Require", "100rel")],
    [("Replaces", "a;to-tag=b;from-tag=c")], [("Route", "<sip:nowhere.invalid;lr>")],
    [("Record-Route", "<sip:192.0.2.1;lr>")], [("Path", "<sip:192.0.2.1;lr>"), ("RAck", "1 1 INVITE")],
    *([(f"{proxy}Authorization", 'Digest username="k", realm="sip.trunkline.internal", nonce="AAAA", uri="sip:1@x", '
        'algorithm=MD5, qop=auth, nc=00000001, cnonce="x", opaque="y", response="0123456789abcdef0123456789abcdef"')]
      for proxy in ("Proxy-", "")),
)  # fmt: skip


class Party:
    """One address and its socket. What it sends is spoilt as often as `share` says."""

    def __init__(self, address: str, edge, mutator: Mutator, share: float):
        self.address, self._mutator, self._share, self._random = address, mutator, share, mutator.random
        self._hop = (edge.address, edge.settings.sip.port)
        self.heard: list[Message] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 5060))
        self._socket.setblocking(False)

    def close(self) -> None:
        self._socket.close()

    def send(self, message: Message, share: float | None = None) -> None:
        spoilt = self._random.random() < (self._share if share is None else share)
        self._socket.sendto(self._mutator.spoil(bytes(message)) if spoilt else bytes(message), self._hop)

    def request(self, method: str, uri: str, parties: list[tuple[str, str]], sequence: int = 1) -> Request:
        request = Request(method, uri)
        request.add("Via", f"SIP/2.0/UDP {self.address}:5060;branch=z9hG4bK{self._random.randrange(1 << 40)};rport")
        request.headers += [("Max-Forwards", "70"), *parties, ("CSeq", f"{sequence} {method}")]
        request.add("Contact", f"<sip:x@{self.address}:5060>")
        return self._describe(request) if method in ("INVITE", "UPDATE") else request

    def hear(self) -> None:
        """All that has come, each as its method or status deserves."""
        while True:
            try:
                message = parse(self._socket.recv(65535))
            except BlockingIOError:
                return
            except (ParseError, ConnectionError):
                continue
            self.heard.append(message)
            if isinstance(message, Response):
                self._go_on(message)
            elif message.method != "ACK":
                self._answer(message)

    def _answer(self, request: Request) -> None:
        code = self._random.choice(ANSWERS) if request.method == "INVITE" else 200
        response = Response(code, "As you like it")
        for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
            response.headers += [(name, value) for value in request.all(name)]
        if not request.tag("To"):
            response.set("To", f"{request.get('To')};tag=far{self._random.randrange(9999)}")
        response.add("Contact", f"<sip:far@{self.address}:5060>")
        if code in (401, 407):
            response.add("WWW-Authenticate", 'Digest realm="far", nonce="n", algorithm=MD5, qop="auth"')
        self.send(self._describe(response) if request.method == "INVITE" and code in (183, 200) else response)

    def _go_on(self, response: Response) -> None:
        """The ACK, and whatever else one may say within a call."""
        if response.cseq[1] != "INVITE" or response.code < 200:
            return
        routes = [("Route", route) for route in reversed(response.all("Record-Route"))]
        parties = [(name, response.get(name) or "?") for name in ("From", "To", "Call-ID")]
        uri = (response.get("Contact") or "sip:x@192.0.2.1").strip("<>")
        self.send(self.request("ACK", uri, [*routes, *parties]), share=0.3)
        for _ in range(self._random.randrange(4) if response.code == 200 else 0):
            request = self.request(self._random.choice(WITHIN), uri, [*routes, *parties], self._random.randrange(2, 9))
            if request.method == "INFO":
                request.add("Content-Type", "application/dtmf-relay")
                request.body = b"Signal=5\r\nDuration=100\r\n"
            self.send(request)

    def _describe(self, message: Message) -> Message:
        message.add("Content-Type", "application/sdp")
        message.body = SDP.format(self.address).encode()
        return message


def parties_of(edge, called: str, caller: str) -> list[tuple[str, str]]:
    return [
        ("From", f"<sip:+{caller}@{edge.domain}>;tag={secrets.token_hex(4)}"),
        ("To", f"<{edge.uri(f'+{called}')}>"),
        ("Call-ID", secrets.token_hex(8)),
    ]


def shown(request: Request) -> str:
    """What must not tell of its sender: all but a body of the sender's own, which a header becomes by an empty line."""
    return str(request) if "sdp" in (request.get("Content-Type") or "") else str(request).partition("\n\n")[0]


def processes(edge) -> set[str]:
    """Kamailio's, all in one process group. Some may begin after the first answer."""
    return set(subprocess.check_output(["pgrep", "-g", str(edge.pid("kamailio"))], text=True).split())


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_edge_goes_on(own_edge, agent, seed):
    edge = own_edge()  # what is left of its calls is sent again, and ended, for a while: into no other test's log
    mutator, random = Mutator(seed), Mutator(-seed).random
    addresses = [agent.address(), agent.address()]
    pbx, carrier = parties = [Party(address, edge, mutator, 0.7) for address in addresses]
    prefix = edge.route(edge.carrier(carrier.address, 5060))
    number = edge.number(f"sip:1@{pbx.address};timeout=2000", edge.account(sources=(pbx.address,)))
    ua, workers, log = await agent(), processes(edge), edge.log_size()
    try:
        for place in range(CALLS):
            method, extra = random.choice(OUTSIDE), random.choice(EXTRAS)
            called = f"{prefix}{place:05}"
            parts = parties_of(edge, called, "447700900000")
            pbx.send(pbx.request(method, edge.uri(f"+{called}"), [*parts, *extra]))
            if place % 5 == 0:
                parts = parties_of(edge, number, "33123456789")
                carrier.send(carrier.request("INVITE", edge.uri(f"+{number}"), parts))
            for party in parties:
                party.hear()
            if place % BATCH == 0:  # which paces it, too
                assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200
        until(lambda: [party.hear() for party in parties] and len(pbx.heard) > CALLS / 2 and len(carrier.heard) > 50)
    finally:
        for party in parties:
            party.close()
    assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200
    assert workers <= processes(edge)
    faults = [part.partition("\n\n")[0] for part in edge.log_tail(log, lines=1_000_000).split("Traceback")[1:]]
    assert not faults, faults[0]
    requests = [message for message in carrier.heard if isinstance(message, Request)]
    telling = [str(one) for one in requests if pbx.address in shown(one) or one.get("P-Asserted-Identity")]
    assert not telling, telling[0]
