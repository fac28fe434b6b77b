"""A migrated database for each test, on SQLite and on a real PostgreSQL, and a fixed cast of accounts."""

import pytest

from control.databases import cast_of, fresh_sqlite, postgresql_server, settings_for


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Django stands on an empty, migrated database; the value is its URL."""
    from trunkline import control
    from trunkline.control.database import close

    url = fresh_sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql").fresh()
    control.setup(settings_for(url, tmp_path))
    control.migrate()
    yield url
    close()


@pytest.fixture
def sqlite(tmp_path):
    """As `database`, but always SQLite: for what does not depend on the engine, or only on this one."""
    from trunkline import control
    from trunkline.control.database import close

    url = fresh_sqlite(tmp_path)
    control.setup(settings_for(url, tmp_path))
    control.migrate()
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
