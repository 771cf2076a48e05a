"""Whether an answer is JSON that fits a schema, at a bounded cost. Pure."""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Protocol, cast

import msgspec

from parlour.catalog.patterns import matches
from parlour.kernel.decoding import decode_untyped

ANSWER_CHARACTERS_MAX = 100_000
STEPS_MAX = 50_000
_FENCED = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL | re.IGNORECASE)

_Keyword = Callable[[Any, Any, Any, Any], Iterable[Any] | None]
_steps: ContextVar[int] = ContextVar("steps_left")


class _TooMuchError(Exception):
    """An answer so large that checking it would take too long."""


class _Error(Protocol):
    validator: str
    absolute_path: Iterable[str | int]


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> Iterator[_Error]: ...


@contextmanager
def counted() -> Generator[None]:
    """All checking inside takes at most `STEPS_MAX` steps together."""
    token = _steps.set(STEPS_MAX)
    try:
        yield
    finally:
        _steps.reset(token)


def answer_fault(schema: Mapping[str, object], text: str) -> str | None:
    """Why an answer is not JSON of this schema, or None if it is: the whole text, or one fenced block.

    To be asked inside `counted`. The sentence has no words of the answer but names of members.
    """
    if len(text) > ANSWER_CHARACTERS_MAX:
        return f"the answer has more than {ANSWER_CHARACTERS_MAX} characters"
    fenced = _FENCED.match(text)
    try:
        answer = decode_untyped(fenced[1] if fenced else text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return "the answer is not JSON"
    try:
        validator = cast("_Validator", _validator()(dict(schema)))
        error = next(iter(validator.iter_errors(answer)), None)
    except (_TooMuchError, RecursionError):
        return "the answer is too large to be checked"
    if error is None:
        return None
    where = "".join(f"/{part}" for part in error.absolute_path)[:120]
    return f"{where or 'the answer'} breaks '{error.validator}'"


@cache
def _validator() -> Callable[[dict[str, object]], object]:
    """Draft 2020-12, with expressions of RE2, and every step of it counted."""
    from jsonschema import Draft202012Validator, ValidationError, validators  # noqa: PLC0415 (2 MiB of memory)

    def pattern(_: Any, expression: Any, instance: Any, __: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not matches(expression, instance, exact=True):
            yield ValidationError("no match")

    known = cast("Mapping[str, _Keyword]", Draft202012Validator.VALIDATORS)
    extend: Callable[..., Callable[[dict[str, object]], object]] = cast("Any", validators).extend
    keywords = {name: _counted(function) for name, function in {**known, "pattern": pattern}.items()}
    return extend(Draft202012Validator, keywords)


def _counted(keyword: _Keyword) -> _Keyword:
    def step(validator: Any, value: Any, instance: Any, schema: Any) -> Iterable[Any]:
        left = _steps.get() - 1
        if left < 0:
            raise _TooMuchError
        _steps.set(left)
        yield from keyword(validator, value, instance, schema) or ()

    return step
