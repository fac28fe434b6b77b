"""The test carrier and the test PBX as one process."""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack

from trunkline.sandbox import carrier, pbx
from trunkline.sandbox.ua import Agent
from trunkline.settings import Settings

log = logging.getLogger(__name__)


class SandboxError(Exception):
    """The sandbox cannot start; the text says what to change."""


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises SandboxError when an address or a port cannot be had."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        sandbox = settings.sandbox
        await _open(stack, carrier.open_carrier(settings), "carrier", sandbox.carrier_address, sandbox.carrier_port)
        exchange = await _open(stack, pbx.open_pbx(settings), "pbx", sandbox.pbx_address, sandbox.pbx_port)
        registering = exchange.spawn(pbx.keep_registered(exchange, settings))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([registering, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        log.info("sandbox: stopping")
        if registering.done():
            registering.result()  # it ends only by an error, which the supervisor should see


async def _open(stack: AsyncExitStack, opening, name: str, address: str, port: int) -> Agent:
    try:
        agent = await opening
    except OSError as error:
        raise SandboxError(
            f"the test {name} cannot listen on {address}:{port}: {error.strerror or error}. Set another "
            f"sandbox.{name}_address or sandbox.{name}_port, or sandbox.enabled = false, in trunkline.toml"
        ) from error
    stack.push_async_callback(agent.close)  # a call that failed was logged; it does not fail the service
    log.info("%s: listening on %s, %s", name, address, ", ".join(f"{t} {p}" for t, p in agent.ports.items()))
    return agent
