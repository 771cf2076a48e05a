"""Every conformance case of section 18 of the lab protocol has a test that bears its number."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
LAST = {"A": 12, "B": 13, "C": 14, "D": 12, "E": 14, "F": 10, "G": 8, "H": 8, "X": 5}
CASES = {f"{family}{number}" for family, last in LAST.items() for number in range(1, last + 1)}


def numbers_in(tree: ast.AST) -> Iterator[str]:
    """The numbers of every `pytest.mark.lab(...)` in a module, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.lab":
            for argument in node.args:
                assert isinstance(argument, ast.Constant), ast.unparse(node)
                assert isinstance(argument.value, str), ast.unparse(node)
                yield argument.value


def borne() -> set[str]:
    """The numbers that tests bear."""
    return {number for file in TESTS.rglob("test_*.py") for number in numbers_in(ast.parse(file.read_text()))}


def test_every_case_has_a_test_that_bears_its_number() -> None:
    assert sorted(CASES - borne()) == []


def test_no_test_bears_a_number_that_is_no_case() -> None:
    assert sorted(borne() - CASES) == []
