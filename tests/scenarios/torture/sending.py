"""Torture messages on their way, and what must be true when they are dealt with."""

import asyncio
import re
import time

from harness import placing
from harness.edge import Edge
from harness.polling import PATIENCE
from harness.world import Key
from trunkline.sandbox import digest
from trunkline.sandbox.message import Request, Response
from trunkline.sandbox.ua import Agent

_FROM = re.compile(rb"^((?:from|f)[ \t]*:[^\r\n]*?sips?:)[^@\s]*@", re.IGNORECASE | re.MULTILINE)


async def final(ua: Agent, data: bytes, edge: Edge) -> Response:
    """The final response to a message."""
    ua.strays.clear()
    await ua.send_raw(data, getattr(edge, ua.transport))
    return await ua.until(lambda: next(iter(finals(ua)), None), PATIENCE, "a final response")


def finals(ua: Agent) -> list[Response]:
    return [stray for stray in ua.strays if isinstance(stray, Response) and stray.code >= 200]


def copied(message: Request | Response) -> list:
    """What a response takes over from its request (RFC 3261 §8.2.6.2)."""
    caller = " ".join(message.get("From").split()).replace(" ;", ";").replace("; ", ";").replace(" = ", "=")
    return [len(message.values("Via")), message.branch, message.call_id, message.cseq, caller]


def ack(request: Request, response: Response) -> bytes:
    """The ACK of a refusal (RFC 3261 §17.1.1.3)."""
    made = Request("ACK", request.uri, headers=[("Via", request.values("Via")[0]), ("Max-Forwards", "70")])
    made.headers += [("From", request.get("From")), ("To", response.get("To")), ("Call-ID", request.call_id)]
    made.add("CSeq", f"{request.cseq[0]} ACK")
    return bytes(made)


async def signed(data: bytes, edge: Edge, ua: Agent, key: Key) -> bytes:
    """A request with a key's credentials in front of its other header fields."""
    line, _, rest = data.partition(b"\r\n")
    method, uri, _ = line.decode().split()
    registers = method == "REGISTER"
    asked = await ua.request("REGISTER" if registers else "INVITE", edge.uri("1"), getattr(edge, ua.transport))
    challenges = asked.all("WWW-Authenticate" if registers else "Proxy-Authenticate")
    credentials = digest.answer(digest.choose(challenges), method, uri, key.name, key.secret)
    name = "Authorization" if registers else "Proxy-Authorization"
    return b"\r\n".join([line, f"{name}: {credentials}".encode(), rest])


def from_number(data: bytes, number: str) -> bytes:
    """The same, with a number for the user part of From."""
    return _FROM.sub(rb"\g<1>" + number.encode() + b"@", data, count=1)


def unended(edge: Edge) -> int:
    """Transactions under way; of earlier tests some wait for parties that are gone."""
    stats = edge.rpc("tm.stats")
    return stats["current"] - stats["waiting"]


async def nothing_left(edge: Edge, others: int, account: int = 0) -> None:
    """Wait until every transaction but `others`, of before, has ended and no call of an account is counted."""
    deadline = time.monotonic() + PATIENCE
    while (left := unended(edge)) > others or (account and placing.active(edge, account)):
        assert time.monotonic() < deadline, f"left behind: {left}, {placing.active(edge, account)} calls of {account}"
        await asyncio.sleep(0.05)
