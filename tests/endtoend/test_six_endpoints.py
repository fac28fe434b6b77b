"""The six endpoints of deploy/examples as six real edges, found by SRV records of a real name server.

The calls share them by weight; one that dies leaves DNS while calls go on, and comes back.
"""

import asyncio
import base64
import random
import threading
import time
import tomllib
from collections import Counter
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dns.tsig
import pytest

from chaos.calling import answer_quickly, many, quick
from harness.knot import NameServer, knot
from harness.placing import dial, hang_up
from harness.plugin import running
from harness.polling import until
from trunkline.contract.endpoints import Endpoint
from trunkline.dns.locate import Target, locate
from trunkline.dns.resolver import Resolver
from trunkline.dns.server import Server
from trunkline.node import alive, part
from trunkline.node.publish import Publisher

pytestmark = pytest.mark.engines

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "endpoints.toml"
ZONE, KEY, SECRET = "trunk.example", "trunkline", base64.b64encode(b"6" * 32).decode()
DOMAIN = f"sip.{ZONE}"
START = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 1\n@ NS ns\nns A 127.0.0.1\n"
PREFIX = "99957"
PATIENCE = 2.0  # s until the user agent tries the next target of the SRV records
LEAVES = 15.0  # s within which a dead endpoint is out of DNS


@dataclass
class Service:
    edges: dict[str, object]  # by the endpoint's name
    endpoints: list[Endpoint]
    server: NameServer
    key: object = None
    far: object = None
    tried: Counter = field(default_factory=Counter)  # by the endpoint that a call tried first

    def name(self, ip: str) -> str:
        return next(one.name for one in self.endpoints if ip in one.addresses)

    async def targets(self) -> list[Target]:
        """As a user agent asks that keeps nothing; RFC 2782's order among targets of one priority."""
        found = await locate(Resolver([self.server.address], self.server.port), DOMAIN, 0, "udp", ipv6=False)
        left, ordered = sorted(found.targets), []
        while left:
            best = min(target.priority for target in left)
            equals = [target for target in left if target.priority == best]
            [chosen] = random.choices(equals, [max(target.weight, 0.01) for target in equals])
            ordered.append(chosen)
            left.remove(chosen)
        return ordered

    async def call(self, ua, number: str) -> int:
        """A short call by the first target that serves it; how many were tried in vain."""
        for vain, target in enumerate(await self.targets()):
            edge = self.edges[self.name(target.ip)]
            self.tried[self.name(target.ip)] += not vain
            headers = [("Content-Type", "application/sdp")]
            call = await dial(edge, ua, self.key, number, sdp=quick(ua.address), headers=headers)
            try:
                response = await call.final(timeout=PATIENCE)
            except TimeoutError:
                continue
            if response.code == 200:
                assert (await call.bye()).code == 200
                return vain
            assert response.code == 503, response
        raise AssertionError(f"nobody carried the call to {number}")


@pytest.fixture(scope="module")
def service(addresses, tmp_path_factory):
    """Six edges, and the zone that leads to them, kept true by the node's part."""
    rows = tomllib.loads(EXAMPLE.read_text())["endpoint"]
    address = addresses.take()
    with ExitStack() as stack:
        edges, first = {}, None
        for row in rows:
            edges[row["name"]] = edge = stack.enter_context(running(addresses, first, sip={"domain": DOMAIN}))
            first = first or edge
        server = stack.enter_context(
            knot(address, tmp_path_factory.mktemp("knot"), {f"{ZONE}.": START}, key=(KEY, SECRET))
        )
        endpoints = [_endpoint(row, edges[row["name"]]) for row in rows]
        writer = Server(server.address, server.port, ZONE, dns.tsig.Key(KEY, SECRET, "hmac-sha256"))
        status = tmp_path_factory.mktemp("run") / "status.json"
        stack.enter_context(_publishing(Publisher(lambda: endpoints, writer, DOMAIN, 1), status))
        service = Service(edges, endpoints, server)
        until(lambda: len(asyncio.run(service.targets())) == 6, 15, "the zone is written")
        yield service
    addresses.give_back(address)


def _endpoint(row: dict, edge) -> Endpoint:
    where = {name: row[name] for name in ("name", "host", "city", "latitude", "longitude", "region", "weight")}
    sip = edge.settings.sip
    return Endpoint(addresses=(edge.address,), port=sip.port, tls_port=sip.tls_port, sources=(), media=(), **where)


@contextmanager
def _publishing(publisher: Publisher, status: Path):
    stop = threading.Event()
    thread = threading.Thread(target=part.run, args=(publisher, part.Reporter(status), stop, alive.PAUSE))
    thread.start()
    yield
    stop.set()
    thread.join(10)


@asynccontextmanager
async def furnished(service: Service, agent):
    """The account, its key, and a carrier that answers, in every edge's store: as all nodes follow one database."""
    far = await agent()
    for edge in service.edges.values():
        account = edge.account(account_id=900_001)
        service.key = edge.key(account, secret="shared-secret")
        edge.carrier(far.address, far.port(), carrier_id=900_002)
        route = {"id": 900_003, "prefix": PREFIX, "priority": 0, "weight": 1, "carrier_id": 900_002}
        edge.put("route", 900_003, {"route": [route]})
    service.far = far
    service.tried.clear()
    yield await agent()
    far.on_call = None


async def test_the_calls_share_the_endpoints_by_weight(service, agent):
    async with furnished(service, agent) as ua:
        edge = service.edges[service.name((await service.targets())[0].ip)]
        call = await dial(edge, ua, service.key, f"{PREFIX}0001")
        incoming = await service.far.next_call()
        await incoming.answer()
        assert (await call.final()).code == 200
        call.audio.play(440)
        incoming.audio.play(600)
        await incoming.audio.hear(440)
        await call.audio.hear(600)
        await hang_up(call, incoming)

        service.far.on_call = answer_quickly
        count = 120
        vain = await many(20, count, lambda n: service.call(ua, f"{PREFIX}1{n:04}"))
        assert sum(vain) == 0
        whole = sum(one.weight for one in service.endpoints)
        for one in service.endpoints:
            share = one.weight / whole
            # Five standard deviations of a binomial distribution.
            assert abs(service.tried[one.name] - count * share) < 5 * (count * share * (1 - share)) ** 0.5, (
                service.tried
            )
        carried = {
            name: {event["call"] for event in edge.journal(event="setup") if event["called"].startswith(f"{PREFIX}1")}
            for name, edge in service.edges.items()
        }
        assert {name: len(calls) for name, calls in carried.items()} == dict(service.tried)


async def test_one_that_dies_leaves_while_calls_go_on_and_comes_back(service, agent, capsys):
    victim = service.endpoints[4]  # a quarter of the weight
    edge = service.edges[victim.name]
    async with furnished(service, agent) as ua:
        service.far.on_call = answer_quickly
        results, over = [], asyncio.Event()

        async def place() -> None:
            number, tasks = 0, []
            while not over.is_set():
                number += 1
                tasks.append(asyncio.create_task(service.call(ua, f"{PREFIX}2{number:04}")))
                await asyncio.sleep(0.2)
            results.extend(await asyncio.gather(*tasks))

        async def listed(expected: bool, seconds: float) -> float:
            began = time.monotonic()
            while (victim.addresses[0] in [target.ip for target in await service.targets()]) is not expected:
                assert time.monotonic() - began < seconds
                await asyncio.sleep(0.05)
            return time.monotonic() - began

        placing = asyncio.create_task(place())
        await asyncio.sleep(1)
        for engine in ("kamailio", "rtpengine"):
            await asyncio.to_thread(edge.kill, engine)
        left = await listed(False, LEAVES)
        service.tried.clear()
        await asyncio.sleep(1)
        assert service.tried[victim.name] == 0
        for engine in ("rtpengine", "kamailio"):
            edge.start_engine(engine)
        await asyncio.to_thread(edge.wait_ready)
        back = await listed(True, 30)
        assert back > alive.PAUSE
        over.set()
        await placing
    late = sum(vain > 0 for vain in results)
    with capsys.disabled():
        print(
            f"\nsix endpoints, one killed: {len(results)} calls placed, none carried by nobody; {late} by a second "
            f"endpoint after {PATIENCE:g} s; out of DNS after {left:.1f} s, in again {back:.1f} s after it served"
        )
    assert len(results) > 20
