"""How long an INVITE takes through a system: one call at a time, the far end's time taken by the kernel.

From just before the authenticated INVITE is sent to its arrival in the callee's socket (SO_TIMESTAMPNS), so that
neither the scheduling of this program nor SIPp's own work is in it.
"""

from bench.dialog import Call, open_socket
from bench.systems import System

SDP = """v=0
o=a 1 1 IN IP4 {ip}
s=-
c=IN IP4 {ip}
t=0 0
m=audio 6000 RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
""".replace("\n", "\r\n")


def measure(system: System, caller: str, numbers: list[str], calls: int) -> list[float]:
    """The time of each of `calls` INVITEs, ms. Raises DialogError."""
    with open_socket(caller) as near, open_socket(system.carrier, 5060) as far:
        near.connect((system.address, system.settings.sip.port))
        offer, answer = SDP.format(ip=caller), SDP.format(ip=system.carrier)
        return [_time(Call(near, far, numbers[n % len(numbers)], offer, answer)) for n in range(calls)]


def _time(call: Call) -> float:
    begun = call.begin()
    call.end()
    return begun.ms
