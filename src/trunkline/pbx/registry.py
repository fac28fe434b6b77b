"""Which PBXs there are, each module of `systems` with its `SYSTEM`, and the configuration of one for a trunk."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from trunkline.pbx import check, systems
from trunkline.pbx.configuration import Commands, Configuration, File, Part
from trunkline.pbx.errors import PbxError
from trunkline.pbx.system import GENERIC, System
from trunkline.pbx.trunk import ADDRESS_PLACEHOLDER, SECRET_PLACEHOLDER, Options, Trunk, bracketed, family


@cache
def systems_by_name() -> dict[str, System]:
    """Every system, in the order of their titles, the generic one last."""
    modules = [f"{systems.__name__}.{module.name}" for module in pkgutil.iter_modules(systems.__path__)]
    found = [importlib.import_module(name).SYSTEM for name in modules]
    return {
        system.name: system
        for system in sorted(found, key=lambda system: (system.name == GENERIC, system.title.lower()))
    }


def get(name: str) -> System:
    """Raises PbxError for a name that none has."""
    known = systems_by_name()
    if name.lower() not in known:
        raise PbxError(f"there is no PBX {name!r} here: the names are {', '.join(known)}")
    return known[name.lower()]


def generate(name: str, trunk: Trunk, options: Options) -> Configuration:
    """The configuration of a PBX for a trunk. Raises PbxError."""
    system = get(name)
    options = dataclasses.replace(
        options, register=options.register and system.registers, srv=system.takes_srv(trunk, options)
    )
    check.combination(system, trunk, options)
    warnings = tuple(check.warnings(system, trunk, options))
    if version := family(options.public_address or options.address):
        trunk = trunk.over(version)
    if options.srv:
        trunk = trunk.by_srv(options.transport)
    made = system.make(trunk, options)
    return Configuration(
        system=system.name,
        title=system.title,
        parts=(*made.parts, *_authority(trunk, options, made.parts)),
        steps=tuple(made.steps),
        seen=tuple(made.seen),
        forward=tuple((number, _forward(system, trunk, options, number)) for number in trunk.numbers),
        placeholders=(*_placeholders(system, trunk, options), *made.placeholders),
        warnings=(*warnings, *made.warnings),
    )


def _forward(system: System, trunk: Trunk, options: Options, number: str) -> str:
    """Where the calls to a number are to be sent: to the registered PBX if nobody said where it is."""
    if system.called_at_contact(options):
        text = f"sip:{trunk.key}@{trunk.domain}"
    else:
        text = f"sip:{number}@{options.reachable}:{system.port_for(options)}"
        if options.transport != "udp":
            text += f";transport={options.transport}"
    return text + (";media=srtp" if options.srtp else "")


def _authority(trunk: Trunk, options: Options, parts: Iterable[Part]) -> Iterable[Commands]:
    """What the trunk's certificate is verified with, where no other part has it."""
    texts = [part.text for part in parts if isinstance(part, (Commands, File))]
    if options.transport == "tls" and trunk.ca and not any(trunk.ca in text for text in texts):
        yield Commands(
            "trunk-ca.crt", "The authority of the trunk's certificate, to import if the PBX verifies it", trunk.ca
        )


def _placeholders(system: System, trunk: Trunk, options: Options) -> Iterable[tuple[str, str]]:
    if not trunk.secret:
        yield SECRET_PLACEHOLDER, f"the secret of key {trunk.key}; it was shown when it was made"
    if not system.called_at_contact(options) and options.reachable == bracketed(ADDRESS_PLACEHOLDER):
        yield ADDRESS_PLACEHOLDER, "the address at which the trunk reaches the PBX"
