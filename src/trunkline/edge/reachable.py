"""Where media may be sent, judged by the address in a c= line: never to this machine itself, nor to a crowd."""

import ipaddress
from functools import lru_cache

from trunkline.sip.sdp import SdpError

_HELD = ("0.0.0.0", "::")  # RFC 3264 §8.4: no address to send to, which is how some hold a call


def refuse_unreachable(address: str, family: str, source: str, ours: str) -> None:
    """Raises SdpError unless media can go to `address`. `source`: where the message came from; `ours`: the IP version
    ('4' or '6') of the relay."""
    if family != ours:
        raise SdpError(488, f"The media address is IPv{family}; media is IPv{ours} here: offer an IPv{ours} address")
    words = _unreachable(address, int(ours))
    # Those who are on this machine, or on this cable, may well receive there.
    if words and words != _unreachable(source, int(ours)):
        raise SdpError(488, f"The media address in c= is {words}: write the IP address at which you receive RTP")


def is_hold(address: str) -> bool:
    return address in _HELD


@lru_cache(1000)
def _unreachable(address: str, version: int) -> str:
    """What is wrong with an address; '' for nothing."""
    if is_hold(address):
        return ""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "not an IP address"
    if ip.version != version:
        return f"not an IPv{version} address"
    if ip.is_loopback:
        return "a loopback address"
    if ip.is_link_local:
        return "a link-local address"
    if ip.is_multicast:
        return "a multicast address"
    if ip.is_reserved or ip.is_unspecified or address.startswith("0.") or (version == 6 and ip.ipv4_mapped):
        return "a reserved address"
    return ""
