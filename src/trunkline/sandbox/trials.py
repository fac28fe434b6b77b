"""Tries for a customer what its *Forward to SIP* list comes to: OPTIONS to each URI, or a short call to the number.

All goes through the node's own edge (see contract.trial), from the address that calls come from.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from trunkline.contract import trial
from trunkline.sandbox import behaviour
from trunkline.sandbox.dialog import token
from trunkline.sandbox.message import Request, Response
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.transport import Hop
from trunkline.sandbox.ua import Agent
from trunkline.settings import Settings
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.uri import DEFAULT_PORT, is_ip

ADDRESSES = 3  # of one URI that are asked, at most
ANSWER_SECONDS = 8.0  # above what the edge waits, which says more than our patience
LONGEST_REASON = 200  # characters; a PBX may write what it likes
PAUSE = 10.0  # s between two questions to one address, whoever wants them
RING_SECONDS, TALK_SECONDS = 40.0, 4.0
SILENT, FAILED = 408, 477  # what the edge answers for a target that says nothing, or refuses the connection

type Address = tuple[str, int]
# The addresses of host, port and transport, or why there is none.
type Locate = Callable[[str, int, str], Awaitable[tuple[list[Address], str]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """`address` is '' where nothing was asked, and `code` 0; `problem` then, or instead of an answer, says why."""

    uri: str
    address: str = ""
    code: int = 0
    reason: str = ""
    ms: int = 0
    problem: str = ""


class Trials:
    """`key` is `trial.key`; `own` is the domain that stands for PBXs which register."""

    def __init__(self, settings: Settings, key: str, locate: Locate):
        self._settings, self._key, self._locate, self._domain = settings, key, locate, settings.sip.domain
        self._address, self._edge = settings.sip_address, Hop("udp", settings.sip_address, settings.sip.port)
        self._asked: dict[Address, float] = {}

    async def ask(self, targets: Sequence[ForwardTarget]) -> list[Asked]:
        """OPTIONS to the addresses of each target; what came, in order."""
        async with Agent.open(self._address, name="trial") as agent:
            found = await asyncio.gather(*(self._ask_target(agent, target) for target in targets))
        return [asked for of_one in found for asked in of_one]

    async def _ask_target(self, agent: Agent, target: ForwardTarget) -> list[Asked]:
        uri = str(target)
        if target.host == self._domain:
            return [await self._options(agent, target.uri, Asked(uri, "the registered PBX"), "")]
        port, problem = target.port or DEFAULT_PORT[target.transport], ""
        places = [(target.host, port)]
        if not is_ip(target.host):
            places, problem = await self._locate(target.host, target.port, target.transport)
        if not places:
            return [Asked(uri, problem=problem)]
        asked = []
        for ip, its_port in places[:ADDRESSES]:
            host = f"[{ip}]" if ":" in ip else ip
            said = Asked(uri, f"{target.transport}:{host}:{its_port}")
            if self._too_soon((ip, its_port)):
                asked.append(Asked(uri, said.address, problem="it was asked a moment ago: wait 10 seconds"))
            else:
                hop = f"sip:{host}:{its_port};transport={target.transport}"
                asked.append(await self._options(agent, target.uri, said, hop))
        return asked

    async def _options(self, agent: Agent, uri: str, asked: Asked, hop: str) -> Asked:
        call_id, began = token(), time.monotonic()
        header = trial.seal(self._key, call_id, uri, time.time(), hop)
        try:
            response = await agent.options(
                uri, self._edge, headers=[("Call-ID", call_id), (trial.HEADER, header)], timeout=ANSWER_SECONDS
            )
        except TimeoutError:
            return Asked(asked.uri, asked.address, problem="our own edge does not answer")
        ms = round(1000 * (time.monotonic() - began))
        if problem := _failure(response):
            return Asked(asked.uri, asked.address, ms=ms, problem=problem)
        return Asked(asked.uri, asked.address, response.code, response.reason[:LONGEST_REASON], ms)

    def _too_soon(self, place: Address) -> bool:
        now = time.monotonic()
        self._asked = {known: when for known, when in self._asked.items() if now - when < PAUSE}
        return self._asked.setdefault(place, now) != now

    async def call(self, number: str) -> dict[str, object]:
        """Call a number as from the telephone network, play a tone for a moment, and hang up.

        `call_id` finds the record, which tells the rest; `heard` is whether audio came back.
        """
        uri = f"sip:{number}@{self._domain}"

        def sealed(invite: Request) -> None:
            invite.set(trial.HEADER, trial.seal(self._key, invite.call_id, uri, time.time()))

        async with Agent.open(self._address, name="trial") as agent:
            agent.share_nat(self._settings)
            caller = f"<sip:{number}@{self._domain}>"
            call = await agent.dial(uri, self._edge, caller=caller, headers=[(trial.HEADER, "")], edit=sealed)
            heard = await self._talk(call)
        return {"call_id": call.call_id, "code": call.code, "reason": call.reason[:LONGEST_REASON], "heard": heard}

    async def _talk(self, call: OutgoingCall) -> bool:
        try:
            response = await call.final(RING_SECONDS)
        except TimeoutError:
            await call.cancel()
            await call.final(ANSWER_SECONDS)
            return False
        if response.code != 200:
            return False
        call.audio.play(behaviour.PROBE)
        await call.sleep_until_ended(TALK_SECONDS)
        if not call.ended:
            await call.bye()
        return call.audio.received > 0


def _failure(response: Response) -> str:
    """What went wrong before a PBX could answer; '' when one did. The edge's own words are in its Warning."""
    if response.code == SILENT:
        return "it does not answer"
    if response.code == FAILED:
        return "the connection was refused or failed"
    return response.warning
