"""Routes that are made when somebody first asks for one of them.

A server at rest does without the modules and the validators of what nobody uses: 8 MiB. Making an area takes some
tens of milliseconds, once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from fastapi import APIRouter
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from parlour.kernel.absent import absent

FOREIGN_MODELS = "pydantic.v1"
"""FastAPI loads it to see that no body is a model of it: 1.6 MiB."""

_CHOSEN = "parlour.route"


class Area(BaseRoute):
    """All routes whose paths begin with one of `paths`, in the order in which `make` gives them.

    They are looked through as if they stood in the application themselves.
    """

    def __init__(self, paths: Sequence[str], make: Callable[[], Iterable[APIRouter]]) -> None:
        self._paths = tuple(paths)
        self._make = make
        self._made: list[BaseRoute] | None = None

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The routes, made now if they were not. `ValueError` if one lies outside of the area."""
        if self._made is None:
            with absent(FOREIGN_MODELS):
                self._made = [route for router in self._make() for route in router.routes]
            if stray := [path for path in map(_path, self._made) if not path.startswith(self._paths)]:
                raise ValueError(f"outside of {self._paths}: {stray}")
        return self._made

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that matches in full, else the first whose path does."""
        if not scope.get("path", "").removeprefix(scope.get("root_path", "")).startswith(self._paths):
            return Match.NONE, {}
        partly: tuple[Match, Scope] = (Match.NONE, {})
        for route in self.routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, _CHOSEN: route}
            if match is Match.PARTIAL and partly[0] is Match.NONE:
                partly = match, {**found, _CHOSEN: route}
        return partly

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer that was chosen."""
        await scope[_CHOSEN].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Routes are not found by name here."""
        raise NoMatchFound(name, path_params)


def each_route(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route, those of areas among them; areas are made."""
    for route in routes:
        if isinstance(route, Area):
            yield from route.routes
        else:
            yield route


def _path(route: BaseRoute) -> str:
    return str(getattr(route, "path", ""))
