"""FreeSWITCH's profile lets calls in by address (ACL): one that it does not know it challenges, or refuses by 403 where
`auth-calls` is off."""

import pytest

from scenarios.parties import ringing_in

pytestmark = pytest.mark.engines

CHALLENGE = 'Digest realm="inside.example", nonce="b1d9f4de", algorithm=MD5, qop="auth"'


async def test_its_challenge_is_explained_and_goes_no_further(edge, agent):
    pair = await ringing_in(edge, agent)
    pair.far.refuse(407, "Proxy Authentication Required", [("Proxy-Authenticate", CHALLENGE)])
    response = await pair.near.final()
    assert response.code == 502
    assert not response.get("Proxy-Authenticate")
    assert "inside.example" not in str(response)
    events = await pair.events("finish")
    assert events[-1]["warning"] == response.warning
    assert [event["code"] for event in events if event["event"] == "failed"] == [407]


async def test_its_403_is_the_callers_answer_and_stands_in_the_record(edge, agent):
    pair = await ringing_in(edge, agent)
    pair.far.refuse(403, "Forbidden")
    assert (await pair.near.final()).code == 403
    assert (await pair.events("finish"))[-1]["code"] == 403
