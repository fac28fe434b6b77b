"""What `up` makes for the sandbox in the database."""

import pytest

from control.databases import empty, fresh_sqlite
from trunkline import control
from trunkline.cli import sandbox
from trunkline.control import ServiceError, database
from trunkline.settings import Settings

__all__ = ["empty"]


@pytest.fixture
def settings(tmp_path, empty):
    fresh_sqlite(tmp_path, empty)
    made = Settings(home=tmp_path)
    control.setup(made)
    yield made
    database.close()


def snapshot():
    from trunkline.control import services

    keys = [services.keys.as_dict(key) for key in services.keys.listing()]
    numbers = [services.numbers.as_dict(number) for number in services.numbers.listing()]
    routes = [services.routes.as_dict(route) for route in services.routes.everyone()]
    carriers = [services.carriers.as_dict(carrier) for carrier in services.carriers.everyone()]
    return keys, numbers, routes, carriers


def test_a_second_time_changes_nothing(settings):
    first = sandbox.ensure(settings)
    before = snapshot()
    assert sandbox.ensure(settings) == first
    assert snapshot() == before
    file = sandbox.state_file(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sandbox.read(settings) == first


def test_a_lost_secret_is_replaced(settings):
    first = sandbox.ensure(settings)
    sandbox.state_file(settings).unlink()
    second = sandbox.ensure(settings)
    assert second.key != first.key
    enabled = {key["key"]: key["enabled"] for key in snapshot()[0]}
    assert enabled == {first.key: False, second.key: True}
    assert any(second.key in number["forward"] for number in snapshot()[1])


@pytest.mark.parametrize("left", [b"", b"\x80 no text", b"[1]"])
def test_a_damaged_file_is_as_good_as_none(settings, left):
    """As a power cut or a bad disk may leave it."""
    first = sandbox.ensure(settings)
    sandbox.state_file(settings).write_bytes(left)
    assert sandbox.ensure(settings).key != first.key
    assert sandbox.read(settings).secret


def test_whoever_reads_the_secret_can_place_test_calls_and_no_more(settings):
    from trunkline.control import services

    sandbox.ensure(settings)
    [key] = snapshot()[0]
    account = services.accounts.as_dict(services.accounts.get(sandbox.NAME))
    assert (key["scope"], account["numbers_at_most"], account["destinations"]) == ("calls", 0, ["999"])


def test_moved_addresses_are_followed(settings, tmp_path):
    sandbox.ensure(settings)
    moved = Settings(home=tmp_path, sandbox={"carrier_address": "127.0.0.71", "carrier_port": 5070, "pbx_port": 5080})
    control.setup(moved)
    sandbox.ensure(moved)
    _, numbers, routes, carriers = snapshot()
    assert (carriers[0]["host"], carriers[0]["port"], carriers[0]["sources"]) == ("127.0.0.71", 5070, ["127.0.0.71"])
    assert len(routes) == 1
    assert numbers[0]["forward"] == "sip:echo@127.0.0.80:5080"


def test_another_domain_gets_another_secret(settings, tmp_path):
    first = sandbox.ensure(settings)
    renamed = Settings(home=tmp_path, sip={"domain": "sip.example.net"})
    control.setup(renamed)
    assert sandbox.ensure(renamed).key != first.key


def test_a_number_of_somebody_else_is_left_alone(settings):
    from trunkline.control import services

    somebody = services.accounts.create("somebody")
    services.numbers.add(f"+{sandbox.NUMBERS['tls']}", somebody)
    with pytest.raises(ServiceError, match="'somebody': give it to the account 'sandbox'"):
        sandbox.ensure(settings)
