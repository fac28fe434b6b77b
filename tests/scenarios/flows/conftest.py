"""Two nodes, and PBXs that one of them alone can reach: behind NAT, over TCP or TLS."""

import pytest

from harness.plugin import running
from scenarios.published import outside
from scenarios.test_nat import behind_nat
from scenarios.two_nodes import Scene, Service


@pytest.fixture(scope="module")
def pair(addresses):
    held = [addresses.take(), addresses.take()]
    with (
        running(addresses, cluster={"address": held[0], "peers": [held[1]]}) as first,
        running(addresses, like=first, cluster={"address": held[1], "peers": [held[0]]}) as second,
    ):
        yield first, second
    for address in held:
        addresses.give_back(address)


@pytest.fixture
def edge(pair):
    """The node that has the calls."""
    return pair[0]


@pytest.fixture
def holder(pair):
    """The node that the PBX registers at."""
    before = pair[1].log_size()
    yield pair[1]
    log = pair[1].log_tail(before, lines=100_000)
    assert "Traceback" not in log, log


@pytest.fixture
def scene(edge, holder, agent):
    async def make(transport, *, natted=True, forward="", timeout=3000, **account):
        service = Service(edge, holder)
        trunk, pbx = await agent(name="trunk"), await agent(transport, name="pbx")
        if natted:
            behind_nat(pbx)
        service.carrier(trunk.address, trunk.port())
        key = service.key(service.account(**account))
        uri = edge.uri(key.name, timeout=str(timeout))
        number = service.number(",".join(filter(None, (uri, forward))), key.account_id)
        made = Scene(edge, holder, pbx, trunk, key, number)
        await made.register()
        return made

    return make


@pytest.fixture(autouse=True)
def media_stays_in_the_published_ranges(agent, pair):
    """The media is at the one node, the signalling comes from the other; all endpoints of a service are published."""
    yield
    settings = [node.settings for node in pair]
    found = [place for each in settings for place in outside(agent.trace, each, *settings)]
    assert not found, found[0]
