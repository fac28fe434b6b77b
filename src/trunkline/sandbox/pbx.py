"""The test PBX: answers any call; the user part of the Request-URI says how."""

import asyncio
import json
import logging

from trunkline.home import Home
from trunkline.sandbox import behaviour
from trunkline.sandbox.certificate import self_signed
from trunkline.sandbox.codecs import CODECS
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.trace import Trace
from trunkline.sandbox.transport import Hop
from trunkline.sandbox.ua import Agent
from trunkline.settings import Settings

log = logging.getLogger(__name__)

TONE = 523  # Hz; not the carrier's, so that a check knows whom it hears
REGISTERED_TONE = 659  # Hz; the same for a call that came by way of the registration
REGISTER_EVERY = 60.0  # s
RETRY_EVERY = 1.0  # s, until the edge and the account are there

USERS: dict[str, behaviour.Behaviour] = {
    "tone": behaviour.tone(TONE),
    "registered": behaviour.tone(REGISTERED_TONE),
    "echo": behaviour.echo,
    "busy": behaviour.refuse(486),
    "503": behaviour.refuse(503),
    "silent": behaviour.silent,
    "ring": behaviour.ring,
    **{name.lower(): behaviour.speaks(name, TONE) for name in CODECS},
}


def open_pbx(settings: Settings, trace: Trace | None = None):
    """The PBX, listening by UDP and TCP, and by TLS on the next port; await it or use it in `async with`."""
    sandbox = settings.sandbox
    opening = open_on(sandbox.pbx_address, sandbox.pbx_port, sandbox.pbx_port + 1, trace)
    opening.agent.share_nat(settings)
    return opening


def open_on(address: str, port: int = 0, tls_port: int = 0, trace: Trace | None = None):
    """A PBX anywhere, for tests."""
    opening = Agent.open(
        address, port=port, tls_port=tls_port, transports=("udp", "tcp", "tls"), tls=self_signed(address),
        name="registered", trace=trace or Trace(100),
    )  # fmt: skip
    opening.agent.on_call = serve
    return opening


async def serve(call: IncomingCall) -> None:
    """Do what the called user is for; any other user gets the tone."""
    log.info("pbx: call from %s to %s", call.caller.uri, call.user or "nobody")
    await USERS.get(call.user, USERS["tone"])(call)


async def keep_registered(agent: Agent, settings: Settings) -> None:
    """Register with the sandbox's key for as long as we run; the key may appear or change at any time."""
    said = ""
    while True:
        state = await _register(agent, settings)
        if state != said:
            log.info("pbx: %s", state)
            said = state
        await asyncio.sleep(REGISTER_EVERY if state == "registered" else RETRY_EVERY)


async def _register(agent: Agent, settings: Settings) -> str:
    file = Home(settings.home).root / "sandbox.json"
    if not file.exists():
        return f"not registered: {file} is not there yet"
    account = json.loads(file.read_text())
    edge = Hop("udp", settings.sip_address, settings.sip.port)
    registrar = f"sip:{settings.sip.domain}"
    try:
        response = await agent.register(
            registrar, account["key"], account["secret"], edge, expires=int(3 * REGISTER_EVERY), timeout=5.0,
            contact=agent.contact_for(edge, "registered"),
        )  # fmt: skip
    except (OSError, TimeoutError) as error:
        return f"not registered: {error}"
    if response.code == 200:
        return "registered"
    return f"not registered: {response.code} {response.reason} {response.warning}".rstrip()
