"""Two nodes that serve the same customers, and a PBX that is registered at one of them."""

from harness.node import eventually
from harness.placing import arrival
from scenarios.parties import CARRIER, connected
from scenarios.test_nat import private_sdp
from trunkline.node import probes


class Service:
    """Two edges that know the same: what is made in one is made in the other."""

    def __init__(self, first, second):
        self.first, self.second = first, second

    def __getattr__(self, name):
        def both(*arguments, **columns):
            made = [getattr(edge, name)(*arguments, **columns) for edge in (self.first, self.second)]
            assert made[0] == made[1], "the worlds of the two nodes have parted"
            return made[0]

        return both


class Scene:
    """A PBX that is registered at `holder`, and a carrier that calls its number at `edge`."""

    def __init__(self, edge, holder, pbx, trunk, key, number):
        self.edge, self.holder, self.pbx, self.trunk = edge, holder, pbx, trunk
        self.key, self.number = key, number

    async def register(self, node=None, **options):
        """Register, at `holder` unless told otherwise, and wait until `edge` has heard of it from there."""
        node = node or self.holder
        hop = getattr(node, self.pbx.transport)
        answer = await self.pbx.register(self.edge.uri("x"), self.key.name, self.key.secret, hop, **options)
        assert answer.code == 200, answer
        assert not answer.all("Path")
        # A call that is made before would ring at the next target, and be found there by the test of a later one.
        known = lambda: registered_by(self.edge, self.key) == registered_by(node, self.key)  # noqa: E731
        await eventually(known, what="both nodes know of the registration")

    async def drop(self):
        """The PBX's connection breaks, and the node that held it has noticed."""
        self.pbx.drop_connections()
        await eventually(lambda: not connected(self.holder, self.pbx), what="the node notices the lost connection")

    async def dial(self, edge=None, **options):
        edge = edge or self.edge
        uri = edge.uri(f"+{self.number}")
        return await self.trunk.dial(uri, edge.udp, **({"caller": CARRIER} | options))

    async def arrives(self, at=None, **options):
        """A call, and where it rings: at the PBX unless told otherwise."""
        call = await self.dial(**options)
        incoming = await arrival(call, at or self.pbx)
        assert incoming, f"the call did not arrive:\n{call.response}"
        return call, incoming

    async def arrives_at(self, other):
        """A call, and where it rings: at the target that is next to the PBX, called by `edge` itself."""
        call, incoming = await self.arrives(other)
        assert incoming.transaction.flow.remote == self.edge.udp
        return call, incoming

    async def answered(self):
        """A call that the PBX has taken; its SDP names an address that nobody can reach."""
        call, incoming = await self.arrives()
        assert incoming.transaction.flow.remote == getattr(self.holder, self.pbx.transport)
        (await incoming.open_audio()).mute()
        await incoming.ring()
        await incoming.answer(private_sdp(incoming.take_offer(incoming.request.body), self.pbx.address))
        assert (await call.final()).code == 200
        await incoming.confirmed()
        return call, incoming


def contact_of(edge, key):
    """What Kamailio keeps of the contact of a key."""
    found = edge.rpc("ul.lookup", "location", key.name)
    return found["Contacts"][0]["Contact"]


def registered_by(edge, key):
    """The Call-ID of the newest REGISTER that a node knows of; '' when it knows of none."""
    try:
        return contact_of(edge, key)["Call-ID"]
    except probes.Silent:
        return ""


def connections_made(edge):
    """How many connections Kamailio has opened, or has tried to."""
    return edge.rpc("stats.get_statistics", "tcp:connect_success", "tcp:connect_failed")


async def talk(call, incoming):
    """Hear each other, the PBX first: so it is not by its own audio that we know where it is."""
    call.audio.play(440)
    await incoming.audio.hear(440)
    incoming.audio.play(600)
    await call.audio.hear(600)
