"""Which networks are an account's or a carrier's."""

import ipaddress
import re
from collections.abc import Iterable

from trunkline.control.accounts.models import Account
from trunkline.control.carriers.models import Carrier
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.sources.models import SourceNetwork, source_text

type Owner = Account | Carrier

WIDEST = {4: 8, 6: 16}  # prefix lengths; whoever could send from more than that is not known by its address
_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[^:\[\]]*))(?::(?P<port>[^:]*))?", re.ASCII)


class NotANetwork(ServiceError):
    """It cannot be read at all."""


def parse(text: str) -> tuple[str, int]:
    """The canonical CIDR and the port (0: any) of `192.0.2.7`, `192.0.2.0/24:5080`, `[2001:db8::7]:5080`.

    Raises NotANetwork, and ServiceError for a network that cannot be meant.
    """
    text = text.strip()
    match = _WITH_PORT.fullmatch(text)
    address, port = (match["six"] or match["four"], match["port"]) if match else (text, None)
    if port is not None and not (re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) and 1 <= int(port) <= 65535):
        raise NotANetwork(f"{text!r} has no port from 1 to 65535 after the colon")
    try:
        network = ipaddress.ip_network(address, strict=False)
        given = ipaddress.ip_address(address.partition("/")[0])
    except ValueError:
        raise NotANetwork(
            f"{text!r} is not a network: write an IP address or a CIDR like 192.0.2.0/24, "
            "followed by :port if only that port counts ([2001:db8::7]:5080 for IPv6)"
        ) from None
    if given != network.network_address:
        single = given.max_prefixlen
        raise ServiceError(
            f"{text!r} has bits beyond its /{network.prefixlen}: write {network} for the whole network, "
            f"or {given}/{single} for that one address"
        )
    if network.prefixlen < WIDEST[network.version]:
        raise ServiceError(
            f"{text!r} covers too much of the Internet to recognise anybody by: at least /{WIDEST[network.version]}"
        )
    return str(network), int(port or 0)


def add(owner: Owner, *texts: str) -> None:
    """Recognise networks as the owner's; those that it has already stay."""
    parsed = [parse(text) for text in texts]
    with writing("added") as log:
        for network, port in parsed:
            if not SourceNetwork.objects.filter(network=network, port=port, **_owner(owner)).exists():
                _refuse_conflict(owner, network, port)
                SourceNetwork.objects.create(network=network, port=port, **_owner(owner))
                log.note(_kind(owner), owner.pk)


def remove(owner: Owner, *texts: str) -> None:
    """Recognise networks as the owner's no more."""
    parsed = [parse(text) for text in texts]
    with writing() as log:
        for network, port in parsed:
            gone, _ = SourceNetwork.objects.filter(network=network, port=port, **_owner(owner)).delete()
            if not gone:
                has = ", ".join(sorted(map(str, owner.sources.all()))) or "none"
                raise ServiceError(f"{owner.name!r} has no source {source_text(network, port)}: it has {has}")
            log.note(_kind(owner), owner.pk)


def replace(owner: Owner, texts: Iterable[str]) -> None:
    """Recognise these networks as the owner's, and no other."""
    wanted = {source_text(*parse(text)) for text in texts}
    with writing():
        there = {str(source) for source in SourceNetwork.objects.filter(**_owner(owner))}
        remove(owner, *sorted(there - wanted))
        add(owner, *sorted(wanted - there))


def _refuse_conflict(owner: Owner, network: str, port: int) -> None:
    """Refuse a network that would leave it open who a request is from; two carriers may share one, as each is just
    'a carrier' to an inbound call."""
    for other in SourceNetwork.objects.filter(network=network).select_related("account", "carrier"):
        if _kind(other.owner) == _kind(owner) == "carrier":
            continue
        if other.port == port or 0 in (other.port, port):
            raise ServiceError(
                f"{source_text(network, port)} is already a source of the {_kind(other.owner)} {other.owner.name!r} "
                f"(as {other}): a request from there could be either's. Remove it from one of them, or give both a port"
            )


def _kind(owner: Owner) -> str:
    return "account" if isinstance(owner, Account) else "carrier"


def _owner(owner: Owner) -> dict[str, Owner]:
    return {_kind(owner): owner}
