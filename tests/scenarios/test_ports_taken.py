"""More calls at once than there are ports for audio: four for each."""

import pytest

from harness import placing
from harness.node import eventually
from scenarios.parties import failures
from trunkline.node import engine_health, media_ports, ports

pytestmark = pytest.mark.engines

PORTS = 100  # of each relay; settings allow no fewer


@pytest.mark.parametrize("relays", [1, 2])
async def test_a_call_without_ports_is_refused_and_status_says_why(own_edge, agent, relays):
    edge = own_edge(media={"port_min": 30000, "port_max": 29999 + relays * PORTS, "relays": relays})
    far, pbx, key = await agent(name="far"), await agent("tcp", name="pbx"), edge.key()
    number = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    talking = [await placing.answered(edge, pbx, far, key, number) for _ in range(relays * PORTS // 4)]

    refused = await placing.refused(edge, pbx, key, number)
    assert (refused.code, "none has a port left" in refused.warning) == (503, True)
    assert failures(await edge.events("finish", called=number))[-1] == (1, "media", None)
    controls = ports.read(edge.home.ports).relays
    for index, control in enumerate(controls):
        assert media_ports.ask(control) == (PORTS, PORTS)
        check = engine_health.rtpengine(edge.home, index)
        assert (check.ok, check.serves) == (False, True)
        assert f"{PORTS} of its {PORTS} media ports are taken" in check.text

    for held, _ in talking[:2]:  # those that have theirs go on
        assert [(await held.reinvite(direction)).code for direction in ("sendonly", "sendrecv")] == [200, 200]
    await placing.hang_up(*talking.pop())
    await eventually(lambda: any(media_ports.ask(control).taken < PORTS for control in controls))
    call, incoming = await placing.answered(edge, pbx, far, key, number)
    call.audio.play(440)
    await incoming.audio.hear(440)
