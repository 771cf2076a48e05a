"""The migrations make exactly the tables that the schema declares, on both stores."""

import warnings
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage import database as stores
from parlour.storage.database import Database
from parlour.storage.migrate import alembic_config, migrate
from parlour.storage.schema import metadata
from tests.conftest import STORES, new_store


@pytest.fixture(autouse=True)
def no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made here, and not copied (`tests/harness/quick_tables.py`)."""
    monkeypatch.setattr(stores, "migrate", migrate)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("apart", [False, True])
def test_migrations_make_the_declared_tables(
    store: str, apart: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = new_store(store, tmp_path, request, empty=True)
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    assert not database.is_current()
    database.migrate_apart() if apart else database.migrate()
    assert database.is_current()
    engine = create_engine(alembic_config(url).attributes["url"])
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # partial indexes are compared by name only
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert [change for change in found if "chunk_terms" not in str(change)] == []
