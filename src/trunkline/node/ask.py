"""Asks a PBX by OPTIONS how far it is, through this node's own edge: so its firewall judges it like a call."""

import secrets
import socket
import time
from dataclasses import dataclass

from trunkline.contract import trial
from trunkline.node.whereabouts import Place

TRIES = 3
SECONDS = 2.0  # to wait for an answer; longer is no distance of this Earth
# What the edge answers in the PBX's place, beside what has our Warning: silence, and what could not be sent (Kamailio's
# own 477 to 479 and 5xx). So a PBX that answers these is not measured.
_NOBODYS = frozenset((408, 477, 478, 479))


@dataclass(frozen=True, slots=True)
class Asker:
    """`address` and `port` are the edge's, `key` is `trial.key`."""

    address: str
    port: int
    key: str
    seconds: float = SECONDS

    def round_trip(self, place: Place) -> float | None:
        """The shortest of TRIES round trips in s; None as soon as one gets no answer, whatever it is, of the PBX."""
        found = []
        while len(found) < TRIES:
            took = self._once(place)
            if took is None:
                return None
            found.append(took)
        return min(found)

    def _once(self, place: Place) -> float | None:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(self.seconds)
            try:
                client.connect((self.address, self.port))
                request = self._request(place, *client.getsockname()[:2])
                began = time.monotonic()
                client.send(request)
                response = client.recv(65535)
            except OSError:  # TimeoutError too: the edge is silent, as the PBX is, or down
                return None
            took = time.monotonic() - began
        return took if answers(response) else None

    def _request(self, place: Place, host: str, port: int) -> bytes:
        tag, here = secrets.token_hex(8), f"[{host}]" if ":" in host else host
        call_id = f"{tag}@nearest"
        sealed = trial.seal(self.key, call_id, place.uri, time.time(), place.next_hop)
        return (
            f"OPTIONS {place.uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {here}:{port};branch=z9hG4bK{tag};rport\r\n"
            f"From: <sip:nearest@{here}>;tag={tag}\r\nTo: <{place.uri}>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
            f"{trial.HEADER}: {sealed}\r\nContent-Length: 0\r\n\r\n"
        ).encode()


def answers(response: bytes) -> bool:
    """Whether a response that came from the edge is a PBX's."""
    head = response.partition(b"\r\n\r\n")[0]
    code = head.removeprefix(b"SIP/2.0 ")[:3]
    if not code.isdigit() or b"\r\nwarning:" in head.lower():
        return False
    return 200 <= int(code) < 500 and int(code) not in _NOBODYS or 600 <= int(code) < 700
