"""What a PBX is to us: what its trunks can, and the function that makes its configuration."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trunkline.pbx.configuration import Part
from trunkline.pbx.trunk import Options, Trunk

FILES, COMMANDS, SCREENS = "files", "commands", "screens"
GENERIC = "generic"  # for what is not here by name


@dataclass(frozen=True, slots=True)
class Made:
    """What the `make` of a system hands back; see Configuration. `placeholders` are those of its own."""

    parts: Iterable[Part]
    steps: Iterable[str] = ()
    seen: Iterable[str] = ()
    warnings: Iterable[str] = ()
    placeholders: Iterable[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class System:
    """A PBX, or a pair of PBX and session border controller. `name` is its file's in docs/pbx too; `written_for` the
    versions; `transports` those that its trunks speak; `port` where it takes trunk calls over UDP and TCP, `tls_port`
    over TLS; `kinds` of FILES, COMMANDS, SCREENS; `registers` whether it can, `number_in_to` whether it can be called
    where it registered, as it then takes the number from To. `srv` has the transports over which it goes through the
    targets of SRV records, `srv_first` says that this serves it better than a list of endpoints."""

    name: str
    title: str
    written_for: str
    kinds: tuple[str, ...]
    make: Callable[[Trunk, Options], Made]
    transports: tuple[str, ...] = ("udp", "tcp", "tls")
    srtp: bool = True
    registers: bool = True
    number_in_to: bool = True
    port: int = 5060
    tls_port: int = 5061
    srv: tuple[str, ...] = ()
    srv_first: bool = False

    def port_for(self, options: Options) -> int:
        """Where it takes the trunk's calls."""
        return options.port or (self.tls_port if options.transport == "tls" else self.port)

    def called_at_contact(self, options: Options) -> bool:
        """Whether it is called where it registered."""
        return self.number_in_to and options.at_contact

    def takes_srv(self, trunk: Trunk, options: Options) -> bool:
        """Whether it is to find the endpoints by SRV records: as was asked, or else as is best."""
        if options.srv is not None:
            return options.srv
        return self.srv_first and trunk.srv_kept and bool(trunk.srv) and options.transport in self.srv
