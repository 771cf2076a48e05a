"""Fixtures of the documentation's tests: one demo, and a folder like a checkout for every page."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.demo import Demo, running_demo
from tests.docs.pages import ROOT


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo for all pages."""
    with running_demo(tmp_path_factory.mktemp("docs") / "demo") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, demo: Demo) -> Path:
    """Where a reader stands: a checkout with the demo's data, and the stock JavaScript client installed."""
    for name in ("content", "docs", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "demo").symlink_to(demo.data)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "node_modules").symlink_to(ROOT / "tests" / "clients" / "js" / "node_modules")
    return tmp_path
