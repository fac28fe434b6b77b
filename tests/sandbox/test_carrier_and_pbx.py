"""What each number of the test carrier and each user of the test PBX does, and the two as a service."""

import asyncio
import os
import signal
import sys

import pytest

from harness.peers import free_port
from trunkline.sandbox import behaviour, carrier, pbx


def where(agent, transport="udp"):
    return f"{transport}:{agent.address}:{agent.port(transport)}"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (carrier.BUSY, 486),
        (carrier.UNAVAILABLE, 503),
        (carrier.DECLINED, 603),
        (carrier.UNKNOWN, 404),
        (carrier.CHALLENGED, 407),
        ("9991999999", 404),
        ("1", 404),
    ],
)
async def test_refusals(agent, number, code):
    far, ua = await agent.carrier(), await agent()
    assert (await ua.invite(f"sip:+{number}@carrier.example", where(far))).code == code


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_echo(agent, transport):
    far, ua = await agent.carrier(), await agent(transport)
    call = await ua.invite(f"sip:{carrier.ECHO}@carrier.example", where(far, transport))
    call.audio.play(440)
    await call.audio.hear(440)
    call.audio.play(700)
    await call.audio.hear(700)


async def test_rings_until_cancelled(agent):
    far, ua = await agent.carrier(), await agent()
    call = await ua.dial(f"sip:{carrier.RINGING}@carrier.example", where(far))
    await call.provisional(180)
    await call.cancel()
    assert (await call.final()).code == 487


async def test_silence(agent):
    far, ua = await agent.carrier(), await agent()
    with pytest.raises(TimeoutError, match=r"came: \[\]"):
        await ua.invite(f"sip:{carrier.SILENT}@carrier.example", where(far), timeout=0.7)


async def test_rings_then_answers_with_a_tone(agent):
    far, ua = await agent.carrier(), await agent()
    call = await ua.dial(f"sip:{carrier.TONE_AFTER_RINGING}@carrier.example", where(far))
    await call.provisional(180)
    assert not call.answered
    assert (await call.final(timeout=behaviour.RING_SECONDS + 1)).code == 200
    await call.audio.hear(carrier.TONE)
    call.audio.play(behaviour.PROBE)
    await call.audio.hear(behaviour.PROBE)


async def test_early_media(agent):
    far, ua = await agent.carrier(), await agent()
    call = await ua.dial(f"sip:{carrier.EARLY_MEDIA}@carrier.example", where(far))
    await call.audio.hear(carrier.TONE, timeout=behaviour.RING_SECONDS)
    assert not call.answered
    assert (await call.final()).code == 200


async def test_the_challenge_is_met_by_the_right_secret_alone(agent):
    far, ua = await agent.carrier(), await agent()
    uri = f"sip:{carrier.CHALLENGED}@carrier.example"
    assert (await ua.invite(uri, where(far), user=carrier.USER, secret="wrong")).code == 407
    assert (await ua.invite(uri, where(far), user=carrier.USER, secret=carrier.SECRET)).code == 200


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_pbx_answers_with_its_tone(agent, transport):
    far, ua = await agent.pbx(), await agent(transport)
    call = await ua.invite("sip:anyone@pbx.example", where(far, transport))
    await call.audio.hear(pbx.TONE)


@pytest.mark.parametrize(("user", "code"), [("busy", 486), ("503", 503)])
async def test_pbx_refuses(agent, user, code):
    far, ua = await agent.pbx(), await agent()
    assert (await ua.invite(f"sip:{user}@pbx.example", where(far))).code == code


async def start(home, address, port, **more):
    environment = os.environ | {
        "TRUNKLINE_HOME": str(home), "TRUNKLINE_SANDBOX__CARRIER_ADDRESS": address,
        "TRUNKLINE_SANDBOX__CARRIER_PORT": str(port), "TRUNKLINE_SANDBOX__PBX_ADDRESS": address,
        "TRUNKLINE_SANDBOX__PBX_PORT": str(port + 1), "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trunkline", "sandbox", "run", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def line_with(process, text):
    async with asyncio.timeout(10):
        while line := (await process.stderr.readline()).decode():
            if text in line:
                return line
    raise AssertionError(f"it ended without saying {text!r}")


async def test_the_service_runs_until_sigterm(agent, tmp_path):
    address = agent.address()
    process = await start(tmp_path, address, port := free_port(address))
    await line_with(process, "pbx: listening")
    ua = await agent()
    assert (await ua.invite(f"sip:{carrier.BUSY}@x", f"{address}:{port}")).code == 486
    assert (await ua.invite("sip:busy@x", f"{address}:{port + 1}")).code == 486
    process.send_signal(signal.SIGTERM)
    await line_with(process, "stopping")
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_a_taken_port_is_explained(agent, tmp_path):
    taken = await agent()
    process = await start(tmp_path, taken.address, taken.port())
    line = await line_with(process, "cannot listen")
    assert "sandbox.carrier_port" in line
    assert await asyncio.wait_for(process.wait(), 30) == 1
