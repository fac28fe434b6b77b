"""Products > Trunk > a PBX: shows, makes keys for, and downloads a configuration."""

import html
import io
import re
import tarfile

import pytest

from pbx import tenth
from trunkline.pbx import registry

PATH = "/trunk/pbx/asterisk"
ASKED = {"transport": "udp"}


def text_of(answer) -> str:
    return html.unescape(answer.content.decode())


def unpacked(answer) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as packed:
        return {member.name: packed.extractfile(member).read().decode() for member in packed.getmembers()}


def test_the_trunk_page_leads_to_every_pbx(owner):
    page = owner.get("/trunk/").content.decode()
    for name in registry.systems_by_name():
        assert f'href="/trunk/pbx/{name}"' in page


@pytest.mark.parametrize("name", registry.systems_by_name())
def test_every_pbx_is_shown_and_downloaded(owner, cast, name):
    answer = owner.get(f"/trunk/pbx/{name}")
    assert answer.status_code == 200
    assert cast.key.name in text_of(answer)
    assert "YOUR-SECRET" in text_of(answer)
    transport = registry.get(name).transports[0]
    packed = owner.post(f"/trunk/pbx/{name}/archive", {"transport": transport})
    assert packed.headers["Content-Disposition"] == f'attachment; filename="trunk-{name}.tar.gz"'
    assert cast.key.name in "".join(unpacked(packed).values())


def test_a_pbx_that_is_added_has_its_page(owner, cast, tmp_path):
    with tenth.added(tmp_path) as name:
        assert f'href="/trunk/pbx/{name}"' in owner.get("/trunk/").content.decode()
        page = text_of(owner.get(f"/trunk/pbx/{name}"))
    assert "A Tenth PBX" in page
    assert cast.key.name in page


def test_the_way_to_the_endpoints_can_be_chosen(owner):
    found = {way: text_of(owner.get("/trunk/pbx/freeswitch", ASKED | {"way": way})) for way in ("", "srv", "list")}
    assert found["list"].split("configuration")[-1] == found[""].split("configuration")[-1]
    assert "by the SRV records of their name" in found["srv"]
    assert "The PBX needs the SRV records of _sip._udp." in found["srv"]
    refused = owner.get(PATH, ASKED | {"way": "srv"})
    assert refused.status_code == 422
    assert "Asterisk does not go through SRV records over udp" in text_of(refused)
    assert 'name="way"' not in text_of(owner.get("/trunk/pbx/shoretel"))


def test_it_has_the_accounts_own_key_and_numbers_alone(member, cast):
    page = text_of(member.get(PATH))
    assert f"username = {cast.key.name}" in page
    assert "447700900001" in page
    assert "447700900002" not in page
    assert cast.stranger_key.name not in page


def test_a_key_is_made_with_its_secret_in_the_page_and_in_its_download_alone(owner, cast, services):
    page = text_of(owner.post(PATH, ASKED))
    secret = re.search(r"password = (\w{24})\n", page)[1]
    made = services.keys.listing(cast.owner).exclude(pk=cast.key.pk).get()
    assert f"username = {made.name}" in page
    assert made.scope == "calls"
    form = re.search(rf'action="{PATH}/archive">(.*?)</form>', page, re.DOTALL)[1]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert f"password = {secret}\n" in unpacked(owner.post(f"{PATH}/archive", fields))["etc/asterisk/pjsip_trunk.conf"]
    assert secret not in text_of(owner.get(PATH))


def test_a_member_sees_it_and_is_offered_no_key(member):
    page = text_of(member.get(PATH))
    assert "Make a key for it" not in page
    assert "An owner of your account can make a key" in page


def test_a_configuration_that_cannot_be_made_leaves_no_key(owner, cast, services):
    answer = owner.post(PATH, ASKED | {"srtp": "on"})
    assert answer.status_code == 422
    assert "it needs TLS" in text_of(answer)
    assert services.keys.listing(cast.owner).count() == 1


@pytest.mark.parametrize(("asked", "said"), [
    ({"address": "203.0.113.9", "extension": ""}, ""),
    ({"address": "192.168.1.5"}, "a private address, which the trunk cannot call"),
    ({"address": "a b"}, "neither an IP address nor a host name"),
    ({"extension": "10,00"}, "is not an extension"),
    ({"transport": "sctp"}, "Select a valid choice"),
    ({"number": "abc"}, "You have no such number."),
    ({"number": "+447700900999"}, "You have no such number."),
    ({"number": "+447700900002"}, "You have no such number."),  # a stranger's
])  # fmt: skip
def test_what_is_asked_for_is_taken_or_refused_in_words(owner, asked, said):
    answer = owner.get(PATH, ASKED | asked)
    assert answer.status_code == (422 if said else 200)
    assert said in text_of(answer)
    assert "447700900002" not in text_of(answer).replace('value="+447700900002"', "")


def test_a_strangers_key_is_no_choice(owner, cast, services):
    services.keys.create(cast.owner)
    answer = owner.get(PATH, ASKED | {"key": cast.stranger_key.name})
    assert answer.status_code == 422
    assert f"username = {cast.stranger_key.name}" not in text_of(answer)
    assert owner.post(f"{PATH}/archive", ASKED | {"key": cast.stranger_key.name}).status_code == 422


def test_a_number_of_ones_own_is_the_only_one(owner, services, cast):
    services.numbers.add("+447700900005", cast.owner)
    page = text_of(owner.get(PATH, ASKED | {"number": "+44 7700 900005"}))
    assert "from_user = 447700900005" in page
    assert "exten => 447700900001" not in page


def test_an_account_that_requires_srtp_gets_it_at_once(owner, services, cast):
    services.accounts.change(cast.owner, srtp="required")
    assert "media_encryption = sdes" in text_of(owner.get(PATH))


def test_without_a_key_one_can_be_made(owner, services, cast):
    services.keys.enable(cast.key, False)
    page = text_of(owner.get(PATH))
    assert "No key yet" in page
    assert "password = " not in page
    assert "password = " in text_of(owner.post(PATH, ASKED))


def test_the_page_of_a_refused_download_still_shows_and_makes_keys(owner, cast):
    page = text_of(owner.post(f"{PATH}/archive", ASKED | {"address": "192.168.1.5"}))
    assert "a private address" in page
    assert re.findall(r'<form [^>]*action="(/trunk/pbx/[^"]*)"', page) == [PATH, PATH]


def test_a_pbx_that_is_not_there(owner):
    assert owner.get("/trunk/pbx/nothing").status_code == 404


def test_an_operator_sees_it_as_an_account_only(operator):
    assert operator.get(PATH).status_code == 404
    assert "/trunk/pbx/" not in text_of(operator.get("/trunk/"))
    operator.post("/accounts/owner/act")
    assert operator.get(PATH).status_code == 200


def test_a_download_without_signing_in_leads_there(anybody, cast):
    answer = anybody().post(f"{PATH}/archive", ASKED)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")
