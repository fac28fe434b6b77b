"""The shapes of what is asked and answered; the reference and the OpenAPI document are made from them."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

Kind = Literal["landline", "mobile-lvn", "landline-toll-free"]
Place = Literal["starts", "contains", "ends"]
SipTransport = Literal["udp", "tcp", "tls"]
Outcome = Literal["open", "answered", "cancelled", "failed", "rejected"]
E164 = Field(description="E.164; '+', spaces and punctuation are optional.", max_length=32, examples=["+447700900000"])
NEXT = Field(description="The `cursor` of the next portion; null when there is none.")


class Body(Schema, extra="forbid"):
    """What a client sends: a field that there is not is an error, not left unread."""


class Target(Schema):
    uri: str = Field(description="The Request-URI that the call is sent to.")
    user: str
    host: str
    port: int = Field(description="0: DNS says (RFC 3263).")
    transport: str
    timeout_ms: int = Field(description="How long it may be silent before the next one is called, ms.")
    media: str = Field(description="`rtp`, `srtp`, or empty: as the account's `srtp` says.")


class ForSale(Schema):
    number: str = Field(description="E.164, with '+'.")
    country: str = Field(description="ISO 3166 alpha-2; `ZZ` for a country code that belongs to no country.")
    kind: Kind
    monthly_cost: str = Field(description="EUR a month, like `1.25`.")


class Number(ForSale):
    forward: str = Field(description="The *Forward to SIP* list: URIs in order, separated by commas.")
    targets: list[Target] = Field(description="The entries of the list, in order.")
    warnings: list[str] = Field(description="What you should know about the list, although it can be used.")


class Numbers(Schema):
    items: list[Number]
    next: str | None = NEXT


class NumbersForSale(Schema):
    items: list[ForSale]
    next: str | None = NEXT


class Purchase(Body):
    number: str = E164
    monthly_cost: str | None = Field(
        None, max_length=16, description="The price that the search gave: if it has changed, the number is not bought."
    )


class Forward(Body):
    forward: str = Field(
        max_length=10_000,
        description="SIP URIs in order, separated by commas; each may end in `;timeout=` (ms, 2000 to 20000), "
        "`;transport=tls` or `tcp`, and `;media=srtp` or `rtp`. Empty: calls are refused.",
        examples=["sip:1234@example.com;timeout=2000,sip:1234@example.net;transport=tls"],
    )


class ForwardChecked(Schema):
    """What a list would come to."""

    forward: str = Field(description="The list as it would be kept.")
    targets: list[Target]
    warnings: list[str]


class TrialToBegin(Body):
    kind: Literal["options", "call"] = Field(
        description="`options`: ask each target by OPTIONS; `call`: call the number as anybody would."
    )


class Asked(Schema):
    """One address of a target."""

    uri: str
    address: str = Field(description="Empty where nothing was asked.")
    code: int = Field(description="0: there was no answer.")
    reason: str
    ms: int = Field(description="Until the answer, ms.")
    problem: str


class Trial(Schema):
    id: int
    kind: str
    number: str
    state: Literal["waiting", "working", "done", "lost"]
    created: datetime
    finished: datetime | None
    problem: str = Field(description="Why nothing came of it.")
    asked: list[Asked] = Field(description="Of `options`: what was asked, in order.")
    call: str | None = Field(description="Of `call`: the `uid` of its record, some seconds after it.")
    code: int | None = Field(description="Of `call`: of the final response; null without one.")


class Coordinates(Body):
    """Both, or both null where the place is not known."""

    latitude: float | None = Field(strict=True, description="Degrees, -90 to 90; south is negative.")
    longitude: float | None = Field(strict=True, description="Degrees, -180 to 180; west is negative.")


class Source(Schema):
    id: int
    network: str = Field(description="An address or network, with `:port` if only that port counts.")


class Sources(Schema):
    items: list[Source]
    next: str | None = NEXT


class SourceToAdd(Body):
    network: str = Field(
        max_length=64,
        description="An address or a network in CIDR; followed by `:port` if only that port counts.",
        examples=["192.0.2.7", "192.0.2.0/28:5080", "[2001:db8::7]:5080"],
    )


class Account(Schema):
    name: str
    enabled: bool
    calls_per_second: int = Field(description="Calls begun in one second; 0 is no limit.")
    calls_at_once: int = Field(description="0 is no limit.")
    destinations: list[str] = Field(description="E.164 prefixes that may be called; empty: everywhere.")
    caller_id: str = Field(description="`any` E.164 number may be the caller, or only those `owned` by the account.")
    srtp: str = Field(description="`accepted`, `offered` or `required`.")
    latitude: float | None = Field(
        description="Where its PBX is, as somebody said, degrees; south is negative. Null: nobody said."
    )
    longitude: float | None = Field(description="West is negative.")
    numbers: int = Field(description="How many the account has.")
    numbers_at_most: int = Field(description="It can buy numbers until it has so many; 0: it buys and releases none.")
    sources: list[str] = Field(description="Networks whose calls need no key.")
    created: datetime


class Transport(Schema):
    transport: str
    port: int
    uri: str = Field(description="What a PBX sends its requests to.")


class Range(Schema):
    purpose: str = Field(description="`signalling` or `media`.")
    direction: str = Field(description="Packets `to` us, or `from` us.")
    protocol: str
    address: str = Field(description="An address or a network of ours.")
    port_min: int = Field(description="Ours, whatever the port of the other side is.")
    port_max: int
    note: str


class Endpoint(Schema):
    name: str
    host: str = Field(description="A name, or an address where there is none.")
    city: str
    region: str
    addresses: list[str]
    transports: list[Transport]
    ranges: list[Range] = Field(description="What a firewall has to let through.")


class Trunk(Schema):
    domain: str = Field(description="The digest realm, and the host of SIP URIs.")
    services: list[str] = Field(description="Names of the SRV records to ask for, if the operator has published them.")
    tls_floor: str = Field(description="The oldest TLS version that is accepted.")
    codecs: list[str] = Field(description="In the order in which they are offered.")
    endpoints: list[Endpoint] = Field(description="The places where PBXs reach the service.")


class Call(Schema):
    uid: str
    direction: str = Field(description="`outbound`, `inbound`, or `internal` between two customers.")
    outcome: Outcome = Field(description="`open`: it is not over.")
    caller: str
    called: str
    key: str
    carrier: str
    source: str
    media: str = Field(description="`srtp`, or empty for RTP: between the caller and us.")
    call_id: str
    far_call_id: str = Field(description="Of a call to one of your numbers: the Call-ID that your PBX got.")
    started: datetime
    ringing: datetime | None
    answered: datetime | None
    ended: datetime | None
    duration: float | None = Field(description="From the answer to the end, s.")
    code: int | None = Field(description="Of the final response.")
    reason: str
    warning: str = Field(description="Why we refused it.")
    fault: str | None = Field(description="Whose: `caller`, `callee`, `target`, `origin`, `trunk`, `nobody`.")
    hung_up_by: str
    hung_up_reason: str
    caller_packets: int | None
    caller_lost: int | None
    caller_jitter: float | None = Field(description="ms")
    caller_round_trip: float | None = Field(description="ms")
    caller_mos: float | None
    callee_packets: int | None
    callee_lost: int | None
    callee_jitter: float | None
    callee_round_trip: float | None
    callee_mos: float | None


class Calls(Schema):
    items: list[Call]
    next: str | None = NEXT


class Attempt(Schema):
    n: int
    kind: str
    target: str
    address: str
    media: str
    started: datetime | None
    ringing: datetime | None
    ended: datetime | None
    code: int | None
    reason: str
    cause: str = Field(description="Why it failed.")
    said: str = Field(description="What its final response says in `Warning` and `Reason`.")


class Step(Schema):
    time: datetime
    who: str
    what: str


class CallInFull(Call):
    verdict: str = Field(description="Whose fault it was and why, in words.")
    advice: str = Field(description="What to do next; empty if there is nothing to do, or `warning` says it.")
    attempts: list[Attempt]
    timeline: list[Step]
