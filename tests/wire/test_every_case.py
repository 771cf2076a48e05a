"""Every conformance case of Glow section 12 has a test that bears its number."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]

LAST_CASE = 116


def numbers_in(tree: ast.AST) -> Iterator[int]:
    """The numbers of every `pytest.mark.case(...)` in a module, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.case":
            for argument in node.args:
                assert isinstance(argument, ast.Constant), ast.unparse(node)
                assert isinstance(argument.value, int), ast.unparse(node)
                yield argument.value


def borne() -> set[int]:
    """The numbers that tests bear."""
    return {number for file in TESTS.rglob("test_*.py") for number in numbers_in(ast.parse(file.read_text()))}


def test_every_case_has_a_test_that_bears_its_number() -> None:
    assert sorted(set(range(1, LAST_CASE + 1)) - borne()) == []


def test_no_test_bears_a_number_that_is_no_case() -> None:
    assert borne() <= set(range(1, LAST_CASE + 1))
