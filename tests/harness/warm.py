"""What every server makes alike when it is put together, made once for all servers of a process.

Hundreds of servers are put together; most of that time goes into validators of the same types of bodies, parameters
and answers. They know nothing of the server they were made for, so one of a kind is enough.
"""

import os
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

from fastapi._compat import v2 as fields
from pydantic import TypeAdapter


def share_validators() -> None:
    """Validators of one type and the same rules are made once."""
    made: dict[tuple[str, str], tuple[Any, TypeAdapter[Any]]] = {}

    def shared(annotated: Any, *, config: Any = None) -> TypeAdapter[Any]:
        key = (repr(annotated), str(config))
        known = made.get(key)
        if known is None or known[0] != annotated.__origin__:
            known = made[key] = (annotated.__origin__, TypeAdapter(annotated, config=config))
        return known[1]

    maker: Callable[..., TypeAdapter[Any]] = shared
    fields.TypeAdapter = maker  # type: ignore[assignment,misc]


def put_one_together() -> None:
    """Put a server together that nobody starts: what it imports and makes is there for those after it."""
    from parlour.app import Parlour
    from parlour.settings import load_settings
    from parlour.wire.http.areas import each_route

    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PARLOUR_")}
    with TemporaryDirectory() as folder:
        list(each_route(Parlour(load_settings(data=folder)).app.routes))
    os.environ.update(before)
