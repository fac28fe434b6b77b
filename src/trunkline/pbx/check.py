"""What cannot work together: said before anybody pastes it into a PBX."""

import ipaddress
import re
from collections.abc import Iterator

from trunkline.pbx.errors import PbxError
from trunkline.pbx.system import System
from trunkline.pbx.trunk import Options, Trunk, family
from trunkline.sip import uri

BALANCED = 2  # endpoints that share the calls: with no more of them, the order is all the same
_EXTENSION = re.compile(r"[A-Za-z0-9_+-]{1,32}", re.ASCII)  # in dialplans, URIs and file names without a meaning


def combination(system: System, trunk: Trunk, options: Options) -> None:
    """Raises PbxError for a trunk and options that this PBX cannot have."""
    if options.transport not in uri.TRANSPORTS:
        raise PbxError(f"there is no transport {options.transport!r}: write {', '.join(system.transports)}")
    if options.transport not in system.transports:
        can = " or ".join(system.transports)
        raise PbxError(f"{system.title} cannot use {options.transport} on a trunk: write {can}")
    if not trunk.numbers or not trunk.caller_id:
        raise PbxError("the trunk has no number: a PBX needs one to call with")
    if not trunk.endpoints:
        raise PbxError("the trunk has no endpoint")
    for endpoint in trunk.endpoints:
        if options.transport not in endpoint.ports:
            raise PbxError(f"{endpoint.host} does not take {options.transport}: choose another transport or endpoint")
    if options.srtp and not system.srtp:
        raise PbxError(f"{system.title} has no SRTP on a trunk: leave it out")
    if options.srtp and options.transport != "tls":
        raise PbxError("SRTP sends its keys in SIP: it needs TLS, or anyone on the way can listen")
    if trunk.srtp == "required" and not options.srtp:
        raise PbxError("the account requires SRTP: configure the PBX with TLS and SRTP")
    if options.srv:
        _srv(system, trunk, options)
    if not _EXTENSION.fullmatch(options.extension):
        raise PbxError(f"{options.extension!r} is not an extension: write 1 to 32 letters, digits, '+', '-' or '_'")
    if options.port and not 1 <= options.port <= 65535:
        raise PbxError(f"{options.port} is not a port (1 to 65535)")
    _addresses(system, trunk, options)


def warnings(system: System, trunk: Trunk, options: Options) -> Iterator[str]:
    """What works, and should be known."""
    if options.transport != "tls":
        better = "; choose tls where you can" if "tls" in system.transports else ""
        yield f"Over UDP and TCP everybody on the way can read who calls whom, and listen{better}."
    if options.transport == "tls" and not options.srtp:
        yield f"SIP is encrypted, audio is not{'; choose SRTP too' if system.srtp else ''}."
    if options.srv and not trunk.srv_kept:
        service = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}[options.transport]
        yield f"The PBX needs the SRV records of {service}.{trunk.srv_at(options.transport)}: see that DNS has them."
    if trunk.guessed and len(trunk.endpoints) > BALANCED:
        yield (
            "It is not known how near each endpoint is to the PBX, so they are in the order of region and name. "
            "Name the closest one."
        )


def _srv(system: System, trunk: Trunk, options: Options) -> None:
    without = "leave SRV out, and it gets the endpoints in their order"
    if not system.srv:
        raise PbxError(f"{system.title} is not known to go through SRV records: {without}")
    if options.transport not in system.srv:
        can = " or ".join(system.srv)
        over = f"{system.title} does not go through SRV records over {options.transport}"
        raise PbxError(f"{over}: write {can}, or {without}")
    if not trunk.srv:
        raise PbxError(f"the trunk has no name with SRV records: {without}")


def _addresses(system: System, trunk: Trunk, options: Options) -> None:
    for name, text in (("PBX address", options.address), ("public address", options.public_address)):
        if not text:
            continue
        try:
            host = uri.parse(f"sip:{f'[{text}]' if ':' in text else text}")
        except uri.UriError as error:
            raise PbxError(f"the {name} {text!r} is neither an IP address nor a host name: {error}") from None
        if host.port or host.parameters:
            raise PbxError(f"the {name} {text!r} has more than an address in it")
        if host.is_ip and (ipaddress.ip_address(text).is_unspecified or ipaddress.ip_address(text).is_multicast):
            raise PbxError(f"{text} is not an address that a PBX can have")
    reachable = options.public_address or options.address
    ours = trunk.addresses
    if family(reachable) and ours and family(reachable) not in {family(address) for address in ours}:
        words = {4: "IPv4", 6: "IPv6"}
        raise PbxError(
            f"the PBX is at an {words[family(reachable)]} address, {reachable}, and the trunk has none of that kind: "
            f"give the PBX's {words[10 - family(reachable)]} address"
        )
    if uri.is_private(reachable) and ours and not any(uri.is_private(address) for address in ours):
        register = ", or give no address and let the PBX register" if system.registers and system.number_in_to else ""
        raise PbxError(
            f"{reachable} is a private address, which the trunk cannot call: give the public address of the NAT in "
            f"front of the PBX as well{register}"
        )
