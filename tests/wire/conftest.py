"""One furnished server a store for all socket cases; own ones where a case needs other settings."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import STORES, make_site
from tests.harness.constants import constants
from tests.harness.site import Site
from tests.wire.house import House, furnish
from tests.wire.voices import PLAYED_FASTER, SCRIPTED

JS = Path(__file__).parents[1] / "clients" / "js"


@pytest.fixture(scope="session", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server on each store, shared by every case that leaves it as it was."""
    site = furnish(make_site(request.param, tmp_path_factory.mktemp("house"), request))
    yield House(site, site.start(SCRIPTED_PIECES_PER_SECOND=300))
    site.close()


@pytest.fixture(scope="session", params=STORES)
def slow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The same with replies that take about a second: for what happens in the middle of one."""
    site = furnish(make_site(request.param, tmp_path_factory.mktemp("slow"), request))
    yield House(site, site.start(SCRIPTED_PIECES_PER_SECOND=25))
    site.close()


@pytest.fixture(scope="session", params=STORES)
def speaking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server on each store whose engines of speech are scripted."""
    site = furnish(make_site(request.param, tmp_path_factory.mktemp("speaking"), request))
    yield House(site, site.start(SCRIPTED_PIECES_PER_SECOND=300, **SCRIPTED))
    site.close()


@pytest.fixture(scope="session", params=STORES)
def brisk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The same with answers that are played three times as fast: for tests in which nobody interrupts one."""
    site = furnish(make_site(request.param, tmp_path_factory.mktemp("brisk"), request))
    with constants(**PLAYED_FASTER):
        process = site.start(SCRIPTED_PIECES_PER_SECOND=300, **SCRIPTED)
    yield House(site, process)
    site.close()


@pytest.fixture(params=STORES)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A furnished site of one test's own on each store, without a server."""
    made = furnish(make_site(request.param, tmp_path, request))
    yield made
    made.close()


@pytest.fixture
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A furnished PostgreSQL site of one test's own, for several servers."""
    made = furnish(make_site("postgresql", tmp_path, request))
    yield made
    made.close()


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the stock client installed."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("node and npm were not found: the stock JavaScript client DOES NOT RUN")
    if not (JS / "node_modules" / "socket.io-client").exists():
        subprocess.run([npm, "ci", "--prefix", str(JS), "--ignore-scripts", "--no-audit", "--no-fund"], check=True)
    return found
