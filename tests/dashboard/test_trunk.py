"""Products > Trunk: keys and secrets, limits, and what a PBX is told to use."""

import re
import time


def slots(services, cast):
    return [secret["slot"] for secret in services.keys.as_dict(services.keys.get(cast.key.name))["secrets"]]


def secret_in(page: str) -> str:
    return page.partition('<code id="secret">')[2].partition("<")[0]


def test_a_secret_is_in_one_answer_and_in_no_other(owner, services, cast):
    answer = owner.post(f"/trunk/keys/{cast.key}/rotate")
    secret = secret_in(answer.content.decode())
    assert len(secret) == 24
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret not in owner.get("/trunk/").content.decode()
    assert slots(services, cast) == [1, 2]


def test_the_secret_that_is_shown_is_the_one_that_counts(owner, cast):
    from hashlib import md5

    from trunkline.control.keys.models import Secret

    secret = secret_in(owner.post(f"/trunk/keys/{cast.key}/rotate").content.decode())
    kept = Secret.objects.get(key=cast.key, slot=2)
    assert kept.ha1_md5 == md5(f"{cast.key}:sip.trunk.example:{secret}".encode()).hexdigest()


def test_a_third_secret_is_refused_beside_its_key(owner, services, cast):
    owner.post(f"/trunk/keys/{cast.key}/rotate")
    answer = owner.post(f"/trunk/keys/{cast.key}/rotate")
    assert answer.status_code == 422
    assert "It has two live secrets" in answer.content.decode()
    assert slots(services, cast) == [1, 2]


def test_the_older_one_ends_and_the_last_one_does_not(owner, services, cast):
    owner.post(f"/trunk/keys/{cast.key}/rotate")
    assert owner.post(f"/trunk/keys/{cast.key}/retire/1").status_code == 302
    assert slots(services, cast) == [2]
    for slot in (1, 2, 3, 10**12):
        answer = owner.post(f"/trunk/keys/{cast.key}/retire/{slot}")
        assert answer.status_code == 422
        assert "That secret is ended already, or it is the only one" in answer.content.decode()
    assert slots(services, cast) == [2]


def test_a_key_is_made_disabled_and_enabled(owner, services, cast):
    answer = owner.post("/trunk/keys")
    [other] = [key for key in services.keys.listing(cast.owner) if key.pk != cast.key.pk]
    assert other.name in answer.content.decode()
    assert len(secret_in(answer.content.decode())) == 24
    owner.post(f"/trunk/keys/{other}/disable")
    assert not services.keys.get(other.name).enabled
    owner.post(f"/trunk/keys/{other}/enable")
    assert services.keys.get(other.name).enabled


def test_what_a_pbx_needs_and_the_limits_in_force_are_there(member, services, cast):
    services.accounts.change(cast.owner, calls_at_once=0, calls_per_second=7, destinations=["44"], srtp="required")
    page = member.get("/trunk/").content.decode()
    for words in (
        "sip.trunk.example",
        "port 5060",
        "port 5061",
        "TLS 1.0 or later",
        "may be self-signed",
        "no limit",
        "+44",
        "required",
        "each call needs a key",
    ):
        assert words in page


def test_an_operator_chooses_an_account_first(operator, cast):
    page = operator.get("/trunk/").content.decode()
    assert "Choose an account" in page
    assert cast.key.name not in page
    assert operator.post("/trunk/keys").status_code == 404
    operator.post("/accounts/owner/act")
    assert cast.key.name in operator.get("/trunk/").content.decode()


def sources(cast):
    return sorted(map(str, cast.owner.sources.all()))


def test_an_owner_lists_and_removes_an_address(owner, cast):
    assert owner.post("/trunk/sources/add", {"network": " 8.8.8.8 "}).headers["Location"] == "/trunk/#sources"
    assert sources(cast) == ["8.8.8.8"]
    assert "Remove 8.8.8.8" in owner.get("/trunk/").content.decode()
    owner.post("/trunk/sources/remove", {"network": "8.8.8.8"})
    assert sources(cast) == []


def test_an_address_that_cannot_be_is_refused_beside_its_field(owner, cast):
    for text, said in (
        ("0.0.0.0/0", "covers too much"),
        ("10.0.0.1", "not an Internet address"),
        ("<b>", "&lt;b&gt;"),
    ):
        answer = owner.post("/trunk/sources/add", {"network": text})
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert 'aria-invalid="true"' in answer.content.decode()
    assert sources(cast) == []


def test_an_operator_lists_what_a_customer_may_not(operator, cast):
    assert operator.post("/trunk/sources/add", {"network": "10.0.0.0/24"}).status_code == 404
    operator.post("/accounts/owner/act")
    operator.post("/trunk/sources/add", {"network": "10.0.0.0/24"})
    assert sources(cast) == ["10.0.0.0/24"]


def test_what_a_firewall_needs_is_there_to_copy_and_to_download(member):
    page = member.get("/trunk/").content.decode()
    for words in ("30000-39999", "from us", "_sips._tcp", "PCMA", "speex/16000", "iLBC"):
        assert words in page
    text = member.get("/trunk/ranges.txt")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert any(line.startswith("media to-us udp ") for line in text.content.decode().splitlines())
    document = member.get("/trunk/ranges.json").json()
    assert document["domain"] == "sip.trunk.example"
    assert len(document["regions"][0]["endpoints"][0]["ranges"]) == 7


def test_every_published_endpoint_is_a_server(member, services):
    for n, (name, city) in enumerate((("ams1", "Amsterdam"), ("fra1", "Frankfurt"))):
        services.endpoints.add(name, f"{name}.trunk.example", city=city, addresses=[f"198.51.100.{n}"])
    page = member.get("/trunk/").content.decode()
    assert "Server in Frankfurt" in page
    assert 'data-copy="ams1.trunk.example"' in page
    assert "the two closest servers" in page


def listed(page: str) -> list[str]:
    """The servers of the page, in order."""
    return re.findall(r"<code>(192\.0\.2\.\d+)</code>", page.partition("Domain and realm")[0])


def test_servers_are_in_the_order_of_their_distance(owner, services, cast):
    from trunkline.contract.distances import FORWARD, RoundTrip
    from trunkline.contract.feed import Heartbeat
    from trunkline.control.feed import DatabaseDistances, DatabaseSink

    services.endpoints.add("ap", "192.0.2.1", city="Singapore", latitude=1.35, longitude=103.8)
    services.endpoints.add("eu", "192.0.2.2", city="London", latitude=51.5, longitude=-0.13)
    page = owner.get("/trunk/").content.decode()
    assert listed(page) == ["192.0.2.1", "192.0.2.2"]
    assert "have not measured the way to your PBX yet" in page

    assert owner.post("/trunk/place", {"place": " 52.52, 13.405 "}).headers["Location"] == "/trunk/#server"
    page = owner.get("/trunk/").content.decode()
    assert listed(page) == ["192.0.2.2", "192.0.2.1"]
    assert "The nearest server to 52.52, 13.405 is first" in page
    assert "km from your PBX" in page

    now, pk = time.time(), cast.owner.pk
    for node, address, ms in (("a", "192.0.2.1", 7.4), ("b", "192.0.2.2", 90.2)):
        DatabaseSink().heartbeat(Heartbeat(node, node, "r", [address], 5060, 5061, "0.1.0", now, {}, 0, 0.0, False))
        DatabaseDistances().note(node, [pk], [(pk, FORWARD, RoundTrip("203.0.113.9", now, now, ms))])
    page = owner.get("/trunk/").content.decode()
    assert listed(page) == ["192.0.2.1", "192.0.2.2"]
    assert "7\N{NO-BREAK SPACE}ms from your PBX" in page
    assert "asked your PBX at 203.0.113.9" in page
    assert 'id="place"' not in page, "what is measured is worth more than what anybody says"


def test_a_place_that_is_none_is_refused_beside_its_field(owner, member, services, cast):
    for host in ("192.0.2.1", "192.0.2.2"):
        services.endpoints.add(f"e{host[-1]}", host)
    for text, problem in (("Berlin", "That is no place"), ("91,0", "not on the Earth"), ("nan,1", "write degrees")):
        answer = owner.post("/trunk/place", {"place": text})
        assert answer.status_code == 422
        assert problem.lower() in answer.content.decode().lower()
        assert f'value="{text}"' in answer.content.decode()
    assert member.post("/trunk/place", {"place": "1,1"}).status_code == 403
    owner.post("/trunk/place", {"place": "1,1"})
    owner.post("/trunk/place", {"place": ""})
    assert services.accounts.get("owner").latitude is None


def test_the_scope_of_a_key_is_chosen_and_changed(owner, services, cast):
    page = owner.post("/trunk/keys", {"scope": "owner"}).content.decode()
    [wide] = [key for key in services.keys.listing(cast.owner) if key.pk != cast.key.pk]
    assert (wide.scope, len(secret_in(page))) == ("owner", 24)
    assert owner.post(f"/trunk/keys/{cast.key}/scope", {"scope": "calls"}).status_code == 302
    assert services.keys.get(cast.key.name).scope == "calls"
    for key, scope, said in (
        (cast.key, "owner", "given only when a key is made"),
        (wide, "calls", "given only when a key is made"),
        (cast.key, "<b>", "the scope of a key cannot be"),
    ):
        answer = owner.post(f"/trunk/keys/{key}/scope", {"scope": scope})
        assert answer.status_code == 422
        assert said in answer.content.decode().replace("The scope", "the scope")
    assert owner.post("/trunk/keys", {"scope": "all"}).status_code == 422
    assert services.keys.listing(cast.owner).count() == 2
    entry = services.audit.find(kind="key", name=cast.key.name, who="owner")[0]
    assert entry.changes == [["scope", "manage", "calls"]]


def registered(key, until=300, **fields):
    from trunkline.contract.registrations import Registered
    from trunkline.control.feed import DatabaseRegistrations

    now = int(time.time())
    said = {"source": "tcp:192.0.2.7:40000", "user_agent": "<b>PBX", "since": now - 60, "refreshed": now - 9}
    DatabaseRegistrations().note("ams1", [Registered(key=str(key), until=now + until, **said | fields)], (), now)


def test_whether_its_pbx_is_registered_stands_beside_a_key(owner, member, stranger, cast):
    assert "Never registered" in owner.get("/trunk/").content.decode()
    registered(cast.key)
    for browser in (owner, member):
        page = browser.get("/trunk/").content.decode()
        assert re.search("Registered</span> from <code>tcp:192.0.2.7:40000</code> at node ams1, since .* until ", page)
        assert "It calls itself &lt;b&gt;PBX." in page
    assert "192.0.2.7" not in stranger.get("/trunk/").content.decode()
    registered(cast.key, until=-5)
    page = owner.get("/trunk/").content.decode()
    assert re.search("Not registered</span> since [^;]*; before from <code>tcp:192.0.2.7:40000</code>", page)
    assert "The PBX did not register again in time" in page


def test_the_authority_is_there_for_pbxs_that_verify_us_if_it_is_our_own(owner, monkeypatch, tmp_path):
    from django.conf import settings

    from trunkline.home import Home
    from trunkline.node import certificates

    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"home": tmp_path}))
    link, tls = 'href="/trunk/trunk-ca.crt"', Home(tmp_path).tls
    assert (link in owner.get("/trunk/").content.decode(), owner.get("/trunk/trunk-ca.crt").status_code) == (False, 404)
    tls.mkdir()
    certificates.ensure(tls, "sip.trunk.example", ["192.0.2.1"])
    assert link in owner.get("/trunk/").content.decode()
    answer = owner.get("/trunk/trunk-ca.crt")
    assert (answer.content, answer.headers["Content-Disposition"]) == (
        (tls / "ca.crt").read_bytes(),
        'attachment; filename="trunk-ca.crt"',
    )
    (tls / "ca.crt").unlink()
    assert owner.get("/trunk/trunk-ca.crt").status_code == 404


def test_it_is_looked_at_again_without_the_rest_of_the_page(owner, stranger, cast):
    page = owner.get("/trunk/").content.decode()
    assert '<div hx-get="/trunk/" hx-trigger="every 10s" hx-swap="none"></div>' in page
    place = f'id="registration-{cast.key}"'
    assert (page.count(place), "hx-swap-oob" in page) == (1, False)
    registered(cast.key)
    part = owner.get("/trunk/", headers={"HX-Request": "true"}).content.decode()
    assert f'{place} hx-swap-oob="true"' in part
    assert "Registered</span> from <code>tcp:192.0.2.7:40000" in part
    assert ("<html" in part, "<form" in part) == (False, False)
    assert "192.0.2.7" not in stranger.get("/trunk/", headers={"HX-Request": "true"}).content.decode()
