"""The sections of what people and programs meet beside calls: the dashboard, the API, the log, mail, figures."""

import ipaddress
import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from trunkline.settings.addresses import ip, ips
from trunkline.settings.sections import Port, Section


class Web(Section):
    enabled: bool = Field(True, description="Serve the dashboard from this node.")
    address: str = Field("", description="IP address that the dashboard listens on. Empty: `sip.address`.")
    port: Port = Field(8443, description="Its TCP port.")
    hosts: list[str] = Field(
        [],
        description="Host names by which people reach the dashboard, like `trunk.example.com`; with `:PORT` where that "
        "is neither `web.port` nor 443. The first one is printed by `up`, and links in mails have one of them. "
        "`sip.domain` and the node's addresses always work.",
    )
    tls: bool = Field(
        True, description="Serve HTTPS with the node's certificate. `false`: HTTP, for a proxy that ends TLS in front."
    )
    proxies: list[str] = Field(
        [], description="IP addresses of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."
    )
    workers: int = Field(2, ge=1, le=32, description="Processes that answer requests.")
    requests_per_minute: int = Field(
        600,
        ge=60,
        le=1_000_000,
        description="Requests to the dashboard that a user may make in a minute, at each node.",
    )
    operators_second_factor: bool = Field(
        False, description="Operators must have a second factor: they see nothing before they have set one up."
    )

    _addresses = field_validator("address")(ip)

    _addresses_of_proxies = field_validator("proxies")(ips)

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, values: list[str]) -> list[str]:
        for value in values:
            if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?", value, re.ASCII):
                raise ValueError(f"{value!r} is not a host name in small letters, like trunk.example.com")
        return values

    @property
    def names(self) -> list[str]:
        """`hosts` without ports."""
        return [host.partition(":")[0] for host in self.hosts]

    @model_validator(mode="after")
    def _proxied(self):
        if not self.tls and not self.proxies:
            raise ValueError("tls = false sends passwords in the clear: name the proxy that ends TLS in proxies")
        return self


class Api(Section):
    requests_per_minute: int = Field(
        600, ge=1, le=1_000_000, description="Requests to the API that an account may make in a minute, at each node."
    )


class Audit(Section):
    keep_days: int = Field(0, ge=0, le=36_500, description="Days for which the audit log keeps an entry. 0: for ever.")


class Metrics(Section):
    port: int = Field(
        0, ge=0, le=65535, description="TCP port where Prometheus finds this node's figures, over HTTP. 0: nowhere."
    )
    address: str = Field("127.0.0.1", description="IP address to serve them at: one that strangers cannot reach.")

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        return str(ipaddress.ip_address(value))  # an empty one would be all there are


class Mail(Section):
    host: str = Field("", description="The SMTP server that sends our mail: links to new passwords. Empty: none.")
    port: Port = Field(587, description="Its TCP port.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls`, `tls` from the start (port 465), or `none`, for a server on this machine."
    )
    username: str = Field("", description="User name at that server. Empty: it asks for none.")
    password: str = Field("", description="The password of that user.")
    sender: str = Field("", description="The address that mail comes from, like `trunk@example.com`.")

    @model_validator(mode="after")
    def _sent_by(self):
        if self.host and "@" not in self.sender:
            raise ValueError("mail.host needs mail.sender: the address that mail comes from, like trunk@example.com")
        return self
