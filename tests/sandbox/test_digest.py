import pytest

from trunkline.sandbox import digest

# RFC 7616 §3.9.1: the same request by both algorithms.
SHARED = {
    "realm": "http-auth@example.org",
    "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "qop": "auth, auth-int",
    "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
}
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_the_rfc(algorithm, response):
    challenge = SHARED | {"algorithm": algorithm}
    value = digest.answer(challenge, "GET", "/dir/index.html", "Mufasa", "Circle of Life", cnonce=CNONCE)
    fields = digest.parse(value)
    assert fields["response"] == response
    assert fields["opaque"] == SHARED["opaque"]
    assert digest.verify(value, "GET", "Mufasa", "Circle of Life", {SHARED["nonce"]})
    assert not digest.verify(value, "GET", "Mufasa", "another", {SHARED["nonce"]})
    assert not digest.verify(value, "GET", "Mufasa", "Circle of Life", {"another"})


def test_without_qop():
    """RFC 2617 §3.2.2.1, as old servers still do it; the value is md5sum's."""
    value = digest.answer({"realm": "r", "nonce": "n"}, "INVITE", "sip:a", "u", "s")
    assert digest.parse(value)["response"] == "4b9b9d204531a92e4e6c26cd72d1b740"
    assert "cnonce" not in digest.parse(value)


def test_the_first_challenge_that_we_know_is_answered():
    offered = ['Digest nonce="1", algorithm=SHA-512-256', "Basic realm=x", 'Digest nonce="2", algorithm=SHA-256',
               'Digest nonce="3"']  # fmt: skip
    assert digest.choose(offered)["nonce"] == "2"
    assert digest.choose(offered, "MD5")["nonce"] == "3"
    with pytest.raises(digest.DigestError, match="no Digest challenge"):
        digest.choose(offered[:2])
