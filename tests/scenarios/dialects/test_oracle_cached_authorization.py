"""An Oracle E-SBC keeps what its REGISTER was challenged with, and authorizes its later INVITEs with that: MD5,
qop=auth, in the header of the REGISTER."""

import pytest

from scenarios.dialects.speaking import CALLER, ask, call_out, ended
from trunkline.sandbox import digest

pytestmark = pytest.mark.engines


async def registered(edge, agent, key) -> dict[str, str]:
    """The challenge that its REGISTER had."""
    ua, values = await agent(), {"key": key.name, "number": CALLER}
    challenged = await ask(edge, ua, "oracle-register.sip", **values)
    assert challenged.code == 401
    assert (await ask(edge, ua, "oracle-register.sip", user=key.name, secret=key.secret, **values)).code == 200
    return digest.choose(challenged.all("WWW-Authenticate"), "MD5")


@pytest.mark.parametrize("header", ["Authorization", "Proxy-Authorization"])
async def test_an_invite_with_the_challenge_of_the_register_is_taken_at_once(edge, agent, header):
    key = edge.key()
    challenge = await registered(edge, agent, key)

    def authorize(request):
        request.add(header, digest.answer(challenge, "INVITE", request.uri, key.name, key.secret, count=2))

    pair = await call_out(edge, agent, "oracle-invite.sip", key=key, also=authorize)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    assert [response.code for response in pair.near.responses if response.code >= 200] == [200]
    await pair.talk()
    assert (await ended(pair))[0]["key"] == key.name


async def test_the_response_of_the_register_itself_is_challenged_afresh_and_never_403(edge, agent):
    """Reused byte for byte, it proves nothing for an INVITE; what is asked for next is made anew."""
    key = edge.key()
    challenge = await registered(edge, agent, key)
    reused = digest.answer(challenge, "REGISTER", f"sip:{edge.domain}:5060", key.name, key.secret)

    def authorize(request):
        if not request.get("Proxy-Authorization"):
            request.add("Authorization", reused)

    pair = await call_out(edge, agent, "oracle-invite.sip", key=key, also=authorize)
    await pair.far.answer()
    await pair.near.final()
    assert [response.code for response in pair.near.responses if response.code >= 200] == [407, 200]
    await pair.talk()
    await ended(pair)


async def test_credentials_of_another_service_in_the_one_header_hide_not_ours_in_the_other(edge, agent):
    key = edge.key()
    challenge = await registered(edge, agent, key)
    foreign = digest.parse(digest.challenge("elsewhere.example"))

    def authorize(request):
        request.add("Proxy-Authorization", digest.answer(foreign, "INVITE", request.uri, "somebody", "else"))
        request.add("Authorization", digest.answer(challenge, "INVITE", request.uri, key.name, key.secret))

    pair = await call_out(edge, agent, "oracle-invite.sip", key=key, also=authorize)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    await ended(pair)
