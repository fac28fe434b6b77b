"""A migrated database for each test, on SQLite and on a real PostgreSQL, and a fixed cast of accounts."""

from copy import deepcopy

import pytest

from control.databases import cast_of, empty, fresh_sqlite, peopled_by, postgresql_server, settings_for

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

    with_cast, server = "cast" in request.fixturenames, None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        url = server.peopled() if with_cast else server.fresh()
    else:
        url = fresh_sqlite(tmp_path, request.getfixturevalue("peopled")[0] if with_cast else empty)
    control.setup(settings_for(url, tmp_path))
    yield url
    close()
    if server:
        server.drop(url)


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


@pytest.fixture(scope="session")
def peopled(empty, tmp_path_factory):
    return peopled_by(cast_of, empty, tmp_path_factory.mktemp("cast"))


@pytest.fixture
def cast(request, services, peopled):
    """The accounts `owner` and `stranger`, each with a key and a number, and two carriers."""
    on_postgresql = request.node.callspec.params["database"] == "postgresql"
    return deepcopy(request.getfixturevalue("postgresql").people if on_postgresql else peopled[1])
