"""What the sandbox's answering side does with a call."""

from collections.abc import Callable, Coroutine

from trunkline.sandbox import codecs, digest, sdp
from trunkline.sandbox import tone as tones
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.incoming import IncomingCall

RING_SECONDS = 2.0
LONGEST_SECONDS = 600.0  # a test call that nobody ends is ended by us
PROBE = 600  # Hz
HEARD = "1"  # the digit by which a callee says that it has heard the probe
NONCES = 1000  # challenges that nobody answered are not kept for ever

type Behaviour = Callable[[IncomingCall], Coroutine]


async def echo(call: IncomingCall) -> None:
    """Answer, and send the caller's audio back."""
    await call.open_audio()
    call.audio.echo()
    await call.answer()
    await _stay(call)


def tone(frequency: int, ring_seconds: float = 0.0) -> Behaviour:
    """Ring for a while, answer, and play a tone (Hz) until the caller sends PROBE; from then on, echo.

    So one call shows both who answered and that its audio flows both ways.
    """

    async def behave(call: IncomingCall) -> None:
        await call.ring()
        if not await call.sleep_until_ended(ring_seconds):
            await _play(call, frequency)
            await call.answer()
            listening = call.agent.spawn(_echo_when_asked(call))
            await _stay(call)
            listening.cancel()

    return behave


def speaks(codec: str, frequency: int) -> Behaviour:
    """Answer in this codec alone and play a tone; say '1' as a telephone-event once the caller's PROBE was heard.

    Nothing encodes iLBC here, so with that the one tone that is stored serves both sides.
    """

    async def behave(call: IncomingCall) -> None:
        call.codecs = (codec, sdp.EVENT, f"{sdp.EVENT}/16000")
        try:
            await _play(call, codecs.ILBC_TONE if codec == "iLBC" else frequency)
            await call.answer()
        except sdp.SdpError:
            return  # and the call was refused with 488
        listening = call.agent.spawn(_confirm(call, codecs.ILBC_TONE if codec == "iLBC" else PROBE))
        await _stay(call)
        listening.cancel()

    return behave


async def _confirm(call: IncomingCall, frequency: int) -> None:
    await call.audio.hear(frequency, 2 * LONGEST_SECONDS, level=tones.DEFAULT_LEVEL)
    call.audio.dial(HEARD)


async def _echo_when_asked(call: IncomingCall) -> None:
    await call.audio.hear(PROBE, 2 * LONGEST_SECONDS)
    call.audio.echo()


def early_media(frequency: int, seconds: float = RING_SECONDS) -> Behaviour:
    """Play a tone before the answer, and go on with it."""

    async def behave(call: IncomingCall) -> None:
        await _play(call, frequency)
        await call.ring(183, body=AUTO)
        if not await call.sleep_until_ended(seconds):
            await call.answer()
            await _stay(call)

    return behave


def refuse(code: int) -> Behaviour:
    async def behave(call: IncomingCall) -> None:
        call.refuse(code)

    return behave


async def ring(call: IncomingCall) -> None:
    """Ring until the caller gives up."""
    await call.ring()
    await _stay(call)


async def silent(call: IncomingCall) -> None:
    """Not one response, as if nothing were there."""
    call.close()


def challenge(user: str, secret: str, then: Behaviour) -> Behaviour:
    """Ask for a digest; with the right one, do what `then` does."""
    nonces: set[str] = set()

    async def behave(call: IncomingCall) -> None:
        given = call.request.get("Proxy-Authorization") or ""
        if digest.verify(given, "INVITE", user, secret, nonces):
            nonces.discard(digest.parse(given)["nonce"])
            return await then(call)
        if len(nonces) >= NONCES:
            nonces.clear()
        asked = digest.challenge("sandbox-carrier")
        nonces.add(digest.parse(asked)["nonce"])
        return call.refuse(407, headers=[("Proxy-Authenticate", asked)])

    return behave


async def _play(call: IncomingCall, frequency: int) -> None:
    await call.open_audio()
    call.audio.play(frequency)


async def _stay(call: IncomingCall) -> None:
    if not await call.sleep_until_ended(LONGEST_SECONDS):
        if call.answered:
            await call.bye()
        else:
            call.refuse(480)
