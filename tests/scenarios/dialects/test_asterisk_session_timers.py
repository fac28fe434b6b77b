"""chan_pjsip has session timers by default (1800 s, Min-SE 90) and refreshes by UPDATE where the far side allows it;
chan_sip has no UPDATE and refreshes by re-INVITE."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended, text

pytestmark = pytest.mark.engines

AGREED = [("Session-Expires", "1800;refresher=uac"), ("Require", "timer"), ("Allow", "INVITE, ACK, BYE, UPDATE")]


def update_headers(pair) -> list[tuple[str, str]]:
    lines = text("asterisk-update.headers", pbx=pair.near.agent.address).strip().split("\r\n")
    return [tuple(line.split(": ", 1)) for line in lines]


async def test_pjsip_refreshes_and_renames_by_update_without_sdp(edge, agent):
    """A changed connected line (FreePBX has that on) is the same UPDATE: whose names stay on their side."""

    def named_by_freepbx(request):
        request.set("User-Agent", "FPBX-16.0.40(18.20.0)")

    pair = await call_out(edge, agent, "asterisk-invite.sip", also=named_by_freepbx)
    assert not pair.far.request.get("User-Agent")
    await answered(pair, headers=AGREED)
    assert pair.far.request.get("Session-Expires") == "1800"
    assert pair.far.request.get("Min-SE") == "90"
    assert "UPDATE" in pair.near.final_response.get("Allow")
    assert (await pair.near.send("UPDATE", headers=update_headers(pair))).code == 200
    seen = await pair.far.next_request("UPDATE")
    assert seen.get("Session-Expires") == "1800;refresher=uac"
    assert not seen.body
    assert "Reception" not in str(seen)
    await pair.talk()
    await ended(pair)


async def test_pjsip_sees_that_a_far_side_has_no_update(edge, agent):
    """It then sends a re-INVITE: what the far side allows passes as it is."""
    allowed = [("Allow", "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO")]
    pair = await answered(await call_out(edge, agent, "asterisk-invite.sip"), headers=allowed)
    assert "UPDATE" not in pair.near.final_response.get("Allow")
    assert (await pair.near.reinvite()).code == 200
    await pair.talk()
    await ended(pair)


async def test_chan_sip_refreshes_by_the_same_sdp_once_more(edge, agent):
    pair = await call_out(edge, agent, "chansip-invite.sip", tag="as5d0a91c4")
    assert not pair.far.request.get("Session-Expires")
    assert "100rel" not in pair.far.request.get("Supported")
    await answered(pair, headers=[("Session-Expires", "1800;refresher=uas"), ("Require", "timer")])
    # it is the far side's turn, and chan_sip has no UPDATE to be asked for
    assert "UPDATE" not in pair.far.request.get("Allow")
    repeated = pair.far.local_sdp
    response = await pair.far.send("INVITE", repeated, [("Content-Type", "application/sdp")])
    assert response.code == 200
    await pair.talk()
    await ended(pair, by="callee")
