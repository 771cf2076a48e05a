"""The cookie of a session, and the `Origin` rule that goes with it (lab protocol 1.2). Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from parlour.kernel.refusals import Refusal

COOKIE = "parlour_session"
COOKIE_SECONDS = 400 * 86_400  # as long as browsers keep one; when a session ends is the server's matter
SAFE_METHODS = ("GET", "HEAD")


class Origins:
    """Where browsers may come from: the server's own address, `public_url` and the configured origins."""

    def __init__(self, configured: tuple[str, ...] = (), public_url: str | None = None) -> None:
        own = () if public_url is None else (_origin_of(public_url),)
        self._known = frozenset(origin.lower() for origin in (*configured, *own))
        self._https = public_url is not None and public_url.lower().startswith("https:")

    def allows(self, connection: HTTPConnection) -> bool:
        """Whether a request carries no `Origin` or one of these. A proxy may have taken HTTPS off its own."""
        origin = connection.headers.get("origin")
        if origin is None or origin.lower() in self._known:
            return True
        scheme, _, host = origin.lower().partition("://")
        own = connection.headers.get("host", "").lower()
        return bool(host) and host == own and scheme in ("https", _scheme(connection))

    def check(self, connection: HTTPConnection) -> None:
        """Refuse a foreign `Origin` (`origin_refused`)."""
        if not self.allows(connection):
            raise origin_refused()

    def secure(self, connection: HTTPConnection) -> bool:
        """Whether a cookie set now must be sent over HTTPS only."""
        return self._https or _scheme(connection) == "https"


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Let the browser keep the token where no script reads it."""
    response.set_cookie(COOKIE, token, max_age=COOKIE_SECONDS, path="/", httponly=True, samesite="lax", secure=secure)


def clear_cookie(response: Response, *, secure: bool) -> None:
    """Let the browser forget it."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=secure)


def cookie_of(cookies: Mapping[str, str]) -> str | None:
    """The token in the cookie; `None` without one."""
    return cookies.get(COOKIE)


def origin_refused() -> Refusal:
    """The refusal of a request from a page, or by a way, that the server does not know."""
    return Refusal("origin_refused", "Requests from there are not accepted.")


def _scheme(connection: HTTPConnection) -> str:
    scheme: str = connection.scope.get("scheme", "http")
    return {"ws": "http", "wss": "https"}.get(scheme, scheme)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
