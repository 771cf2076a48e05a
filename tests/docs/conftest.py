"""Fixtures of the documentation's tests: one demo, and a folder like a checkout for every page."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.demo import Demo, running_demo
from tests.docs.pages import ROOT
from tests.harness.forks import forks


def as_installed(folder: Path) -> None:
    """An environment with all of this one's, whose command `parlour` is forked and not started (see `forks.py`)."""
    (folder / "bin").mkdir(parents=True)
    for name in ("pyvenv.cfg", "lib"):
        (folder / name).symlink_to(Path(sys.prefix) / name)
    for file in Path(sys.executable).parent.iterdir():
        if file.name != "parlour":
            (folder / "bin" / file.name).symlink_to(file)
    command = folder / "bin" / "parlour"
    command.write_text(forks().command())
    command.chmod(0o755)


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
    as_installed(tmp_path / ".venv")
    (tmp_path / "node_modules").symlink_to(ROOT / "tests" / "clients" / "js" / "node_modules")
    return tmp_path
