"""Where the PBXs of an account may be, for the nodes to measure: few places, of what the account has told or shown."""

from collections.abc import Iterator

from django.conf import settings

from trunkline.contract.distances import CALLS, FORWARD, SOURCE, Target
from trunkline.control.accounts.models import Account
from trunkline.control.calls.models import Call
from trunkline.control.numbers.models import Number
from trunkline.sip import forward
from trunkline.sip.uri import DEFAULT_PORT, TRANSPORTS, is_ip

NUMBERS, CALLS_BACK = 50, 20  # that are looked at: the first numbers of an account, and its newest calls
MOST = 8  # places of an account


def of(account: Account) -> list[Target]:
    """The best known first, each host once. PBXs that register are the node's to find."""
    found: dict[str, Target] = {}
    for target in (*_forwarded(account), *_called_from(account), *_listed(account)):
        found.setdefault(target.host, target)
    return list(found.values())[:MOST]


def _forwarded(account: Account) -> Iterator[Target]:
    texts = Number.objects.filter(account=account).order_by("e164").values_list("forward", flat=True)[:NUMBERS]
    for text in dict.fromkeys(texts):
        for one in forward.parse(text):
            if one.host != settings.TRUNKLINE_REALM:
                yield Target(account.pk, FORWARD, one.host, one.port, one.transport, one.uri)


def _called_from(account: Account) -> Iterator[Target]:
    calls = Call.objects.filter(account=account).order_by("-started")
    for source in dict.fromkeys(calls.values_list("source", flat=True)[:CALLS_BACK]):
        transport, _, place = source.partition(":")
        host, _, port = place.rpartition(":")
        if transport in TRANSPORTS and is_ip(host):
            # A connection came from a port of no meaning.
            yield _address(account, CALLS, host, int(port) if transport == "udp" else 0, transport)


def _listed(account: Account) -> Iterator[Target]:
    for network, port in account.sources.values_list("network", "port"):
        host = network.removesuffix("/128" if ":" in network else "/32")
        if "/" not in host:
            yield _address(account, SOURCE, host, port, "udp")


def _address(account: Account, known: str, host: str, port: int, transport: str) -> Target:
    port = port or DEFAULT_PORT[transport]
    return Target(account.pk, known, host, port, transport, f"sip:{f'[{host}]' if ':' in host else host}:{port}")
