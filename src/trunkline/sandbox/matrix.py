"""Each of the six codecs against each: calls whose audio is judged by its content, both ways, and a digit.

The callee answers in one codec alone and plays a tone; the caller must hear it, and plays another; the callee says by
telephone-event that it has heard that one. So nothing passes that is one-way, silent, or not decoded.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from trunkline.sandbox import behaviour, carrier, codecs, pbx, sdp
from trunkline.sandbox.codecs import CODECS
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.probe import Bench
from trunkline.sandbox.rtp import AudioError
from trunkline.sandbox.tone import DEFAULT_LEVEL

AT_ONCE = 8  # calls
PATIENCE = 6.0  # s, for a tone or digit: many calls share a machine

type Dial = Callable[[str, tuple[str, ...]], Coroutine[object, object, OutgoingCall]]
# (the callee's codec, the caller's codecs) -> a call that has its final response


@dataclass(frozen=True, slots=True)
class Cell:
    """One call. `text`: the level that was heard, dBFS, or why it could not be, e.g. '488'."""

    caller: str
    callee: str
    ok: bool
    text: str


async def measure(dial: Dial, tone: int) -> list[Cell]:
    """Every pair, caller by caller. `tone`: what the callees play, Hz."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def cell(caller: str, callee: str) -> Cell:
        async with turn:
            return await _cell(dial, tone, caller, callee)

    return await asyncio.gather(*(cell(caller, callee) for caller in CODECS for callee in CODECS))


async def through(bench: Bench) -> dict[str, list[Cell]]:
    """The same through a running node, by its sandbox: calls from its PBX to its carrier, and the other way."""

    async with bench.customer() as customer, bench.carrier() as trunk:

        async def outward(callee: str, offered: tuple[str, ...]) -> OutgoingCall:
            return await bench.outbound(customer, carrier.CODEC_NUMBERS[callee], codecs=offered)

        async def inward(callee: str, offered: tuple[str, ...]) -> OutgoingCall:
            return await bench.inbound(trunk, callee, codecs=offered)

        return {
            "from a PBX to a carrier": await measure(outward, carrier.TONE),
            "from a carrier to a PBX": await measure(inward, pbx.TONE),
        }


async def _cell(dial: Dial, tone: int, caller: str, callee: str) -> Cell:
    try:
        call = await dial(callee, (caller, sdp.EVENT, f"{sdp.EVENT}/16000"))
    except (TimeoutError, OSError) as error:
        return Cell(caller, callee, False, str(error))
    if call.code != 200:
        # What nothing can encode is refused, in words; to carry it would be a call that is silent one way.
        refused = call.code == 488 and bool(call.warning) and "iLBC" in (caller, callee) and caller != callee
        return Cell(caller, callee, refused, str(call.code))
    try:
        return await _talk(call, tone, caller, callee)
    finally:
        await call.bye()


async def _talk(call: OutgoingCall, tone: int, caller: str, callee: str) -> Cell:
    ours, theirs = (codecs.ILBC_TONE,) * 2 if caller == callee == "iLBC" else (behaviour.PROBE, tone)
    agreed = call.remote_audio.codec
    if agreed.name != caller:
        return Cell(caller, callee, False, f"answered in {agreed.name}")
    try:
        heard = await call.audio.hear(theirs, PATIENCE, level=DEFAULT_LEVEL)
        call.audio.play(ours)
        await call.audio.until(lambda: behaviour.HEARD in call.audio.digits, PATIENCE, "the callee to hear us")
    except (AudioError, TimeoutError) as error:
        return Cell(caller, callee, False, str(error))
    return Cell(caller, callee, True, f"{heard.level:.1f}")


def table(cells: list[Cell]) -> str:
    """Rows: the caller's codec; columns: the callee's. What failed is in brackets, with its reason below."""
    width = max(map(len, CODECS)) + 3
    rows = {cell: "" for cell in CODECS}
    for cell in cells:
        rows[cell.caller] += f"{cell.text if cell.ok else '[wrong]':>{width}}"
    lines = [" " * width + "".join(f"{name:>{width}}" for name in CODECS)]
    lines += [f"{name:<{width}}{row}" for name, row in rows.items()]
    return "\n".join(lines + [f"{c.caller} to {c.callee}: {c.text}" for c in cells if not c.ok])
