"""Requests made from the OpenAPI document, right and wrong ones: none is answered 500, all as the document says.

The same ones each time; after a change of an operation try others, and more: `SEED=1 EXAMPLES=300`.
"""

import os
from types import SimpleNamespace

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode, checks

from api.test_operations import MINE, OWN

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("EXAMPLES", 8))
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]


@pytest.fixture(scope="module")
def fuzzed(server):
    """An account with something behind every path, and a session that calls in its name."""
    from datetime import UTC, datetime

    from trunkline import control
    from trunkline.control.database import close

    control.setup(server.settings)
    from trunkline.control import services
    from trunkline.control.calls.models import Call

    account = services.accounts.create("fuzzed", sources=["5.10.112.121"])
    key, secret = services.keys.create(account, "owner")
    services.users.create("asterisk", account)  # as the PBX is named: both are a {name}
    other, _ = services.keys.create(account)
    services.keys.rotate(other)
    services.numbers.add("+442079460006", account, "sip:1234@example.com")
    Call.objects.create(uid="c0ffee", node="node1", account=account, started=datetime.now(UTC), direction="outbound")
    things = {
        "number": "442079460006",
        "key": other.name,
        "slot": 1,
        "id": account.sources.get().pk,
        "uid": "c0ffee",
        "name": "asterisk",
    }
    close()
    session = requests.Session()
    session.auth, session.trust_env, ca = (key.name, secret), False, server.environment["REQUESTS_CA_BUNDLE"]
    session.verify = ca
    schema = schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json", verify=ca)
    operations = {found.ok().definition.raw["operationId"]: found.ok() for found in schema.get_all_operations()}
    return SimpleNamespace(session=session, ca=ca, operations=operations, things=things)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("name", [*MINE, *OWN])
def test_every_answer_is_as_the_document_says(fuzzed, name, mode):
    operation = fuzzed.operations[name]
    in_path = {parameter.name for parameter in operation.path_parameters}
    known = {name: value for name, value in fuzzed.things.items() if name in in_path}
    for path_parameters in [None, known] if known and mode == GenerationMode.POSITIVE else [None]:
        strategy = operation.as_strategy(mode, path_parameters=path_parameters)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @seed(int(os.environ.get("SEED", 0)))
        @given(case=strategy)
        def answered(case):
            case.call_and_validate(session=fuzzed.session, checks=CHECKS, timeout=30, verify=fuzzed.ca)

        answered()
