"""The second factor: set up, asked for, used up, lost, and demanded of operators."""

import re
from datetime import timedelta

import pyotp
import pytest

from dashboard.conftest import PASSWORD
from dashboard.test_signing_in import sign_in


@pytest.fixture
def clock(monkeypatch):
    """Time as one-time passwords see it: `clock.now += 30`."""
    from types import SimpleNamespace

    from trunkline.control.users import second_factor

    its = SimpleNamespace(now=1_800_000_000.0)
    monkeypatch.setattr(second_factor.time, "time", lambda: its.now)
    return its


def secret_on(page: str) -> str:
    return re.search(r'<code id="totp">(.*?)</code>', page)[1].replace(" ", "")


def set_up(browser, clock):
    """Turn it on; the telephone, and the recovery codes."""
    telephone = pyotp.TOTP(secret_on(browser.post("/second-factor/begin", {"password": PASSWORD}).content.decode()))
    page = browser.post("/second-factor/confirm", {"code": telephone.at(clock.now)}).content.decode()
    clock.now += 30
    return telephone, re.findall(r"<li><code>([a-z2-7-]+)</code>", page)


@pytest.fixture
def telephone(owner, clock):
    return set_up(owner, clock)[0]


@pytest.fixture
def at_the_code(anybody, telephone):
    """A browser that has given the right password."""
    browser = anybody()
    assert sign_in(browser).headers["Location"] == "/sign-in/code"
    return browser


def give(browser, code, **options):
    return browser.post("/sign-in/code", {"code": code}, **options)


def test_the_password_alone_is_not_enough_any_more(at_the_code, telephone, clock):
    assert at_the_code.get("/").headers["Location"] == "/sign-in?next=/"
    assert at_the_code.get("/numbers/").status_code == 302
    assert give(at_the_code, telephone.at(clock.now)).headers["Location"] == "/"
    assert at_the_code.get("/").status_code == 200


def test_one_gets_where_one_wanted(anybody, telephone, clock):
    browser = anybody()
    browser.post("/sign-in?next=/calls/", {"name": "owner", "password": PASSWORD})
    assert give(browser, telephone.at(clock.now)).headers["Location"] == "/calls/"


def test_a_code_is_good_once_also_that_of_setting_up(anybody, at_the_code, telephone, clock):
    assert give(at_the_code, telephone.at(clock.now - 30)).status_code == 422  # used to confirm
    code = telephone.at(clock.now)
    assert give(at_the_code, code).status_code == 302
    other = anybody()
    sign_in(other)
    refused = give(other, code)
    assert refused.status_code == 422
    assert "used already" in refused.content.decode()
    clock.now += 30
    assert give(other, telephone.at(clock.now)).status_code == 302


@pytest.mark.parametrize("code", ["", "000000", "x", "１２３４５６", "9" * 5000, "<b>"])
def test_what_is_no_code_is_refused(at_the_code, code):
    answer = give(at_the_code, code)
    assert answer.status_code == 422
    assert "That is not the current code" in answer.content.decode()
    assert "<b>" not in answer.content.decode()


def test_a_clock_that_is_half_a_minute_wrong_is_no_trouble_and_a_minute_is(at_the_code, telephone, clock):
    for seconds in (-86400, -60, 60):
        assert give(at_the_code, telephone.at(clock.now + seconds)).status_code == 422
    assert give(at_the_code, telephone.at(clock.now + 30)).status_code == 302


def test_guessing_codes_ends_also_from_many_addresses_and_by_a_right_password(anybody, telephone, clock):
    browser = anybody()
    for n in range(10):
        if n % 5 == 0:
            sign_in(browser, REMOTE_ADDR=f"192.0.2.{n // 5}")  # which forgets wrong passwords, not wrong codes
        assert give(browser, "000000", REMOTE_ADDR=f"192.0.2.{n // 5}").status_code == 422
    answer = give(browser, telephone.at(clock.now), REMOTE_ADDR="192.0.2.9")
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()


def test_who_has_no_password_cannot_use_up_the_tries_of_codes(anybody, at_the_code, telephone, clock):
    for n in range(10):
        sign_in(anybody(), "owner code", "guess", REMOTE_ADDR=f"192.0.2.{n // 5}")
    assert give(at_the_code, telephone.at(clock.now)).headers["Location"] == "/"


def test_a_recovery_code_is_good_once(owner, anybody, clock):
    _, codes = set_up(owner, clock)
    assert len(codes) == len(set(codes)) == 10
    assert codes[0] not in owner.get("/second-factor").content.decode()
    for code, status in ((codes[0].upper(), 302), (codes[0], 422), (codes[1].replace("-", " "), 302)):
        browser = anybody()
        sign_in(browser)
        assert give(browser, code).status_code == status
    assert "8 recovery codes left" in owner.get("/second-factor").content.decode()


def test_the_right_password_counts_for_a_while(anybody, telephone, clock, services, monkeypatch):
    from trunkline.control.dashboard.signin import factor

    browser = anybody()
    sign_in(browser)
    services.users.set_password(services.users.get("owner"), "another good sentence")
    assert give(browser, telephone.at(clock.now)).headers["Location"] == "/sign-in"
    monkeypatch.setattr(factor, "SECONDS", -1)
    sign_in(browser, password="another good sentence")
    assert give(browser, telephone.at(clock.now)).headers["Location"] == "/sign-in"


def test_without_a_password_there_is_no_place_for_a_code(anybody, telephone, clock):
    assert give(anybody(), telephone.at(clock.now)).headers["Location"] == "/sign-in"


def test_setting_up_takes_the_password_and_a_code(owner, services, clock):
    answer = owner.post("/second-factor/begin", {"password": "wrong"})
    assert answer.status_code == 422
    assert "That is not your password." in answer.content.decode()
    assert owner.post("/second-factor/confirm", {"code": "123456"}).status_code == 422
    owner.post("/second-factor/begin", {"password": PASSWORD})
    refused = owner.post("/second-factor/confirm", {"code": "000000"})
    assert refused.status_code == 422
    assert "<svg" in refused.content.decode()  # once more, to try again
    assert not services.users.get("owner").has_second_factor


def test_nothing_of_it_is_kept_as_it_is(owner, telephone, services):
    from trunkline.control.users.models import RecoveryCode, SecondFactor

    assert telephone.secret not in SecondFactor.objects.get().secret
    assert {len(code.digest) for code in RecoveryCode.objects.all()} == {64}
    from django.conf import settings

    from trunkline.control.users import second_factor

    settings.SECRET_KEY = "another secret of the tests, as long as the first"
    assert not second_factor.check(services.users.get("owner"), telephone.now())


def test_turning_it_off_takes_the_password(owner, anybody, telephone):
    assert owner.post("/second-factor/end", {"password": "wrong"}).status_code == 422
    assert sign_in(anybody()).headers["Location"] == "/sign-in/code"
    owner.post("/second-factor/end", {"password": PASSWORD})
    assert sign_in(anybody()).headers["Location"] == "/"


def test_an_owner_turns_off_that_of_a_member_and_an_operator_of_all(member, owner, operator, anybody, clock):
    for browser in (member, owner):
        set_up(browser, clock)
    assert "second factor" in owner.get("/users/").content.decode()
    owner.post("/users/member/reset-factor")
    assert sign_in(anybody(), "member").headers["Location"] == "/"
    operator.post("/users/owner/reset-factor")
    assert sign_in(anybody()).headers["Location"] == "/"


def test_operators_who_need_one_see_nothing_before(operator, owner, monkeypatch, clock):
    from django.conf import settings

    web = settings.TRUNKLINE.web.model_copy(update={"operators_second_factor": True})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"web": web}))
    for path in ("/", "/numbers/", "/accounts/", "/users/"):
        assert operator.get(path).headers["Location"] == "/second-factor"
    assert operator.post("/accounts/owner/act").headers["Location"] == "/second-factor"
    assert "Operators of this service need a second factor" in operator.get("/second-factor").content.decode()
    assert owner.get("/").status_code == 200
    assert [operator.get(path).status_code for path in ("/password", "/alive")] == [200, 200]
    assert operator.post("/sign-out").headers["Location"] == "/sign-in"
    sign_in(operator, "operator")
    set_up(operator, clock)
    assert operator.get("/accounts/").status_code == 200


def test_wrong_codes_are_forgotten_after_a_while(at_the_code, telephone, clock):
    from trunkline.control.users.models import SignIn

    for _ in range(5):
        give(at_the_code, "000000")
    assert give(at_the_code, telephone.at(clock.now)).status_code == 429
    for attempt in SignIn.objects.all():
        SignIn.objects.filter(pk=attempt.pk).update(time=attempt.time - timedelta(minutes=16))
    assert give(at_the_code, telephone.at(clock.now)).status_code == 302


def test_wrong_codes_are_forgotten_after_a_right_one(anybody, telephone, clock):
    for _ in range(2):
        browser = anybody()
        sign_in(browser)
        for _ in range(4):
            assert give(browser, "000000").status_code == 422
        assert give(browser, telephone.at(clock.now)).status_code == 302
        clock.now += 30


def test_one_users_telephone_and_codes_are_nobody_elses(owner, member, anybody, clock):
    owners, codes = set_up(owner, clock)
    members, _ = set_up(member, clock)
    browser = anybody()
    sign_in(browser, "member")
    for code in (owners.at(clock.now), codes[0]):
        assert give(browser, code).status_code == 422
    assert give(browser, members.at(clock.now)).status_code == 302


def test_two_who_set_it_up_at_once_do_not_meet(owner, member, clock, services):
    begun = [browser.post("/second-factor/begin", {"password": PASSWORD}) for browser in (owner, member)]
    owners, members = (secret_on(page.content.decode()) for page in begun)
    assert owners != members
    assert secret_on(member.post("/second-factor/confirm", {"code": "000000"}).content.decode()) == members
    assert member.post("/second-factor/confirm", {"code": pyotp.TOTP(members).at(clock.now)}).status_code == 200
    assert [services.users.get(name).has_second_factor for name in ("owner", "member")] == [False, True]


def test_a_factor_that_is_there_is_not_replaced_by_who_has_the_password_alone(owner, anybody, telephone, clock):
    page = owner.post("/second-factor/begin", {"password": PASSWORD}).content.decode()
    assert "urn it off first" in page
    browser = anybody()
    sign_in(browser)
    assert give(browser, telephone.at(clock.now)).status_code == 302


def test_recovery_codes_end_with_their_factor(owner, anybody, clock, services):
    _, old = set_up(owner, clock)
    assert owner.post("/second-factor/end", {"password": PASSWORD}).status_code == 302
    user = services.users.get("owner")
    assert not user.recovery_codes.exists()
    set_up(owner, clock)
    assert user.recovery_codes.count() == 10
    browser = anybody()
    sign_in(browser)
    assert give(browser, old[0]).status_code == 422
    did = [entry.did for entry in services.audit.find(kind="user", name="owner") if "factor" in entry.did]
    assert did == ["given a second factor", "taken its second factor", "given a second factor"]
