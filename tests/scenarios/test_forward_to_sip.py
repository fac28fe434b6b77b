"""*Forward to SIP*: how the call reaches a target, and what each answer of it leads to."""

import pytest

from scenarios.parties import answered_by, failures, inbound, kinds, one, refused, ringing_in, to
from trunkline.sip.status import of

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("code", [500, 501, 502, 503, 504, 505, 513, 580, 599])
async def test_every_5xx_goes_on_to_the_next(edge, agent, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(code)
    await answered_by(second, call)
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "answer", "end"]
    assert failures(events) == [(1, "reply", code)]
    assert not call.warning
    assert [r.code for r in call.responses] == [100, 200]


@pytest.mark.parametrize("code", [400, 404, 408, 480, 486, 600, 603])
async def test_what_is_not_5xx_is_the_callers_answer(edge, agent, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(code)
    await refused(call, code)
    events = await scene.events("finish")
    assert kinds(events) == ["setup", "attempt", "failed", "finish"]
    assert failures(events) == [(1, "reply", code)]
    assert one(events, "finish")["code"] == code
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.2)


@pytest.mark.parametrize("code", [301, 302, 401, 407])
async def test_redirects_and_challenges_are_ours_to_explain(edge, agent, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    header = ("Contact", to(second)) if code < 400 else ("WWW-Authenticate", 'Digest realm="pbx.secret", nonce="1"')
    (await first.next_call()).refuse(code, headers=[header])
    await refused(call, 480 if code < 400 else 502)
    assert call.warning
    finish = one(await scene.events("finish"), "finish")
    assert finish["warning"] == call.warning
    assert not call.response.get("Contact")
    assert not call.response.get("WWW-Authenticate")
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.2)


@pytest.mark.parametrize(
    ("first_does", "second_does", "code"),
    [(503, 500, 500), (503, None, 486), (None, 504, 504), (503, 486, 486), (None, 603, 603), (500, 503, 500)],
)
async def test_the_last_target_decides_what_the_caller_gets(edge, agent, first_does, second_does, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second, timeout=2000)}")
    call = await scene.dial()
    for pbx, does in ((first, first_does), (second, second_does)):
        incoming = await pbx.next_call()
        if does:
            incoming.refuse(does)
    assert (await call.final()).code == code
    events = await scene.events("finish")
    assert failures(events) == [
        (n, "reply" if does else "silence", does) for n, does in ((1, first_does), (2, second_does))
    ]
    finish = one(events, "finish")
    assert (finish["code"], finish.get("warning", "")) == (code, call.warning)
    if second_does is None or of(second_does).fails_over:
        assert call.warning  # what all of them did, in words


async def test_twenty_targets_are_tried_in_order(edge, agent):
    pbx = await agent(name="pbx")
    refusing = ",".join(to(pbx, f"u{n}") for n in range(19))

    async def serve(call):
        if call.user == "last":
            await call.answer()
        else:
            call.refuse(503)

    pbx.on_call = serve
    scene = await inbound(edge, agent, f"{refusing},{to(pbx, 'last')}")
    call = await scene.dial()
    assert (await call.final()).code == 200
    await call.bye()
    events = await scene.events("end")
    assert [e["n"] for e in events if e["event"] == "attempt"] == list(range(1, 21))
    assert len(failures(events)) == 19


async def test_our_parameters_stay_here_and_others_travel(edge, agent):
    first = await agent(name="first")
    scene = await inbound(edge, agent, to(first, "1234", timeout=3000, media="rtp", tenant="blue"))
    incoming = await answered_by(first, await scene.dial())
    assert incoming.request.uri == f"sip:1234@{first.address}:{first.port()};tenant=blue"
    await scene.events("end")


async def test_the_pbx_sees_the_call_as_ours(edge, agent):
    pair = await ringing_in(edge, agent)
    request = pair.far.request
    assert pair.far.user == "1234"
    assert pair.far.caller.uri == f"sip:447700900001@{edge.domain}"
    assert int(request.get("Max-Forwards")) <= 20
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.near.bye()


async def test_a_number_that_is_forwarded_nowhere_says_so_to_its_owner(edge, agent):
    account = edge.account()
    scene = await inbound(edge, agent, "", account=account)
    call = await scene.dial()
    await refused(call, 480, "Forward to SIP")
    (event,) = await edge.events("reject", called=f"+{scene.number}")
    assert (event["account"], event["warning"]) == (account, call.warning)
