"""One laboratory a store and test module; sites of a test's own where it needs other settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.settings.lab import Lab
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.lab.house import LabHouse, serving_here


@pytest.fixture(scope="module", params=STORES)
def lab_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A seeded site on each store, without a server."""
    made = make_site(request.param, tmp_path_factory.mktemp("lab"), request)
    yield made
    made.close()


@pytest.fixture(scope="module")
def lab(lab_site: Site) -> Iterator[LabHouse]:
    """A server of this process on each store, shared by the cases of a module."""
    with serving_here(lab_site) as house:
        yield house


@pytest.fixture(scope="module", params=STORES)
def trusting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    """The same on a site of its own with `trust_path_user_id`: what clients in the field (`FieldClient`) need."""
    made = make_site(request.param, tmp_path_factory.mktemp("trusting"), request)
    with serving_here(made, lab=Lab(trust_path_user_id=True)) as house:
        yield house
    made.close()


@pytest.fixture(params=STORES)
def own_lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A seeded site of one test's own on each store; start servers with `serving_here` or `site.start`."""
    made = make_site(request.param, tmp_path, request)
    yield made
    made.close()
