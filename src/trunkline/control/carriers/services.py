"""What can be done with carriers. Every function raises ServiceError with what to do instead."""

import re
from collections.abc import Iterable

from django.db.models import QuerySet

from trunkline.control.carriers.models import Carrier
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.sources import services as source_services
from trunkline.control.words import check_count, check_host, check_name, missing
from trunkline.sip import uri

FIELDS = ("host", "port", "transport", "username", "password", "strip", "prefix")
_PREFIX = re.compile(r"\+?[0-9*#]{0,15}", re.ASCII)
_WRITTEN = re.compile(r"[^\x00-\x20\x7f-\U0010ffff<>\"]+")
_CREDENTIAL = re.compile(r"[^\x00-\x1f\x7f\"]{0,128}")


def get(name: str) -> Carrier:
    carrier = Carrier.objects.filter(name=name).first()
    if carrier is None:
        raise missing("carrier", name, "see `trunkline carrier list`, or make it with `trunkline carrier add`")
    return carrier


def everyone() -> QuerySet[Carrier]:
    return Carrier.objects.prefetch_related("sources").order_by("name")


def create(name: str, host: str, *, sources: Iterable[str] = (), **fields) -> Carrier:
    """Make a carrier: `fields` are the names in FIELDS; `sources` the networks that its calls come from.

    `port` 0 leaves the port to RFC 3263; `strip` digits are taken off the E.164 number, then `prefix` put before it.
    """
    check_name("a carrier", name)
    checked = check({"host": host, **fields})
    with writing() as log:
        if Carrier.objects.filter(name=name).exists():
            raise ServiceError(f"there is already a carrier {name!r}: choose another name")
        carrier = Carrier.objects.create(name=name, **checked)
        log.note("carrier", carrier.pk)
        source_services.add(carrier, *sources)
    return carrier


def change(carrier: Carrier, *, enabled: bool | None = None, **fields) -> Carrier:
    """Change what is given. A disabled carrier is left out of every route, and its calls are refused."""
    checked = check(fields)
    if enabled is not None:
        checked["enabled"] = bool(enabled)
    with writing() as log:
        if checked and Carrier.objects.filter(pk=carrier.pk).update(**checked):
            log.note("carrier", carrier.pk)
        carrier.refresh_from_db()
    return carrier


def remove(carrier: Carrier) -> None:
    """Remove a carrier that no route names; the records of its calls keep its name."""
    with writing() as log:
        routes = [str(pk) for pk in carrier.routes.order_by("pk").values_list("pk", flat=True)]
        if routes:
            raise ServiceError(
                f"carrier {carrier.name!r} is in routes: remove them first with `trunkline route remove ID` "
                f"({', '.join(routes[:10])}{', …' * (len(routes) > 10)}), or disable the carrier"
            )
        log.note("carrier", carrier.pk)
        carrier.delete()


def as_dict(carrier: Carrier) -> dict[str, object]:
    """The carrier as commands and the API show it: all but the password."""
    shown = {name: getattr(carrier, name) for name in ("name", "enabled", *FIELDS) if name != "password"}
    return shown | {
        "has_password": bool(carrier.password),
        "sources": sorted(str(source) for source in carrier.sources.all()),
        "created": carrier.created,
    }


def check(fields: dict) -> dict:
    """The fields that are given, as they are kept; those that are None are not given."""
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise ServiceError(f"a carrier has no {unknown[0]!r}: it has {', '.join(FIELDS)}")
    checked = {name: value for name, value in fields.items() if value is not None}
    if "host" in checked:
        checked["host"] = _host(checked["host"])
    if "port" in checked:
        check_count("port (0: as DNS says)", checked["port"], 0, 65535)
    if checked.get("transport", "udp") not in uri.TRANSPORTS:
        raise ServiceError(f"transport cannot be {checked['transport']!r}: write udp, tcp or tls")
    if "strip" in checked:
        _check_strip(checked["strip"])
    if not _PREFIX.fullmatch(checked.get("prefix", "")):
        raise ServiceError(
            f"prefix {checked['prefix']!r} cannot be dialled: "
            "write at most 15 of 0-9, '*' and '#', after an optional '+'"
        )
    for name in ("username", "password"):
        if not _CREDENTIAL.fullmatch(checked.get(name, "")):
            raise ServiceError(
                f"the {name} has a quote or control character, or over 128 characters: digest has no place for it"
            )
    return checked


def _check_strip(digits: int) -> None:
    # ITU-T E.164 §6.2.1: 15 digits at most. The edge passes the carrier by for numbers that are too short for it.
    if isinstance(digits, int) and digits >= 15:
        raise ServiceError(
            f"strip {digits} leaves no digit of any number, as E.164 numbers have at most 15: "
            "write how many digits to take off the front, at most 14"
        )
    check_count("strip", digits, 0, 14)


def _host(text: str) -> str:
    text = text.strip()
    if not _WRITTEN.fullmatch(text) or text.lower().startswith(("sip:", "sips:")):
        raise ServiceError(
            f"{text!r} cannot be a carrier's host: write its name as DNS has it or its IP address, "
            "like sip.carrier.example, without 'sip:'"
        )
    return check_host("a carrier's", text, "the rest as port and transport")
