"""A migrated database for each test, on SQLite and on a real PostgreSQL, and a fixed cast of accounts."""

import pytest

from control.databases import cast_of, empty, fresh_sqlite, postgresql_server, settings_for

__all__ = ["empty"]


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, empty):
    """Django stands on an empty, migrated database; the value is its URL."""
    from trunkline import control
    from trunkline.control.database import close

    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    url = server.fresh() if server else fresh_sqlite(tmp_path, empty)
    control.setup(settings_for(url, tmp_path))
    yield url
    close()


@pytest.fixture
def sqlite(tmp_path, empty):
    """As `database`, but always SQLite: for what does not depend on the engine, or only on this one."""
    from trunkline import control
    from trunkline.control.database import close

    url = fresh_sqlite(tmp_path, empty)
    control.setup(settings_for(url, tmp_path))
    yield url
    close()


@pytest.fixture
def services(database):
    from trunkline.control import services

    return services


@pytest.fixture
def cast(services):
    """The accounts `owner` and `stranger`, each with a key and a number, and two carriers."""
    return cast_of(services)
