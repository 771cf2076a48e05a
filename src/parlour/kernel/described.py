"""Answers that are described in `/openapi.json` and never validated: what describes them is built when it is asked for.

Built for every route at the start of a server it would cost 7 MiB that nobody needs.
"""

from typing import TypeVar

T = TypeVar("T")


def described(shape: type[T]) -> type[T]:
    """For a dataclass with much in it that routes name as their answer."""
    shape.__pydantic_config__ = {"defer_build": True}  # pyright: ignore[reportAttributeAccessIssue]
    return shape
