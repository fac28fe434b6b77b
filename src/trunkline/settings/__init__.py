"""A node's settings: `trunkline.toml` in the home, each key also an environment variable.

`TRUNKLINE_SIP__PORT=5070` is `[sip] port = 5070`; the environment wins. `load` is the one way to get them.
"""

import ipaddress
import os
import re
import socket
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pydantic_settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from trunkline.settings import words

DEFAULT_HOME = Path("/var/lib/trunkline")

Port = Annotated[int, Field(ge=1, le=65535)]
Milliseconds = Annotated[int, Field(ge=100, le=600_000)]


class SettingsError(Exception):
    """A setting is wrong; the text names it, says why, and what to write instead."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _ip(value: str) -> str:
    if value:
        ipaddress.ip_address(value)
    return value


def _ips(values: list[str]) -> list[str]:
    return [str(ipaddress.ip_address(value)) for value in values]


class Node(Section):
    name: str = Field(
        "node1", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="This machine's name in records and status."
    )
    region: str = Field(
        "default",
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="Where this machine is, like `eu-west`: the heading under which `ranges` prints it.",
    )


class Sip(Section):
    domain: str = Field(
        "sip.trunkline.internal",
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        description="The trunk's name: the digest realm, and the host in every From and To that we send. "
        "Key secrets are kept as digests over it: change it only with all secrets made anew.",
    )
    address: str = Field("", description="IP address to listen on. Empty: the address of this machine's default route.")
    advertised: str = Field("", description="IP address that others reach us at, behind a 1:1 NAT. Empty: `address`.")
    port: Port = Field(5060, description="UDP and TCP port.")
    tls_port: Port = Field(5061, description="TLS port.")
    tls_floor: Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] = Field(
        "TLSv1", description="Oldest TLS version accepted."
    )
    workers: int = Field(
        0,
        ge=0,
        le=64,
        description="Kamailio processes per UDP socket, and as many for TCP and TLS. 0: one per CPU, at least 2.",
    )
    memory_mb: int = Field(
        256, ge=64, le=65536, description="Kamailio's shared memory, MB; a TLS connection takes 0.1 MB."
    )

    _addresses = field_validator("address", "advertised")(_ip)


class Auth(Section):
    nonce_seconds: int = Field(300, ge=10, le=86400, description="Lifetime of a digest nonce, s.")
    sha256: bool = Field(
        False,
        description="Offer SHA-256 beside MD5. Some user agents, baresip 1.x for one, "
        "then give up instead of answering MD5.",
    )


class Media(Section):
    address: str = Field("", description="IP address for RTP. Empty: `sip.address`.")
    advertised: str = Field("", description="IP address written into SDP. Empty: `sip.advertised`, or `media.address`.")
    port_min: Port = Field(30000, description="First RTP port.")
    port_max: Port = Field(39999, description="Last RTP port; a call takes four.")
    relays: int = Field(
        2, ge=1, le=2, description="rtpengine processes. Two share the ports and the calls; either takes over for both."
    )
    redis: bool = Field(
        False,
        description="Keep calls in a Redis of the node's own: their audio goes on after an rtpengine died.",
    )
    control_port: int = Field(
        0, ge=0, le=65535, description="The first rtpengine's control port on 127.0.0.1. 0: free ones are chosen."
    )

    _addresses = field_validator("address", "advertised")(_ip)

    @model_validator(mode="after")
    def _range(self):
        if self.port_max - self.port_min < 100 * self.relays - 1:
            least = f"port_min + {100 * self.relays - 1}"
            raise ValueError(f"port_max must be at least {least}: a call takes four ports, and each relay has its own")
        return self


class Calls(Section):
    carrier_timeout_ms: Milliseconds = Field(5000, description="Silence after which the next carrier is tried, ms.")
    ring_timeout_ms: Milliseconds = Field(120_000, description="Ringing after which a call is given up, ms.")
    max_seconds: int = Field(14_400, ge=2, le=604_800, description="The longest a call may last; then it is ended, s.")
    dead_seconds: int = Field(
        60, ge=2, le=3600, description="Silence of both parties, RTP and RTCP, after which a call is ended, s."
    )
    one_way_seconds: int = Field(
        600, ge=2, le=86_400, description="Silence of one party, the other being heard, after which a call is ended, s."
    )
    hold_seconds: int = Field(3600, ge=2, le=86_400, description="Silence on hold after which a call is ended, s.")


class Limits(Section):
    requests_per_10s: int = Field(
        300, ge=10, description="Requests in 10 s from one unknown address before it is banned."
    )
    refusals_per_minute: int = Field(
        20, ge=3, description="Refused credentials or calls a minute from one address before it is banned."
    )
    ban_seconds: int = Field(300, ge=1, le=86400, description="How long a banned address is not answered, s.")


class Database(Section):
    url: str = Field(
        "",
        description="`postgresql://user:password@host/name`, or `sqlite:////path`. Empty: `control.db` in the home.",
        pattern=r"^(|sqlite:////?.+|postgres(ql)?://.+)$",
    )


class Dns(Section):
    servers: list[str] = Field([], description="IP addresses of the name servers to ask. Empty: /etc/resolv.conf.")
    port: Port = Field(53, description="Port of those name servers.")

    _addresses = field_validator("servers")(_ips)


class Journal(Section):
    rotate_mb: int = Field(64, ge=1, le=4096, description="Size at which the node starts the next journal file, MB.")


class Web(Section):
    enabled: bool = Field(True, description="Serve the dashboard from this node.")
    address: str = Field("", description="IP address that the dashboard listens on. Empty: `sip.address`.")
    port: Port = Field(8443, description="Its TCP port.")
    hosts: list[str] = Field(
        [],
        description="Host names that people reach it by, like `trunk.example.com`; the first one is printed by `up`. "
        "`sip.domain` and the node's addresses always serve.",
    )
    tls: bool = Field(
        True, description="Serve HTTPS with the node's certificate. `false`: HTTP, for a proxy that ends TLS in front."
    )
    proxies: list[str] = Field(
        [], description="IP addresses of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."
    )
    workers: int = Field(2, ge=1, le=32, description="Processes that answer requests.")

    _addresses = field_validator("address")(_ip)

    _addresses_of_proxies = field_validator("proxies")(_ips)

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, values: list[str]) -> list[str]:
        for value in values:
            if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", value):
                raise ValueError(f"{value!r} is not a host name in small letters, like trunk.example.com")
        return values

    @model_validator(mode="after")
    def _proxied(self):
        if not self.tls and not self.proxies:
            raise ValueError("tls = false sends passwords in the clear: name the proxy that ends TLS in proxies")
        return self


class Sandbox(Section):
    enabled: bool = Field(True, description="Run the built-in test carrier and test PBX, and make an account for them.")
    carrier_address: str = Field("127.0.0.70", description="IP address of the test carrier, and of nobody else.")
    carrier_port: Port = Field(5060, description="The test carrier's UDP and TCP port.")
    pbx_address: str = Field("127.0.0.80", description="IP address of the test PBX.")
    pbx_port: Port = Field(5060, description="The test PBX's UDP and TCP port; its TLS port is one higher.")

    _addresses = field_validator("carrier_address", "pbx_address")(_ip)


class Settings(BaseSettings):
    """All settings of one node; immutable."""

    model_config = SettingsConfigDict(env_prefix="TRUNKLINE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    home: Path = DEFAULT_HOME
    node: Node = Node()
    sip: Sip = Sip()
    auth: Auth = Auth()
    media: Media = Media()
    calls: Calls = Calls()
    limits: Limits = Limits()
    database: Database = Database()
    dns: Dns = Dns()
    journal: Journal = Journal()
    web: Web = Web()
    sandbox: Sandbox = Sandbox()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
    ):
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, _home_from_environment() / "trunkline.toml"))

    @property
    def sip_address(self) -> str:
        return self.sip.address or default_address()

    @property
    def sip_workers(self) -> int:
        """More than there are CPUs cost more for each call (their memory takes turns in the CPU's caches), and one
        alone would stand still whenever it waits for a media relay."""
        return self.sip.workers or max(2, os.cpu_count() or 2)

    @property
    def sip_advertised(self) -> str:
        return self.sip.advertised or self.sip_address

    @property
    def media_address(self) -> str:
        return self.media.address or self.sip_address

    @property
    def media_advertised(self) -> str:
        return self.media.advertised or (self.sip.advertised if not self.media.address else "") or self.media_address

    @property
    def web_address(self) -> str:
        return self.web.address or self.sip_address

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.home / 'control.db'}"


def _home_from_environment() -> Path:
    return Path(os.environ.get("TRUNKLINE_HOME") or DEFAULT_HOME)


def default_address() -> str:
    """The address this machine uses toward the outside; 127.0.0.1 when it has no route. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737 TEST-NET-1: connecting a UDP socket only consults the routes
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


def load() -> Settings:
    """Read the settings of `TRUNKLINE_HOME`.

    Raises SettingsError, one line for each fault: the key, what is wrong with it, and where it is documented.
    """
    _check_sections()
    try:
        return Settings(home=_home_from_environment().absolute())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_home_from_environment() / 'trunkline.toml'} is not valid TOML: {error}") from error
    except pydantic_settings.SettingsError as error:  # its text names the section
        example = "TRUNKLINE_DNS__SERVERS='[\"192.0.2.53\"]'"
        raise SettingsError(
            f"{error}: in the environment a list is written as JSON, like {example}. {words.WHERE}"
        ) from error
    except ValidationError as error:
        raise SettingsError("\n".join(words.explain(fault) for fault in error.errors())) from error


def _check_sections() -> None:
    """Refuse a variable of a section that does not exist, which would be left unread."""
    for variable in sorted(os.environ):
        section, separator, _ = variable.removeprefix("TRUNKLINE_").partition("__")
        if variable.startswith("TRUNKLINE_") and separator and section.lower() not in Settings.model_fields:
            raise SettingsError(f"{variable}: there is no section {section.lower()!r}. {words.WHERE}")
