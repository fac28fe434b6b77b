"""The sections of a node's settings that are about calls: each key, its default, and what it may be."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trunkline.settings.addresses import ip, ips, told
from trunkline.settings.urls import POSTGRESQL, is_postgresql

Port = Annotated[int, Field(ge=1, le=65535)]
Milliseconds = Annotated[int, Field(ge=100, le=600_000)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Section):
    name: str = Field(
        "node1", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="This machine's name in records and status."
    )
    region: str = Field(
        "default",
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="Where this machine is, like `eu-west`: a heading of `ranges` where there is no endpoint.",
    )
    measure: bool = Field(
        True,
        description="Ask customers' PBXs by OPTIONS, each once an hour, how far from this node they are.",
    )


class Sip(Section):
    domain: str = Field(
        "sip.trunkline.internal",
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        description="The trunk's name: the digest realm, and the host in every From and To that we send. "
        "Key secrets are kept as digests over it: whoever changes it has to make all secrets again.",
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
        description="Kamailio processes per UDP socket, and as many for TCP and TLS. 0: one per CPU that the node may "
        "use, at least 2.",
    )
    memory_mb: int = Field(
        512, ge=64, le=65536, description="Kamailio's shared memory, MB. Half is for TLS connections, 0.12 MB each."
    )
    local_targets: bool = Field(
        False,
        description="Let *Forward to SIP* lead to loopback and link-local addresses and this machine's own, for a PBX "
        "on the same machine. Without it only to loopback, and only where `sip.address` is such an address.",
    )

    _addresses = field_validator("address", "advertised")(told)


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
    port_max: Port = Field(39999, description="Last RTP port. A call takes four: 10,000 are enough for 2,500 at once.")
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

    _addresses = field_validator("address", "advertised")(told)

    @model_validator(mode="after")
    def _range(self):
        if self.port_max - self.port_min < 100 * self.relays - 1:
            least = f"port_min + {100 * self.relays - 1}"
            raise ValueError(f"port_max must be at least {least}: a call takes four ports, and each relay has its own")
        return self


class Calls(Section):
    carrier_timeout_ms: Milliseconds = Field(5000, description="Silence after which the next carrier is tried, ms.")
    trying_timeout_ms: Milliseconds = Field(
        20_000, description="How long a carrier that has said 100 may take until it rings; then the next is tried, ms."
    )
    ring_timeout_ms: Milliseconds = Field(120_000, description="Ringing after which a call is given up, ms.")
    max_seconds: int = Field(14_400, ge=2, le=604_800, description="The longest a call may last; then it is ended, s.")
    dead_seconds: int = Field(
        60, ge=2, le=3600, description="Silence of both parties, RTP and RTCP, after which a call is ended, s."
    )
    one_way_seconds: int = Field(
        600, ge=2, le=86_400, description="Silence of one party, the other being heard, after which a call is ended, s."
    )
    hold_seconds: int = Field(3600, ge=2, le=86_400, description="Silence on hold after which a call is ended, s.")
    keep_days: int = Field(0, ge=0, le=36_500, description="Days for which a call's record is kept. 0: for ever.")


class Limits(Section):
    requests_per_10s: int = Field(
        300, ge=10, description="Requests in 10 s from one unknown address before it is banned."
    )
    refusals_per_minute: int = Field(
        20, ge=3, description="Wrong credentials a minute from one address before it is banned."
    )
    ban_seconds: int = Field(300, ge=1, le=86400, description="How long a banned address is not answered, s.")
    source_days: int = Field(
        400,
        ge=1,
        le=3650,
        description="For so many days after a customer's last call from an address, no other customer may list that "
        "address as a source.",
    )


class Database(Section):
    url: str = Field(
        "",
        description="`postgresql://user:password@host/name`, or `sqlite:////path`. Empty: `control.db` in the home.",
    )
    replica_url: str = Field(
        "",
        description="A streaming replica of that PostgreSQL, for this node to follow the changes at: "
        "`postgresql://user:password@host/name`. Empty: they are read from the database itself.",
    )

    @field_validator("url")
    @classmethod
    def _of_a_database(cls, value: str) -> str:
        if not (value == "" or re.match("sqlite:////.", value) or is_postgresql(value)):
            raise ValueError(f"it is not of this form: {POSTGRESQL}, or sqlite:////path")
        return value

    @field_validator("replica_url")
    @classmethod
    def _of_a_postgresql(cls, value: str) -> str:
        if not (value == "" or is_postgresql(value)):
            raise ValueError(f"it is not of this form: {POSTGRESQL}")
        return value

    @model_validator(mode="after")
    def _replica_of_postgresql(self):
        if self.replica_url and not self.url.startswith("postgres"):
            raise ValueError("replica_url is for a PostgreSQL: name one in url, or leave replica_url out")
        return self


class Cluster(Section):
    address: str = Field(
        "",
        description="IP address at which this node hears the others, in a network that is theirs alone: registrations "
        "are then known on all nodes. Empty: this node is alone.",
    )
    port: Port = Field(5090, description="UDP port of that address, the same on all nodes.")
    peers: list[str] = Field([], description="The `address` of other nodes, to begin with; one is enough.")

    _address = field_validator("address")(told)

    _addresses = field_validator("peers")(ips)

    @model_validator(mode="after")
    def _heard_somewhere(self):
        if self.peers and not self.address:
            raise ValueError("peers needs address, at which this node hears them; for a node alone, leave peers out")
        return self


class Dns(Section):
    servers: list[str] = Field([], description="IP addresses of the name servers to ask. Empty: /etc/resolv.conf.")
    port: Port = Field(53, description="Port of those name servers.")
    zone: str = Field(
        "",
        pattern=r"^(|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$",
        description="The zone that the endpoints' records are written to. Empty: the parent of `sip.domain`.",
    )
    primary: str = Field("", description="IP address of the name server that takes updates of the zone (RFC 2136).")
    primary_port: Port = Field(53, description="Its TCP port.")
    ttl: int = Field(30, ge=1, le=86400, description="Time to live of the endpoints' records, s.")
    watch: bool = Field(
        False,
        description="Have this node take endpoints that do not answer out of the zone. Of several such nodes, one does "
        "so at a time.",
    )

    _addresses = field_validator("servers")(ips)

    _address = field_validator("primary")(ip)

    @model_validator(mode="after")
    def _primary_given(self):
        if self.watch and not self.primary:
            raise ValueError("watch needs primary, the name server that is written to")
        return self


class Journal(Section):
    rotate_mb: int = Field(64, ge=1, le=4096, description="Size at which the node starts the next journal file, MB.")


CLOSED_PORT = 9  # of the test PBX's address; nothing listens there, so that TCP is refused at once


class Sandbox(Section):
    enabled: bool = Field(True, description="Run the built-in test carrier and test PBX, and make an account for them.")
    carrier_address: str = Field("127.0.0.70", description="IP address of the test carrier, and of nobody else.")
    carrier_port: Port = Field(5060, description="The test carrier's UDP and TCP port.")
    pbx_address: str = Field("127.0.0.80", description="IP address of the test PBX.")
    pbx_port: int = Field(
        5060, ge=1, le=65534, description="The test PBX's UDP and TCP port; its TLS port is one higher."
    )

    _addresses = field_validator("carrier_address", "pbx_address")(told)
