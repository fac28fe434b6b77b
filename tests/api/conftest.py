"""A cast of accounts with keys, and programs that call the API in their names."""

import base64
import json
from copy import deepcopy
from types import SimpleNamespace

import pytest

from control.databases import peopled_by
from dashboard.conftest import HOST, empty, record, services

__all__ = ["empty", "record", "services"]


@pytest.fixture(scope="session")
def peopled(empty, tmp_path_factory):
    return peopled_by(_cast, empty, tmp_path_factory.mktemp("cast"))


@pytest.fixture
def cast(services, peopled):
    """`owner` and `stranger`, each with a key, its secret and a number; three numbers for sale."""
    return deepcopy(peopled[1])


def _cast(services) -> SimpleNamespace:
    owner = services.accounts.create("owner", sources=["5.10.112.121"])
    stranger = services.accounts.create("stranger", sources=["119.81.44.0/28"])
    key, secret = services.keys.create(owner)
    stranger_key, stranger_secret = services.keys.create(stranger)
    for number, cost in (("+442079460001", "1.25"), ("+447400123456", "0.90"), ("+12025550101", "0")):
        services.numbers.add(number, monthly_cost=cost)
    return SimpleNamespace(
        owner=owner,
        stranger=stranger,
        key=key,
        secret=secret,
        stranger_key=stranger_key,
        stranger_secret=stranger_secret,
        number=services.numbers.add("+447700900001", owner, "sip:owner@pbx.example"),
        stranger_number=services.numbers.add("+447700900002", stranger, "sip:stranger@pbx.example"),
    )


def basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}


class Program:
    """Sends requests as a client with a key does, `ask("POST", "numbers", {"number": "..."})`."""

    def __init__(self, headers: dict[str, str]):
        from django.test import Client

        self.headers, self._client = headers, Client(enforce_csrf_checks=True, SERVER_NAME=HOST)

    def ask(self, method: str, path: str, body=None, *, headers=(), **options):
        path = path if path.startswith("/") else f"/api/v1/{path}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        options = {"content_type": "application/json", "secure": True} | options
        return self._client.generic(method, path, data, headers=self.headers | dict(headers), **options)


@pytest.fixture
def owner(cast):
    return Program(basic(cast.key.name, cast.secret))


@pytest.fixture
def stranger(cast):
    return Program(basic(cast.stranger_key.name, cast.stranger_secret))


@pytest.fixture
def nobody(cast):
    return Program({})


def problem(answer, status: int, name: str) -> dict:
    """The problem details of an answer, which must be this one."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.content
    document = answer.json()
    assert (document["type"], document["status"]) == (f"/api/v1/#{name}", status)
    assert document["title"]
    assert document["detail"].endswith(".")
    return document


@pytest.fixture(scope="package")
def server(addresses):
    """A node's dashboard process with two workers, and in its database the account `acme` with a key: `url`, `key`,
    `secret`, those of an owner's, `home`, and the `environment` of clients that trust the node's CA."""
    from browser.serving import PORT, served
    from trunkline import control
    from trunkline.control.database import close

    address = addresses.take()
    nowhere = {
        "host": address,
        "port": 1,
        "tls": "none",
        "sender": "trunk@example.com",
    }  # each mail is a line of the log
    with served(address, api={"requests_per_minute": 100_000}, mail=nowhere, workers=2) as (settings, process):
        control.setup(settings)
        from trunkline.control import services

        acme = services.accounts.create("acme")
        key, secret = services.keys.create(acme)
        owners_key, owners_secret = services.keys.create(acme, "owner")
        services.numbers.add("+442079460001", monthly_cost="1.25")
        services.numbers.add("+447400123456")
        services.numbers.add("+447700900001", acme, "sip:1234@example.com")
        close()
        ca = str(settings.home / "tls" / "ca.crt")
        environment = {"PATH": "/usr/bin:/bin", "CURL_CA_BUNDLE": ca, "REQUESTS_CA_BUNDLE": ca}
        yield SimpleNamespace(
            url=f"https://{address}:{PORT}",
            host=f"{address}:{PORT}",
            settings=settings,
            home=settings.home,
            process=process,
            key=key.name,
            secret=secret,
            owners_key=owners_key.name,
            owners_secret=owners_secret,
            environment=environment,
        )
    addresses.give_back(address)
