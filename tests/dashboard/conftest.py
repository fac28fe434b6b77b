"""A fixed cast who browse: an owner and a member of one account, an owner of a strange one, and an operator."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from control.databases import empty, fresh_sqlite, peopled_by, settings_for

__all__ = ["empty"]

HOST = "sip.trunk.example"
PASSWORD = "correct horse battery staple"
PEOPLE = {  # name -> account, role
    "owner": ("owner", "owner"),
    "member": ("owner", "member"),
    "stranger": ("stranger", "owner"),
    "operator": (None, "operator"),
}


@pytest.fixture(scope="session", autouse=True)
def quickly_hashed():
    """Passwords are hashed as in life, but for the time that it takes on purpose."""
    from django.contrib.auth.hashers import ScryptPasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScryptPasswordHasher, "work_factor", 2**4)
        yield


@pytest.fixture
def services(request, tmp_path, empty, monkeypatch):
    """The services on a database that is empty but for the cast, with Django set up for the dashboard."""
    from trunkline import control
    from trunkline.control.database import close

    copied = request.getfixturevalue("peopled")[0] if "cast" in request.fixturenames else empty
    settings = settings_for(fresh_sqlite(tmp_path, copied), tmp_path)
    control.setup(settings)
    from trunkline.control import services
    from trunkline.control.api import usage
    from trunkline.control.dashboard.application import configure

    configure(settings, "a secret of the tests, long enough for anybody")
    (tmp_path / "usage").touch()
    monkeypatch.setenv(usage.SHARED, str(tmp_path / "usage"))  # the ids are those of every other test
    yield services
    close()


@pytest.fixture(scope="session")
def hashed(empty):
    """PASSWORD as it is kept; made once, for it takes as long as it should."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


@pytest.fixture(scope="session")
def peopled(empty, hashed, tmp_path_factory):
    return peopled_by(lambda services: _cast(services, hashed), empty, tmp_path_factory.mktemp("cast"))


@pytest.fixture
def cast(services, peopled):
    """Accounts, their keys, numbers, calls and users; each user's name is the one of the fixture that signs it in."""
    return deepcopy(peopled[1])


def _cast(services, hashed: str) -> SimpleNamespace:
    owner, stranger = services.accounts.create("owner"), services.accounts.create("stranger")
    made = SimpleNamespace(
        owner=owner,
        stranger=stranger,
        key=services.keys.create(owner)[0],
        stranger_key=services.keys.create(stranger)[0],
        number=services.numbers.add("+447700900001", owner, "sip:owner@pbx.example"),
        stranger_number=services.numbers.add("+447700900002", stranger, "sip:stranger@pbx.example"),
    )
    made.telco = services.carriers.create("telco", "sip.telco.example", sources=["198.51.100.0/28"])
    made.route = services.routes.add("44", made.telco)
    from trunkline.control.users.models import User

    for name, (account, role) in PEOPLE.items():
        User.objects.create(name=name, account=account and getattr(made, account), role=role, password=hashed)
    return made


@pytest.fixture
def anybody(services):
    """Makes browsers that nobody has signed in with; `enforce` checks forged requests as in life."""
    from django.test import Client

    class Browser(Client):
        def generic(self, *arguments, **named):
            return super().generic(*arguments, **named | {"secure": True})

    return lambda enforce=False: Browser(enforce_csrf_checks=enforce, SERVER_NAME=HOST)


@pytest.fixture
def signed_in(cast, anybody):
    """`signed_in("member")`: the browser of one of the cast."""

    def browser(name: str, enforce: bool = False):
        from trunkline.control.users.models import User

        client = anybody(enforce)
        client.force_login(User.objects.get(name=name))
        return client

    return browser


@pytest.fixture
def owner(signed_in):
    return signed_in("owner")


@pytest.fixture
def member(signed_in):
    return signed_in("member")


@pytest.fixture
def stranger(signed_in):
    return signed_in("stranger")


@pytest.fixture
def operator(signed_in):
    return signed_in("operator")


@pytest.fixture
def record(cast):
    """Writes the record of a call: `record("uid", account=..., attempts=[{...}])`; returns the call."""
    from trunkline.control.calls.models import Attempt, Call

    began = datetime.now(UTC) - timedelta(minutes=10)

    def write(uid: str, *, attempts=(), after: float = 0.0, **fields):
        defaults = {
            "node": "node1",
            "direction": "outbound",
            "outcome": "failed",
            "account": cast.owner,
            "key": cast.key.name,
            "caller": "447700900001",
            "called": "33123456789",
            "source": "udp:192.0.2.10:5060",
            "call_id": f"{uid}@pbx",
            "started": began + timedelta(seconds=after),
        }
        call = Call.objects.create(uid=uid, **defaults | fields)
        for n, attempt in enumerate(attempts, 1):
            Attempt.objects.create(call=call, n=n, **attempt)
        return call

    write.began = began
    return write
