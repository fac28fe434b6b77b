"""The test carrier: telephone numbers that behave in known ways.

The numbers are of country code 999, which the ITU has reserved (E.164 list of assigned codes): no call to them
can ever leave for the real network.
"""

import logging

from trunkline.sandbox import behaviour
from trunkline.sandbox.codecs import CODECS
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.trace import Trace
from trunkline.sandbox.ua import Agent
from trunkline.settings import Settings
from trunkline.sip.number import e164

log = logging.getLogger(__name__)

PREFIX = "999"
USER, SECRET = "sandbox", "sandbox-secret"
TONE = 440  # Hz

ECHO, BUSY, RINGING, UNAVAILABLE, TONE_AFTER_RINGING = (f"999100000{n}" for n in range(1, 6))
EARLY_MEDIA, DECLINED, UNKNOWN, SILENT, CHALLENGED = (f"99910000{n:02}" for n in range(6, 11))
CODEC_NUMBERS = {name: f"99910000{n}" for n, name in enumerate(CODECS, 21)}

NUMBERS: dict[str, tuple[str, behaviour.Behaviour]] = {
    ECHO: ("echo", behaviour.echo),
    BUSY: ("busy, 486", behaviour.refuse(486)),
    RINGING: ("rings until cancelled", behaviour.ring),
    UNAVAILABLE: ("unavailable, 503", behaviour.refuse(503)),
    TONE_AFTER_RINGING: ("rings 2 s, then a 440 Hz tone", behaviour.tone(TONE, behaviour.RING_SECONDS)),
    EARLY_MEDIA: ("a tone as early media, answered after 2 s", behaviour.early_media(TONE)),
    DECLINED: ("declined, 603", behaviour.refuse(603)),
    UNKNOWN: ("unknown, 404", behaviour.refuse(404)),
    SILENT: ("no response at all", behaviour.silent),
    CHALLENGED: ("asks for a digest, then echo", behaviour.challenge(USER, SECRET, behaviour.echo)),
    **{
        number: (f"answers in {name} alone with a tone", behaviour.speaks(name, TONE))
        for name, number in CODEC_NUMBERS.items()
    },
}


def open_carrier(settings: Settings, trace: Trace | None = None):
    """The carrier, listening on its address by UDP and TCP; await it or use it in `async with`."""
    opening = open_on(settings.sandbox.carrier_address, settings.sandbox.carrier_port, trace)
    opening.agent.share_nat(settings)
    return opening


def open_on(address: str, port: int = 0, trace: Trace | None = None):
    """A carrier anywhere, for tests."""
    opening = Agent.open(address, port=port, transports=("udp", "tcp"), name="carrier", trace=trace or Trace(100))
    opening.agent.on_call = serve
    return opening


async def serve(call: IncomingCall) -> None:
    """Do what the called number is for; a number that is not ours is 404."""
    number = e164(call.user) or ""
    text, behave = NUMBERS.get(number, ("not a number of the sandbox, 404", behaviour.refuse(404)))
    log.info("carrier: call from %s to %s: %s", call.caller.uri, call.user or "nobody", text)
    await behave(call)
