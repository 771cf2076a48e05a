"""The house keeps its own rules: size, docstrings, placement, and nothing private in what is committed."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "parlour"
FILES = sorted(SOURCE.rglob("*.py"))
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef

UNFINISHED = re.compile(
    "|".join(rf"\b{word}\b" for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"))
)
SQL = re.compile(r"\s*(SELECT\s.+\sFROM\s|INSERT INTO\s|UPDATE\s.+\sSET\s|DELETE FROM\s|WITH\s.+\sAS\s*\()", re.DOTALL)
ADDRESS = re.compile(
    r"(https?|git\+\w+|ssh|file)://|--(extra-)?index-url|--find-links|--trusted-host|\"resolved\"", re.IGNORECASE
)
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}


def where(path: Path) -> str:
    """A path as a reader of the repository knows it."""
    return str(path.relative_to(ROOT))


def is_migration(path: Path) -> bool:
    """Migrations are generated once, never edited, and describe tables at length."""
    return "versions" in path.parts


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file, nested ones and methods too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, Function):
            yield node


def parameters(function: Function) -> int:
    """How many parameters a caller gives: without `self` and `cls`."""
    listed = function.args
    given = [*listed.posonlyargs, *listed.args, *listed.kwonlyargs]
    return len([parameter for parameter in given if parameter.arg not in {"self", "cls"}])


def contract(identifier: str) -> dict[str, list[str]]:
    """One import contract, as pyproject.toml has it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = [each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == identifier]
    return cast("dict[str, list[str]]", found[0])


def placed(identifier: str) -> set[str]:
    """The modules that a layers contract places."""
    return {name.strip(" ()") for layer in contract(identifier)["layers"] for name in re.split(r"[|:]", layer)}


def children(package: Path) -> set[str]:
    """The modules and packages directly inside a package."""
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    return folders | {path.stem for path in package.glob("*.py") if path.name != "__init__.py"}


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        where(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES if not is_migration(path)
    }
    assert {name: length for name, length in lengths.items() if length > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{where(path)}:{function.lineno} {function.name}"
        for path in FILES
        if not is_migration(path)
        for function in functions(path)
        if (function.end_lineno or function.lineno) - function.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_no_function_takes_more_than_5_parameters() -> None:
    greedy = [
        f"{where(path)}:{function.lineno} {function.name}"
        for path in FILES
        for function in functions(path)
        if parameters(function) > PARAMETERS_MAX
    ]
    assert greedy == []


def test_every_package_opens_with_a_docstring_of_3_to_8_lines() -> None:
    """A package says what lives here, what it promises and where to read next."""
    wrong: list[str] = []
    for path in FILES:
        if path.name != "__init__.py" or "migrations" in path.parts:
            continue
        text = ast.get_docstring(parsed(path)) or ""
        if not 3 <= len([line for line in text.splitlines() if line.strip()]) <= 8:
            wrong.append(where(path))
    assert wrong == []


def test_every_folder_with_code_is_a_package() -> None:
    assert {where(path.parent) for path in FILES if not (path.parent / "__init__.py").is_file()} == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [where(path) for path in FILES if path.stem in VAGUE or path.parent.name in VAGUE] == []


@pytest.mark.parametrize("folder", ["src", "tests", "examples"])
def test_nothing_is_left_unfinished(folder: str) -> None:
    marked = [
        f"{where(path)}:{number}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert marked == []


def test_every_module_is_placed_in_a_band() -> None:
    """Import-linter checks the direction; a package that no band names would escape it."""
    assert children(SOURCE) - placed("bands") == set()


def test_every_wire_is_placed_in_the_dialects() -> None:
    there = {f"parlour.wire.{name}" for name in children(SOURCE / "wire")}
    assert there - placed("dialects") == set()


def test_every_store_has_its_owner_in_the_contract() -> None:
    owners = {line.split(" -> ")[1] for line in contract("stores")["ignore_imports"]}
    assert {f"parlour.{path.parent.name}.store" for path in SOURCE.glob("*/store.py")} - owners == set()


def test_every_dataclass_shares_its_methods() -> None:
    """The standard decorator writes them anew for every class: 10 MiB of a server at rest."""
    alone = re.compile(r"^from dataclasses import .*\bdataclass\b|^\s*@dataclasses\.dataclass", re.MULTILINE)
    lean = SOURCE / "kernel" / "dataclass.py"
    assert [where(path) for path in FILES if path != lean and alone.search(path.read_text())] == []


def test_sql_stands_only_in_stores_and_in_storage() -> None:
    elsewhere = [
        f"{where(path)}:{node.lineno}"
        for path in FILES
        if path.stem != "store" and "storage" not in path.relative_to(SOURCE).parts
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert elsewhere == []


def test_what_pins_packages_names_no_address() -> None:
    pins = [*sorted((ROOT / "requirements").iterdir()), *sorted((ROOT / "tests" / "clients").glob("*/package*.json"))]
    files = [*pins, ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / ".pre-commit-config.yaml", ROOT / "pyproject.toml"]
    assert [where(path) for path in files if ADDRESS.search(path.read_text(encoding="utf-8"))] == []


def test_every_pinned_requirement_has_a_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        blocks = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip())
        assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_the_tests_run_the_pins_that_people_run() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^(\S+==[^\s;\\]+)", text, re.MULTILINE))

    assert pins("run") - pins("test") == set()


def test_decisions_are_numbered_without_a_hole_and_have_the_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    index = (ROOT / "docs" / "decisions" / "index.md").read_text(encoding="utf-8")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        headings = [line for line in text.splitlines() if line.startswith("## ")]
        assert headings == ["## Context", "## Decision", "## Why", "## Consequences"], page.name
        assert page.name in index, f"{page.name} is missing in index.md"


def test_links_between_our_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{where(page)} -> {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("client", ["client.mjs", "client.py"])
def test_the_readme_shows_the_clients_that_the_tests_run(client: str) -> None:
    shown = (ROOT / "examples" / client).read_text(encoding="utf-8").strip()
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
