"""Calls with SRTP on a PBX's leg and RTP on a carrier's."""

from scenarios.parties import CUSTOMER, inbound, to


async def dial_out(edge, agent, account=0, srtp=True, **options):
    """A PBX of an account calls a carrier; the call and the carrier."""
    key, carrier, pbx = edge.key(account or edge.account()), await agent(name="far"), await agent(name="pbx")
    pbx.srtp = srtp
    prefix = edge.route(edge.carrier(carrier.address, carrier.port()))
    options = {"caller": CUSTOMER, "user": key.name, "secret": key.secret} | options
    return await pbx.dial(edge.uri(f"+{prefix}001"), edge.udp, **options), carrier


async def answered_in(edge, agent):
    """A carrier without SRTP talks to a PBX with it."""
    pbx = await agent(name="pbx")
    pbx.srtp = True
    call = await (await inbound(edge, agent, to(pbx, media="srtp"))).dial()
    incoming = await pbx.next_call()
    await incoming.answer()
    await call.final()
    await incoming.confirmed()
    return call, incoming


async def answered_out(edge, agent):
    """A PBX with SRTP talks to a carrier without."""
    call, carrier = await dial_out(edge, agent)
    incoming = await carrier.next_call()
    await incoming.answer()
    await call.final()
    await incoming.confirmed()
    return call, incoming


def latin_1(request):
    request.body = request.body.replace(b"s=-", b"s=B\xfcro")


async def talk(near, far, tone=600):
    near.audio.play(440)
    far.audio.play(tone)
    await far.audio.hear(440)
    await near.audio.hear(tone)
    assert near.audio.undecipherable == far.audio.undecipherable == 0
