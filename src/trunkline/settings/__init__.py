"""A node's settings: `trunkline.toml` in the home, each key also an environment variable.

`TRUNKLINE_SIP__PORT=5070` is `[sip] port = 5070`; the environment wins. `load` is the one way to get them; `stored` is
for a process that got a copy from one which did.
"""

import ipaddress
import os
import socket
import tomllib
from pathlib import Path

import pydantic_settings
from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from trunkline.settings import cpus, words
from trunkline.settings.faces import Api, Audit, Mail, Metrics, Web
from trunkline.settings.sections import (
    CLOSED_PORT,
    Auth,
    Calls,
    Cluster,
    Database,
    Dns,
    Journal,
    Limits,
    Media,
    Node,
    Sandbox,
    Sip,
)
from trunkline.sip.fence import Fence, place

DEFAULT_HOME = Path("/var/lib/trunkline")


class SettingsError(Exception):
    """A setting is wrong; the text names it, says why, and what to write instead."""


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
    cluster: Cluster = Cluster()
    dns: Dns = Dns()
    journal: Journal = Journal()
    web: Web = Web()
    metrics: Metrics = Metrics()
    mail: Mail = Mail()
    api: Api = Api()
    audit: Audit = Audit()
    sandbox: Sandbox = Sandbox()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
    ):
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, home_folder() / "trunkline.toml"))

    @model_validator(mode="after")
    def _of_one_kind(self):
        self._same_kind("sip.advertised", self.sip.advertised, "sip.address", self.sip_address)
        self._same_kind("media.advertised", self.media.advertised, "media.address", self.media_address)
        if self.sandbox.enabled:
            what = "no call can go between the two: choose another address, or set sandbox.enabled = false"
            for name in ("carrier_address", "pbx_address"):
                its = getattr(self.sandbox, name)
                self._same_kind(f"sandbox.{name}", its, "sip.address", self.sip_address, what)
        return self

    @staticmethod
    def _same_kind(name: str, value: str, other: str, address: str, what: str = "both must be of the same kind"):
        if value and (":" in value) is not (":" in address):
            kinds = ("IPv6", "IPv4") if ":" in value else ("IPv4", "IPv6")
            raise ValueError(f"{name}: {value} is {kinds[0]}, and {other} {kinds[1]} ({address}); {what}")

    @property
    def sip_address(self) -> str:
        return self.sip.address or default_address()

    @property
    def sip_workers(self) -> int:
        """More than there are CPUs cost more for each call (their memory takes turns in the CPU's caches), and one
        alone would stand still whenever it waits for a media relay or a name server."""
        return self.sip.workers or max(2, cpus.usable())

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
    def web_url(self) -> str:
        """Where people find the dashboard: by the first of `web.hosts`, if there is one; behind a proxy, at the proxy's
        HTTPS port."""
        web = self.web
        anywhere = not web.address or ipaddress.ip_address(web.address).is_unspecified
        own = self.sip_advertised if anywhere else web.address
        host = (web.hosts or [self.sip.domain if web.proxies else f"[{own}]" if ":" in own else own])[0]
        its_port = web.proxies or (web.hosts and ":" in host)
        return f"https://{host}/" if its_port else f"https://{host}:{web.port}/"

    @property
    def fence(self) -> Fence:
        """Where numbers may not be forwarded to."""
        own = (self.sip_address, self.sip_advertised, self.media_address, self.media_advertised, self.web_address)
        pbx, port = self.sandbox.pbx_address, self.sandbox.pbx_port
        ports = (port, port + 1, CLOSED_PORT) if self.sandbox.enabled else ()
        return Fence(
            open=self.sip.local_targets,
            loopback=ipaddress.ip_address(self.sip_address).is_loopback,
            own=tuple(sorted({*own, self.cluster.address} - {""})),
            exempt=tuple(place(pbx, its) for its in ports),
        )

    @property
    def dns_zone(self) -> str:
        return self.dns.zone or self.sip.domain.partition(".")[2] or self.sip.domain

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.home / 'control.db'}"


def home_folder() -> Path:
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
        return Settings(home=home_folder().absolute())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{home_folder() / 'trunkline.toml'} is not valid TOML: {error}") from error
    except pydantic_settings.SettingsError as error:  # its text names the section
        example = "TRUNKLINE_DNS__SERVERS='[\"192.0.2.53\"]'"
        raise SettingsError(
            f"{error}: in the environment a list is written as JSON, like {example}. {words.WHERE}"
        ) from error
    except ValidationError as error:
        raise SettingsError("\n".join(words.explain(fault) for fault in error.errors())) from error


def stored(text: str) -> Settings:
    """Settings as `model_dump_json` wrote them; neither the file nor the environment is looked at."""
    return _Stored.model_validate_json(text)


class _Stored(Settings):
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, *_, **__):
        return (init_settings,)


def _check_sections() -> None:
    """Refuse a variable of a section that does not exist, which would be left unread."""
    for variable in sorted(os.environ):
        section, separator, _ = variable.removeprefix("TRUNKLINE_").partition("__")
        if variable.startswith("TRUNKLINE_") and separator and section.lower() not in Settings.model_fields:
            raise SettingsError(f"{variable}: there is no section {section.lower()!r}. {words.WHERE}")
