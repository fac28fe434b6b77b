"""Calls as scenarios place them: from a PBX to the service, and what came of them."""

import asyncio

from harness.edge import Edge
from harness.world import Key
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.message import Response
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.ua import Agent

CALLER = "<sip:+447700900000@pbx.example>"


async def dial(edge: Edge, ua: Agent, key: Key | None, number: str, **options) -> OutgoingCall:
    """A PBX's INVITE; options are those of `Agent.dial`, and `secret` and `via` replace the usual ones."""
    via = options.pop("via", None) or getattr(edge, ua.transport)
    if key:
        options = {"user": key.name, "secret": key.secret} | options
    uri = options.pop("uri", None) or edge.uri(number)
    return await ua.dial(uri, via, **({"caller": CALLER} | options))


async def answered(edge: Edge, ua: Agent, far: Agent, key: Key | None, number: str, **options) -> tuple:
    """A call that the far side answers: (our end, the far end)."""
    call = await dial(edge, ua, key, number, **options)
    incoming = await far.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    return call, incoming


async def arrival(call: OutgoingCall, far: Agent) -> IncomingCall | None:
    """`call` where it reaches the far side, not answered yet; None when it has its final response first."""
    coming, over = asyncio.ensure_future(far.next_call()), asyncio.ensure_future(call.final())
    await asyncio.wait((coming, over), return_when=asyncio.FIRST_COMPLETED)
    ended = over if coming.done() else coming
    ended.cancel()
    return await coming if ended is over else None


async def hang_up(call: OutgoingCall, incoming: IncomingCall) -> None:
    """The caller ends a call that is up, and the far side hears of it."""
    response = await call.bye()
    assert response.code == 200, f"the BYE got {response.code}:\n{response}"
    await incoming.hung_up()


async def refused(edge: Edge, ua: Agent, key: Key | None, number: str, **options) -> Response:
    """The response that refuses a call, whose `Warning` must say why."""
    call = await dial(edge, ua, key, number, **options)
    response = await call.final()
    assert response.code >= 300, response
    assert response.warning, f"{response.code} does not say why:\n{response}"
    return response


async def refused_as_journaled(edge: Edge, ua: Agent, key: Key | None, number: str, called: str, **options):
    """A refusal before any attempt: the response, whose words are those of the journal's one line."""
    response = await refused(edge, ua, key, number, **options)
    events = await edge.events("reject", called=called)
    assert [event["event"] for event in events] == ["reject"]
    assert events[0]["code"] == response.code
    assert events[0]["warning"] == response.warning
    return response


def active(edge: Edge, account_id: int) -> int:
    """Calls at once that the edge counts for an account."""
    dumped = edge.rpc("htable.dump", "active")
    slots = [slot for entry in dumped for slot in (entry.get("slot", []) if isinstance(entry, dict) else [])]
    return next((int(slot["value"]) for slot in slots if slot["name"] == str(account_id)), 0)
