"""Routes that are made when somebody first asks for one of them."""

import subprocess
import sys
from collections.abc import Iterable

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from parlour.wire.http.areas import Area, each_route

AT_REST = """
import sys
from pathlib import Path
from parlour.cli.serve import load_libraries
load_libraries()
from parlour.app import Parlour
from parlour.settings import load_settings
Parlour(load_settings(data=Path(sys.argv[1])))
print(*sys.modules)
"""
UNUSED_AT_REST = ("numpy", "scipy", "aiohttp", "requests", "yaml", "jsonschema", "sqlalchemy", "pydantic.v1")
UNUSED_AREAS = (
    "wire.rest.authoring",
    "wire.rest.practice",
    "wire.rest.testing",
    "wire.lab.conversation",
    "wire.glow.twins",
)


def area(made: list[str]) -> Area:
    """Two routes of one path, and one of another."""

    def make() -> Iterable[APIRouter]:
        made.append("made")
        first, second = APIRouter(), APIRouter()
        first.get("/things/{thing_id}")(lambda thing_id: {"got": thing_id})
        second.put("/things/{thing_id}")(lambda thing_id: {"put": thing_id})
        second.get("/things")(lambda: {"all": True})
        return first, second

    return Area(("/things",), make)


@pytest.mark.parametrize("base_path", ["", "/base"])
def test_an_area_is_made_once_when_it_is_first_asked_for(base_path: str) -> None:
    made: list[str] = []
    app = FastAPI()
    app.router.routes.append(area(made))
    app.get("/other")(lambda: "other")
    client = TestClient(app, root_path=base_path)
    assert (client.get(f"{base_path}/other").json(), client.get("/nowhere").status_code, made) == ("other", 404, [])
    assert client.get(f"{base_path}/things/a").json() == {"got": "a"}
    assert client.put(f"{base_path}/things/a").json() == {"put": "a"}
    assert client.get(f"{base_path}/things").json() == {"all": True}
    refused = client.delete(f"{base_path}/things/a")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert client.get(f"{base_path}/things/a/b").status_code == 404
    assert made == ["made"]
    assert len([route for route in each_route(app.routes) if "things" in str(getattr(route, "path", ""))]) == 3


def test_a_route_outside_of_its_area_is_a_mistake_that_shows() -> None:
    stray = APIRouter()
    stray.get("/else")(lambda: None)
    with pytest.raises(ValueError, match="/else"):
        list(Area(("/things",), lambda: [stray]).routes)


def test_a_server_at_rest_has_loaded_nothing_that_it_does_not_need(tmp_path: object) -> None:
    done = subprocess.run([sys.executable, "-c", AT_REST, str(tmp_path)], capture_output=True, text=True, check=True)
    unused = {*UNUSED_AT_REST, *(f"parlour.{name}" for name in UNUSED_AREAS)}
    assert unused & set(done.stdout.split()) == set()
