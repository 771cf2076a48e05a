"""One populated server a store for all cells of the matrix."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.world import World, populate
from tests.conftest import STORES, make_site


@pytest.fixture(scope="session", params=STORES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server with every kind of caller."""
    site = make_site(request.param, tmp_path_factory.mktemp("access"), request)
    populate(site)
    wide: dict[str, Any] = {"limits__socket_events_per_second_max": 10_000, "limits__sockets_per_account_max": 10_000}
    wide |= {"authoring__drafts_max": 10_000, "speech__in": "scripted", "speech__out": "scripted"}
    yield World(site, site.start(guests="true", **wide))
    site.close()
