"""Every torture message of the IETF from somebody whom the edge does not know: RFC 4475 and RFC 5118."""

import pytest

from scenarios.raw import still_works
from scenarios.torture.messages import NAMES, written
from scenarios.torture.sending import copied, final, nothing_left, unended
from trunkline.sandbox.dialog import token
from trunkline.sandbox.message import ParseError, parse

pytestmark = pytest.mark.engines

ANSWERS = {
    # RFC 4475 3.1.1: valid
    "intmeth": (400, "not read here: 'extensionHeader-!.%*+_`'~'"),
    "esc01": (407, ""),
    "escnull": (401, ""),
    "esc02": (400, "not read here: 'C%6Fntact'"),
    "lwsdisp": (200, ""),
    "longreq": (407, ""),
    "dblreq": (401, ""),
    "semiuri": (200, ""),
    "transports": (200, ""),
    "mpart01": (405, "MESSAGE is not supported here"),
    # 3.1.2: invalid
    "clerr": (400, "Content-Length is 9999, and the body has 154 octets"),
    "ncl": (400, "Content-Length is not a number"),
    "scalar02": (400, "malformed"),
    "ltgtruri": (400, "malformed"),
    "trws": (200, ""),
    "escruri": (407, ""),
    "baddate": (407, ""),
    "regbadct": (401, ""),
    "badaspec": (200, ""),
    "baddn": (200, ""),
    "mismatch01": (400, "malformed"),
    "mismatch02": (400, "malformed"),
    # 3.2 to 3.4
    "badbranch": (200, ""),
    "unkscm": (416, "'nobodyKnowsThisScheme:' is not understood here"),
    "novelsc": (416, "'soap.beep:' is not understood here"),
    "unksm2": (400, "malformed"),
    "bext01": (420, "'nothingsupportsthis, nothingsupportsthiseither' is not supported"),
    "invut": (407, ""),
    "regaut01": (401, "cannot be read"),
    "mcl01": (400, "more than one Content-Length"),
    "zeromf": (200, ""),
    "cparam01": (401, ""),
    "cparam02": (401, ""),
    "regescrt": (401, ""),
    "sdp01": (407, ""),
    "inv2543": (400, "From has no tag"),
    # RFC 5118
    "ipv6-good": (401, ""),
    "ipv6-bad": (400, "malformed"),
    "port-ambiguous": (401, ""),
    "port-unambiguous": (401, ""),
    "via-received-param-with-delim": (481, "belongs to no call"),
    "via-received-param-no-delim": (200, ""),
    "ipv6-in-sdp": (407, ""),
    "mult-ip-in-header": (481, "belongs to no call"),
    "mult-ip-in-sdp": (407, ""),
    "ipv4-mapped-ipv6": (407, ""),
    "ipv6-bug-abnf-3-colons": (200, ""),
    "ipv6-correct-abnf-2-colons": (200, ""),
}
# Responses to nothing that was asked, and what Kamailio cannot read so far as to know whom to answer.
RESPONSES = ("unreason", "noreason", "scalarlg", "bigcode", "bcast")
DROPPED = ("wsinv", "badinv01", "quotbal", "lwsruri", "lwsstart", "badvers", "insuf", "multi01")


def test_every_message_is_sent():
    assert sorted((*ANSWERS, *RESPONSES, *DROPPED)) == NAMES


@pytest.mark.parametrize("name", ANSWERS)
async def test_it_is_answered_in_words(edge, agent, name):
    ua, data, others = await agent(), written(name, token()), unended(edge)
    response = await final(ua, data, edge)
    code, words = ANSWERS[name]
    assert response.code == code, response
    assert words in response.warning
    assert bool(response.warning) == (bool(words) or code not in (200, 401, 407))
    assert len(response.all("Warning")) <= 1
    try:
        request = parse(data)
    except ParseError:  # for its Content-Length
        assert name in ("clerr", "ncl")
    else:
        assert copied(response) == copied(request)
    await still_works(edge, ua)
    await nothing_left(edge, others)
    assert not edge.journal(call_id=response.call_id)


@pytest.mark.parametrize("name", [*RESPONSES, *DROPPED])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_what_has_no_answer_changes_nothing(edge, agent, name, transport):
    ua, token_, others = await agent(transport), token(), unended(edge)
    await ua.send_raw(written(name, token_), getattr(edge, transport))
    ua.drop_connections()  # which the edge has left, or will
    await still_works(edge, ua)
    assert not ua.strays
    await nothing_left(edge, others)
    assert not [event for event in edge.journal() if token_ in str(event)]


async def test_what_is_not_supported_is_named(edge, agent):
    ua = await agent()
    response = await final(ua, written("bext01", token()), edge)
    assert response.get("Unsupported") == "nothingsupportsthis, nothingsupportsthiseither"
    data = written("bext01", token()).replace(b"\r\nRequire:", b"\r\nX-Require:")
    response = await final(ua, data, edge)
    assert (response.code, response.get("Unsupported")) == (420, "noproxiessupportthis, nordoanyproxiessupportthis")
    assert "Proxy-Require" in response.warning
