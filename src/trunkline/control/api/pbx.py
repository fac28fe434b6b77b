"""PBXs: ready configurations, with the account's own key and numbers."""

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from trunkline.control.api import keys, numbers, schemas
from trunkline.control.api.problems import Problem
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.pbx import services
from trunkline.pbx import document, registry
from trunkline.pbx.trunk import Options

router = Router(tags=["pbx"])

LONGEST = 253  # of a host name


class System(Schema):
    name: str
    title: str
    written_for: str = Field(description="The versions of the PBX.")
    kinds: list[str] = Field(description="What its configuration has: `files`, `commands`, `screens`.")
    transports: list[str]
    srtp: bool
    registers: bool = Field(description="Whether this PBX can register.")


class Systems(Schema):
    items: list[System]


class FieldOfScreen(Schema):
    name: str
    value: str


class Screen(Schema):
    path: str = Field(description="How to get there.")
    note: str
    fields: list[FieldOfScreen]


class Configuration(Schema):
    system: str
    title: str
    files: dict[str, str] = Field(description="The texts of files, and of commands to paste, by their paths.")
    screens: list[Screen]
    steps: list[str] = Field(description="What to do, in order.")
    seen: list[str] = Field(description="What then shows that it works.")
    forward: dict[str, str] = Field(description="The *Forward to SIP* list of each number.")
    placeholders: dict[str, str] = Field(description="What stands for something that is not known, and for what.")
    warnings: list[str]


class Wanted(Schema):
    """What the PBX is like, and which of the account's things it has."""

    key: str | None = Field(None, max_length=64, description="The key of the PBX; needed if there are several.")
    number: str | None = Field(None, max_length=64, description="A number to include; without it, all are.")
    address: str = Field("", max_length=LONGEST, description="Where the PBX is called; without it, the PBX registers.")
    public_address: str = Field(
        "", max_length=LONGEST, description="The PBX's address as seen from outside the NAT in front of it."
    )
    port: int = Field(0, ge=0, le=65535, description="Where it takes the trunk's calls; 0: the usual port of this PBX.")
    transport: schemas.SipTransport = "udp"
    srtp: bool = Field(False, description="Encrypt audio; needs `tls`.")
    registers: bool = Field(True, description="Whether it registers, where it can.")
    extension: str = Field("1000", max_length=32, description="The phone that rings.")
    closest: str | None = Field(None, max_length=LONGEST, description="Host of the closest endpoint.")


@router.get("", response=Systems, summary="The PBXs for which there are configurations")
def list_pbxs(request: HttpRequest):
    return {"items": list(registry.systems_by_name().values())}


@router.get("/{name}/configuration", response=Configuration, summary="The configuration of one PBX")
def configure_pbx(request: HttpRequest, wanted: Query[Wanted], name: str = Path(max_length=64)):
    """A placeholder stands for the secret, which is not kept: `placeholders` says how it reads."""
    if name not in registry.systems_by_name():
        raise Problem("not-found", f"There is no configuration for {name[:40]!r}")
    account = request.caller.account
    key = keys.own_key(request, wanted.key) if wanted.key else None
    only = [numbers.own_number(request, wanted.number).e164] if wanted.number else []
    options = Options(
        address=wanted.address.strip(),
        public_address=wanted.public_address.strip(),
        port=wanted.port,
        transport=wanted.transport,
        srtp=wanted.srtp,
        register=wanted.registers,
        extension=wanted.extension.strip(),
    )
    try:
        trunk = services.trunk(account, key, only=only, closest=[wanted.closest] if wanted.closest else [])
        return document.as_dict(services.configuration(name, trunk, options))
    except DatabaseUnavailable:
        raise
    except ServiceError as error:
        raise Problem("invalid", error) from None
