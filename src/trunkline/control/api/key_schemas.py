"""What the API takes and gives of keys."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from trunkline.contract.journal import DENIALS
from trunkline.control.api.schemas import NEXT, Body

Scope = Literal["calls", "manage", "owner"]


class Secret(Schema):
    slot: int = Field(description="1 or 2.")
    created: datetime
    usable: bool = Field(description="False for a secret that was made for another domain.")


class Denial(Schema):
    """The newest credentials of a key that were refused: what to mend in a PBX that is not let in."""

    time: datetime
    method: str = Field(description="Of the request: INVITE or REGISTER.")
    source: str = Field(description="Where it came from, like `udp:192.0.2.7:5060`.")
    cause: Literal[*DENIALS] = Field(
        description="`secret`: it was wrong; `recipient`: the digest was made for another recipient than the called "
        "one; `algorithm`: it was not one that the challenge offered; `banned`: the credentials were wrong so often "
        "that whoever sent them gets no answer for a while."
    )
    words: str = Field(description="All of it in a sentence.")


class Registration(Schema):
    """The newest contact of a PBX that registered with a key. Nodes tell of it within seconds."""

    state: Literal["registered", "expired", "ended", "never"] = Field(
        description="`expired`: the PBX did not register again in time; `ended`: it was ended early, usually by the "
        "PBX; `never`: no PBX has registered with the key, and all but `words` is null."
    )
    source: str | None = Field(description="Where its newest REGISTER came from, like `udp:192.0.2.7:5060`.")
    user_agent: str | None = Field(description="What the PBX calls itself.")
    node: str | None = Field(description="The node of the service that it registered at.")
    since: datetime | None = Field(description="When it began there, without a break.")
    refreshed: datetime | None = Field(description="When its newest REGISTER came.")
    until: datetime | None = Field(description="When it ends unless the PBX registers again, or when it ended.")
    words: str = Field(description="What it means for calls, or what to do.")


class Key(Schema):
    key: str = Field(description="The digest username of a PBX, and the user of this API.")
    scope: Scope = Field(
        description="`calls`: nothing of this API; `manage`: all of it but users and audit; `owner`: all of it."
    )
    enabled: bool
    created: datetime
    secrets: list[Secret]
    denied: Denial | None = Field(description="Noted once a minute; null where none were refused yet.")
    registration: Registration | None = Field(description="null for an `owner` key, which no PBX can use.")


class KeyWithSecret(Key):
    secret: str = Field(description="The secret that was made. It is shown only this once.")


class Keys(Schema):
    items: list[Key]
    next: str | None = NEXT


class KeyToMake(Body):
    scope: Scope = Field(
        "manage", description="At most that of the key that asks. An `owner` key is for programs: no PBX can use it."
    )


class KeyChange(Body):
    """What is null stays."""

    scope: Literal["calls", "manage"] | None = Field(None, description="Only of a key whose scope is not `owner`.")
    enabled: bool | None = Field(
        None, strict=True, description="A disabled key is refused, by the edge and here; its secrets stay."
    )
