import re
from hashlib import md5, sha256

import pytest

from control.databases import REALM
from trunkline.control import ServiceError


def _digests(key):
    return {(secret.ha1_md5, secret.ha1_sha256) for secret in key.secrets.all()}


def _expected(key, secret):
    a1 = f"{key.name}:{REALM}:{secret}".encode()
    return md5(a1).hexdigest(), sha256(a1).hexdigest()


def test_a_key_is_eight_hex_digits_and_its_secret_fits_any_configuration(cast):
    assert re.fullmatch("[0-9a-f]{8}", cast.key.name)
    assert re.fullmatch("[A-Za-z0-9]{20,}", cast.secret)


def test_only_digests_of_the_secret_are_kept(cast):
    assert _digests(cast.key) == {_expected(cast.key, cast.secret)}
    secret = cast.key.secrets.get()
    assert cast.secret not in map(str, vars(secret).values())


def test_a_key_rotates_through_two_live_secrets(cast, services):
    second = services.keys.rotate(cast.key)
    assert _digests(cast.key) == {_expected(cast.key, cast.secret), _expected(cast.key, second)}
    services.keys.retire(cast.key, 1)
    third = services.keys.rotate(cast.key)
    assert _digests(cast.key) == {_expected(cast.key, second), _expected(cast.key, third)}


def test_a_third_secret_is_refused_and_the_older_one_named(cast, services):
    services.keys.rotate(cast.key)
    services.keys.retire(cast.key, 1)
    services.keys.rotate(cast.key)  # slot 1 is now the younger one
    with pytest.raises(ServiceError, match=f"key retire {cast.key} 2"):
        services.keys.rotate(cast.key)


@pytest.mark.parametrize(("slot", "hint"), [(1, "key rotate"), (2, "in slot 1"), (3, "in slot 1")])
def test_the_last_secret_and_empty_slots_cannot_be_retired(cast, services, slot, hint):
    with pytest.raises(ServiceError, match=hint):
        services.keys.retire(cast.key, slot)


def test_the_last_secret_of_use_is_not_ended_beside_one_for_another_domain(cast, services):
    cast.key.secrets.update(realm="old.example")
    services.keys.rotate(cast.key)
    with pytest.raises(ServiceError, match="slot 2 is the only secret for today's domain of key"):
        services.keys.retire(cast.key, 2)
    services.keys.retire(cast.key, 1)


def test_of_two_who_end_both_secrets_at_once_one_is_refused(cast, services):
    services.keys.rotate(cast.key)
    one, other = (services.keys.listing().get(pk=cast.key.pk) for _ in range(2))  # as the page and the API have them
    services.keys.retire(one, 1)
    with pytest.raises(ServiceError, match="slot 2 is the only secret"):
        services.keys.retire(other, 2)


def test_a_secret_for_another_domain_is_shown_as_unusable(cast, services):
    cast.key.secrets.update(realm="old.example")
    assert services.keys.as_dict(cast.key)["secrets"][0]["usable"] is False


def test_an_accounts_keys_are_listed_apart(cast, services):
    assert list(services.keys.listing(cast.stranger)) == [cast.stranger_key]
    assert set(services.keys.listing()) == {cast.key, cast.stranger_key}


def test_an_unknown_key_is_not_found(services):
    with pytest.raises(ServiceError, match="key list"):
        services.keys.get("00000000")


def test_an_account_has_no_end_of_keys_neither_by_disabling_some(cast, services, monkeypatch):
    monkeypatch.setattr(services.keys, "MOST", 2)
    key, _ = services.keys.create(cast.key.account)
    services.keys.enable(key, False)
    with pytest.raises(ServiceError, match="has 2 keys, and may have no more"):
        services.keys.create(cast.key.account)
