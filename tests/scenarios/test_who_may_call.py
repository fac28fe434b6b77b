"""Who may call: digests, both algorithms, two secrets of one key, nonces, and accounts known by their address."""

import base64
import hashlib
import struct
import time

import pytest

from harness import placing
from trunkline.node import secrets
from trunkline.sandbox import digest
from trunkline.sandbox.message import Request

pytestmark = pytest.mark.engines


@pytest.fixture
def trunk(edge):
    """Makes a carrier and a route to it: (agent, prefix)."""

    async def make(agent):
        far = await agent()
        return far, edge.route(edge.carrier(far.address, far.port()))

    return make


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_either_algorithm_opens_the_door(edge, agent, trunk, algorithm):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", algorithm=algorithm)
    call.audio.play(440)
    await incoming.audio.hear(440)
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert events[0]["key"] == key.name
    assert events[0]["account"] == key.account_id


async def test_both_algorithms_are_offered_md5_first(edge, agent):
    ua = await agent()
    response = await ua.request("INVITE", edge.uri("+9995"), edge.udp)
    offered = [digest.parse(value) for value in response.all("Proxy-Authenticate")]
    assert [challenge.get("algorithm", "MD5") for challenge in offered] == ["MD5", "SHA-256"]
    assert {challenge["realm"] for challenge in offered} == {edge.domain}
    assert {challenge["qop"] for challenge in offered} == {"auth"}
    assert response.get("WWW-Authenticate") is None


async def test_sha256_can_be_left_out(own_edge, agent):
    edge, ua = own_edge(auth={"sha256": False}), await agent()
    response = await ua.request("INVITE", edge.uri("+9995"), edge.udp)
    assert [digest.parse(value).get("algorithm", "MD5") for value in response.all("Proxy-Authenticate")] == ["MD5"]


async def test_the_realm_is_the_same_whatever_name_was_called(edge, agent):
    ua = await agent()
    for host in (edge.address, "sip-eu1.example.net", f"{edge.address}:{edge.udp.port}"):
        response = await ua.request("INVITE", f"sip:+9995@{host}", edge.udp)
        assert digest.parse(response.get("Proxy-Authenticate"))["realm"] == edge.domain


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_two_secrets_of_a_key_live_side_by_side(edge, agent, trunk, algorithm):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    edge.put("key", key.id, {"credential": [_secret(edge, key, 1, "old"), _secret(edge, key, 2, "fresh")]})
    for secret in ("old", "fresh"):
        call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", secret=secret, algorithm=algorithm)
        await placing.hang_up(call, incoming)
    edge.put("key", key.id, {"credential": [_secret(edge, key, 2, "fresh")]})
    assert (await placing.refused(edge, ua, key, f"+{prefix}001", secret="old", algorithm=algorithm)).code == 407


def _secret(edge, key, slot, secret):
    a1 = f"{key.name}:{edge.domain}:{secret}".encode()
    return {
        "key_id": key.id, "key": key.name, "slot": slot, "account_id": key.account_id,
        "ha1_md5": hashlib.md5(a1).hexdigest(), "ha1_sha256": hashlib.sha256(a1).hexdigest(),
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [{"secret": "wrong"}, {"user": "nobody"}, {"user": "' OR 1=1 --"}])
async def test_wrong_credentials_are_told_so(edge, agent, trunk, wrong):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    response = await placing.refused(edge, ua, key, f"+{prefix}001", **wrong)
    assert response.code == 407
    assert "API key or its secret is wrong" in response.warning
    assert not far.calls


async def test_a_disabled_account_is_told_so(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    key = edge.key(edge.account(enabled=0))
    response = await placing.refused_as_journaled(edge, ua, key, f"+{prefix}001", called=f"+{prefix}001")
    assert response.code == 403
    assert "disabled" in response.warning
    assert not far.calls


async def test_a_digest_serves_only_the_recipient_it_was_made_for(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def redirect(request: Request):
        if request.get("Proxy-Authorization"):
            request.uri = edge.uri(f"+{prefix}666")

    response = await placing.refused(edge, ua, key, f"+{prefix}001", edit=redirect)
    assert response.code == 407
    assert not far.calls
    assert not edge.journal(called=f"{prefix}666")


SMUGGLED = {  # credentials for one recipient as `{good}`, or `{rest}` and `{uri}`, and how another is hidden beside it
    "in a value": ['{good}, opaque="a,uri=sip:{bad}"'],
    "in an escaped value": ['{good}, opaque="a, uri=\\"sip:{bad}\\""'],
    "between escaped quotes": ['{rest}, x="\\", uri={uri}, y=", uri="sip:{bad}"'],
    "behind a vertical tab": ['{rest}, x=\v"a, uri={uri}, y=", uri="sip:{bad}"'],
    "in a scheme that is none": ['Digest\vusername="{key}", realm="{realm}", uri="sip:{bad}"', "{good}"],
    "twice": ['{good}, uri="sip:{bad}"'],
    "behind what is no parameter": ['{good}, x uri="sip:{bad}"'],
    "in other credentials": ['{good}, x y="z"', 'Digest username="{key}", realm="{realm}", uri="sip:{bad}"'],
    "in the realm as written": ["{odd}", 'Digest username="{key}", realm="{realm}", uri="sip:{bad}"'],
}


@pytest.mark.parametrize("way", SMUGGLED)
async def test_no_recipient_is_smuggled_into_one_digest_of_several(edge, agent, trunk, way):
    """What Kamailio verifies and what we read must be the same, also where other credentials stand before."""
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def smuggle(request: Request):
        if good := request.get("Proxy-Authorization"):
            elsewhere = digest.parse(digest.challenge("elsewhere.example"))
            request.set("Proxy-Authorization", digest.answer(elsewhere, "INVITE", request.uri, "somebody", "else"))
            odd = good.replace(f'realm="{edge.domain}"', f'realm="{edge.domain.upper()}"')
            uri = digest.parse(good)["uri"]
            words = {"good": good, "odd": odd, "bad": f"+{prefix}666@{edge.domain}", "key": key.name, "uri": uri}
            words["rest"] = good.replace(f', uri="{uri}"', "")
            assert words["rest"] != good
            for value in SMUGGLED[way]:
                request.add("Proxy-Authorization", value.format(**words, realm=edge.domain))
            request.uri = edge.uri(f"+{prefix}666")

    call = await placing.dial(edge, ua, key, f"+{prefix}001", edit=smuggle)
    assert (await call.final(5)).code == 407
    assert not far.calls


async def test_a_digest_over_another_spelling_of_the_recipient_serves(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def respell(request: Request):
        if request.get("Proxy-Authorization"):
            request.uri = edge.uri(f"00{prefix}001")

    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", edit=respell)
    await placing.hang_up(call, incoming)


async def test_a_digest_over_a_tel_uri_serves(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    call, incoming = await placing.answered(edge, ua, far, key, "", uri=f"tel:+{prefix}001")
    await placing.hang_up(call, incoming)


async def test_a_stale_nonce_gets_a_fresh_one(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def age(request: Request):
        if request.get("Proxy-Authorization") and request.cseq[0] == 2:
            old = digest.parse(digest.challenge(edge.domain, _expired_nonce(edge)))
            request.set("Proxy-Authorization", digest.answer(old, "INVITE", request.uri, key.name, key.secret))

    call = await placing.dial(edge, ua, key, f"+{prefix}001", edit=age)
    incoming = await far.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    first, stale = [r.all("Proxy-Authenticate") for r in call.responses if r.code == 407]
    assert not any("stale" in digest.parse(value) for value in first)
    assert [digest.parse(value).get("stale") for value in stale] == ["true", "true"]
    assert not any(r.warning for r in call.responses)  # nothing is wrong with the customer's settings
    await placing.hang_up(call, incoming)


def _expired_nonce(edge) -> str:
    """As Kamailio makes them: base64 of the times of expiry and of birth, and MD5 over these and the secret."""
    times = struct.pack("!II", int(time.time()) - 2, int(time.time()))
    secret = secrets.ensure(edge.home.secrets).nonce.encode()
    return base64.b64encode(times + hashlib.md5(times + secret).digest()).decode()


async def test_a_forged_nonce_is_refused(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    times = struct.pack("!II", int(time.time()) + 300, int(time.time()))
    nonce = base64.b64encode(times + hashlib.md5(times + b"guessed").digest()).decode()

    def forge(request: Request):
        challenge = digest.parse(digest.challenge(edge.domain, nonce))
        request.set("Proxy-Authorization", digest.answer(challenge, "INVITE", request.uri, key.name, key.secret))

    response = await placing.refused(edge, ua, key, f"+{prefix}001", edit=forge)
    assert response.code == 407
    assert not far.calls


async def test_a_nonce_of_one_node_serves_on_another(own_edge, addresses, agent):
    """Both have the same secrets.json; the second was started before the nonce was made."""
    one = own_edge()
    two = own_edge(like=one)
    far, ua, key = await agent(), await agent(), two.key()
    prefix = two.route(two.carrier(far.address, far.port()))
    asked = digest.parse((await ua.request("INVITE", one.uri(f"+{prefix}001"), one.udp)).get("Proxy-Authenticate"))

    def carry(request: Request):
        request.set("Proxy-Authorization", digest.answer(asked, "INVITE", request.uri, key.name, key.secret))

    call, incoming = await placing.answered(two, ua, far, None, f"+{prefix}001", edit=carry)
    assert [r.code for r in call.responses if r.code >= 200] == [200]
    await placing.hang_up(call, incoming)


async def test_credentials_for_another_realm_are_passed_over(edge, agent, trunk):
    """A PBX may keep credentials of several proxies in one request (RFC 3261 §22.3)."""
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def add_foreign(request: Request):
        foreign = digest.parse(digest.challenge("elsewhere.example"))
        value = digest.answer(foreign, "INVITE", request.uri, "somebody", "else")
        request.headers.insert(1, ("Proxy-Authorization", value))

    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", edit=add_foreign)
    await placing.hang_up(call, incoming)
    alone = await placing.dial(edge, ua, None, f"+{prefix}001", edit=add_foreign)
    response = await alone.final()
    assert response.code == 407
    assert "for the realm 'elsewhere.example'" in response.warning  # which counts against nobody


EMPTY_ELEMENTS = {  # what becomes of our own digest, and of another that stands before it
    "behind": lambda value: f"{value},",
    "in front": lambda value: value.replace("Digest ", "Digest , "),
    "between": lambda value: value.replace(", ", ",, ,", 1),
}


@pytest.mark.parametrize("header", ["Proxy-Authorization", "Authorization"])
@pytest.mark.parametrize("which", ["own", "other", "both"])
@pytest.mark.parametrize("where", EMPTY_ELEMENTS)
async def test_empty_elements_in_the_list_of_a_digest_do_no_harm(edge, agent, trunk, where, which, header):
    """RFC 7235 §7. Kamailio reads none."""
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def spoil(request: Request):
        if own := request.get("Proxy-Authorization"):
            elsewhere = digest.parse(digest.challenge("elsewhere.example"))
            other = digest.answer(elsewhere, "INVITE", request.uri, "somebody", "else")
            request.remove("Proxy-Authorization")
            for name, value in (("other", other), ("own", own)):
                request.add(header, EMPTY_ELEMENTS[where](value) if which in (name, "both") else value)

    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", edit=spoil)
    assert "Authorization" not in str(incoming.request)
    await placing.hang_up(call, incoming)


UNREADABLE = ["Digest", "Digest x", "Basic a2V5OnNlY3JldA==", "{good}, nonce", ""]


@pytest.mark.parametrize("written", UNREADABLE)
async def test_credentials_that_cannot_be_read_are_told_so(edge, agent, written):
    key, ua = edge.key(), await agent()

    def spoil(request: Request):
        if good := request.get("Proxy-Authorization"):
            request.set("Proxy-Authorization", written.format(good=good))

    call = await placing.dial(edge, ua, key, "+9995001", edit=spoil)
    response = await call.final()
    assert (response.code, "The credentials cannot be read" in response.warning) == (407, True)


async def test_an_address_may_stand_for_a_digest(edge, agent, trunk):
    (far, prefix), ua, stranger = await trunk(agent), await agent(), await agent()
    account = edge.account(sources=(f"{ua.address}/32",))
    call, incoming = await placing.answered(edge, ua, far, None, f"+{prefix}001")
    assert [r.code for r in call.responses if r.code >= 200] == [200]
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert events[0]["account"] == account
    assert "key" not in events[0]
    assert (await stranger.request("INVITE", edge.uri(f"+{prefix}001"), edge.udp)).code == 407


async def test_credentials_never_reach_the_carrier(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    for entry in far.trace.entries:
        if entry.local.startswith(far.address):
            assert key.name.encode() not in entry.data
            assert b"Authorization" not in entry.data
