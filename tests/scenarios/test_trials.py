"""Requests of our own node, through the edge: OPTIONS to a PBX, and calls as from the telephone network."""

import json
import time

import pytest

from trunkline.contract import trial
from trunkline.sandbox.behaviour import refuse

SEALED = trial.HEADER


@pytest.fixture
def key(edge):
    return trial.key(json.loads(edge.home.secrets.read_text())["dialog"])


@pytest.fixture
def ask(edge, agent, key):
    """Sends a sealed OPTIONS through the edge; `broken` changes the header."""

    async def send(uri: str, next_hop: str = "", broken=lambda value: value, **options):
        ua = await agent()
        call_id = f"trial-{time.monotonic_ns()}"
        header = broken(trial.seal(key, call_id, uri, time.time(), next_hop))
        return await ua.options(uri, edge.udp, headers=[("Call-ID", call_id), (SEALED, header)], timeout=12, **options)

    return send


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_options_reach_a_pbx_from_where_calls_come_from(edge, agent, ask, transport):
    pbx = await agent(transport)
    seen = []
    pbx.on_request = lambda request: seen.append(request) or pbx.response(request, 200)
    hop = f"sip:{pbx.address}:{pbx.port(transport)};transport={transport}"
    uri = f"sip:1234@{pbx.address}"
    answer = await ask(uri, hop)
    assert answer.code == 200
    [request] = seen
    assert request.uri == uri
    assert edge.address in request.values("Via")[0]
    assert request.get(SEALED) is None
    assert edge.domain in request.get("From")


async def test_what_a_pbx_answers_is_passed_back(agent, ask):
    pbx = await agent()
    pbx.on_request = lambda request: pbx.response(request, 404)
    assert (await ask(f"sip:1@{pbx.address}", f"sip:{pbx.address}:{pbx.port()};transport=udp")).code == 404


async def test_silence_and_a_refused_connection_are_told(agent, ask):
    gone = agent.address()
    silent = await ask("sip:1@pbx.example", f"sip:{gone}:5060;transport=udp")
    assert silent.code == 408
    refused = await ask("sip:1@pbx.example", f"sip:{gone}:5060;transport=tcp")
    assert refused.code == 477  # Kamailio's own


@pytest.mark.parametrize(
    "broken",
    [
        lambda value: value.replace("transport=udp", "transport=tcp"),
        lambda value: f"{int(value.split()[0]) + 1} " + value.partition(" ")[2],
        lambda value: value[:-1] if value.endswith("p") else value,
        lambda _: "",
        lambda _: "x",
        lambda _: "9" * 5000,
        lambda _: "² x y",
    ],
)
async def test_nobody_else_has_an_options_passed_on(agent, ask, broken):
    pbx = await agent()
    answer = await ask("sip:1@pbx.example", f"sip:{pbx.address}:{pbx.port()};transport=udp", broken)
    assert answer.code == 200  # ours: the edge itself is asked
    assert not pbx.requests


async def test_an_old_seal_is_none(edge, agent, key):
    ua, pbx = await agent(), await agent()
    old = trial.seal(key, "old-one", "sip:1@pbx.example", time.time() - 2 * trial.SECONDS,
                     f"sip:{pbx.address}:{pbx.port()};transport=udp")  # fmt: skip
    await ua.options("sip:1@pbx.example", edge.udp, headers=[("Call-ID", "old-one"), (SEALED, old)])
    assert not pbx.requests


async def test_a_carrier_and_we_ourselves_are_no_pbx(edge, agent, ask):
    carrier = await agent()
    edge.carrier(carrier.address, carrier.port())
    for address, port in ((carrier.address, carrier.port()), (edge.address, edge.settings.sip.port)):
        answer = await ask("sip:1@pbx.example", f"sip:{address}:{port};transport=udp")
        assert (answer.code, "instead of a PBX" in answer.warning) == (403, True)
    assert not carrier.requests


async def test_a_registered_pbx_is_asked_where_it_is(edge, agent, ask):
    key, pbx = edge.key(), await agent()
    uri = f"sip:{key.name}@{edge.domain}"
    missing = await ask(uri)
    assert (missing.code, "No PBX is registered" in missing.warning) == (480, True)
    await pbx.register(f"sip:{edge.domain}", key.name, key.secret, edge.udp)
    assert (await ask(uri)).code == 200
    assert [request.method for request in pbx.requests] == ["OPTIONS"]


async def test_a_sealed_call_is_one_from_the_telephone_network(edge, agent, key):
    caller, pbx = await agent(), await agent()
    number = edge.number(forward=f"sip:pbx@{pbx.address}:{pbx.port()}")
    uri = edge.uri(number)
    headers = [(SEALED, "")]

    def seal(invite):
        invite.set(SEALED, trial.seal(key, invite.call_id, uri, time.time()))

    call = await caller.dial(uri, edge.udp, headers=headers, edit=seal, caller=f"<sip:{number}@{edge.domain}>")
    inbound = await pbx.next_call()
    assert inbound.request.get(SEALED) is None
    await inbound.answer()
    assert (await call.final()).code == 200
    await call.bye()


async def test_an_unsealed_call_is_not(edge, agent):
    caller, pbx = await agent(), await agent()
    number = edge.number(forward=f"sip:pbx@{pbx.address}:{pbx.port()}")
    pbx.on_call = refuse(486)
    call = await caller.invite(edge.uri(number), edge.udp, headers=[(SEALED, "1 2 3")])
    assert call.code == 407
