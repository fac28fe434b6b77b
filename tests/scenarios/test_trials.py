"""Requests of our own node, through the edge: OPTIONS to a PBX, and calls as from the telephone network."""

import json
import time

import pytest

from trunkline.contract import trial
from trunkline.sandbox import trials as trials_module
from trunkline.sandbox.behaviour import echo, refuse
from trunkline.sandbox.trials import Asked, Trials
from trunkline.sip import forward

SEALED = trial.HEADER


def key_of(edge):
    return trial.key(json.loads(edge.home.secrets.read_text())["dialog"])


@pytest.fixture
def key(edge):
    return key_of(edge)


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


async def test_what_only_this_machine_has_is_not_asked(ask):
    """Else an open port there could be told from a closed one."""
    answer = await ask("sip:1@pbx.example", "sip:169.254.169.254:80;transport=tcp")
    assert answer.code == 403
    assert "leads to a link-local address" in answer.warning


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


# What the node's part makes of it


def trials_of(edge):
    async def locate(host: str, port: int, transport: str):
        return [], f"{host} has no A record in DNS"

    return Trials(edge.settings, key_of(edge), locate)


@pytest.fixture
def trials(edge):
    return trials_of(edge)


async def test_each_uri_of_a_list_is_asked_and_what_fails_is_said(edge, agent, trials):
    pbx, odd, carrier, gone = await agent(), await agent("tcp"), await agent(), agent.address()
    odd.on_request = lambda request: odd.response(request, 405, "x" * 5000)
    edge.carrier(carrier.address, carrier.port())
    key = edge.key()
    wanted = [
        f"sip:1@{pbx.address}:{pbx.port()}",
        f"sip:1@{odd.address}:{odd.port()};transport=tcp",
        f"sip:1@{gone};transport=tcp",
        f"sip:1@{carrier.address}:{carrier.port()}",
        f"sip:1@{edge.address}",
        f"sip:{key.name}@{edge.domain}",
        "sip:1@nowhere.example",
    ]
    good, strange, refused, foreign, own, absent, nowhere = await trials.ask(forward.parse(",".join(wanted)))
    assert (good.uri, good.address) == (wanted[0], f"udp:{pbx.address}:{pbx.port()}")
    assert (good.code, good.reason, good.problem) == (200, "OK", "")
    assert 0 < good.ms < 8000
    assert (strange.code, len(strange.reason), strange.problem) == (405, 200, "")
    assert (refused.code, refused.problem) == (0, "the connection was refused or failed")
    assert "instead of a PBX" in foreign.problem
    assert "instead of a PBX" in own.problem
    assert absent.problem == "No PBX is registered with this key"
    assert nowhere == Asked("sip:1@nowhere.example", problem="nowhere.example has no A record in DNS")
    [again] = await trials.ask(forward.parse(wanted[0]))
    assert "a moment ago" in again.problem
    assert len(pbx.requests) == 1


async def test_a_list_of_one_address_asks_it_once(agent, trials):
    pbx = await agent()
    asked = await trials.ask(forward.parse(",".join(f"sip:{n}@{pbx.address}:{pbx.port()}" for n in range(20))))
    assert sorted(one.code for one in asked) == [0] * 19 + [200]
    assert len(pbx.requests) == 1


@pytest.mark.parametrize(("behaviour", "code", "heard"), [(refuse(486), 486, False), (echo, 200, True)])
async def test_a_call_comes_to_what_the_pbx_makes_of_it(edge, agent, trials, monkeypatch, behaviour, code, heard):
    monkeypatch.setattr(trials_module, "TALK_SECONDS", 0.5)
    pbx = await agent()
    pbx.on_call = behaviour
    number = edge.number(forward=f"sip:pbx@{pbx.address}:{pbx.port()}")
    result = await trials.call(number)
    assert (result["code"], result["heard"]) == (code, heard)
    setup = (await edge.events("end" if heard else "finish", called=number))[0]
    assert (setup["source"], setup["call_id"], setup["direction"]) == ("trial", result["call_id"], "inbound")


async def test_a_call_that_only_rings_is_given_up(edge, agent, trials, monkeypatch):
    monkeypatch.setattr(trials_module, "RING_SECONDS", 0.5)
    pbx = await agent()

    async def ring(call):
        await call.ring()

    pbx.on_call = ring
    result = await trials.call(edge.number(forward=f"sip:pbx@{pbx.address}:{pbx.port()}"))
    assert (result["code"], result["heard"]) == (487, False)


async def test_a_call_has_audio_behind_a_nat_that_leads_nothing_back(own_edge, agent, monkeypatch):
    monkeypatch.setattr(trials_module, "TALK_SECONDS", 0.5)
    edge, pbx = own_edge(sip={"advertised": "198.51.100.20"}), await agent()
    pbx.on_call = echo
    pbx.share_nat(edge.settings)  # as a PBX that has another way there would
    number = edge.number(forward=f"sip:pbx@{pbx.address}:{pbx.port()}")
    result = await trials_of(edge).call(number)
    assert (result["code"], result["heard"]) == (200, True)
    assert (await edge.events("end", called=number))[-1]["by"] == "caller"
