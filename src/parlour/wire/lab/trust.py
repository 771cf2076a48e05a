"""`trust_path_user_id`: requests of clients in the field, which send no credential (lab protocol 1.3).

That only this machine reaches the server is checked when the settings are read. Here is what a single request
must not have: signs that it came through a proxy, for another host name, or from a page on the web.
"""

import logging
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from parlour.settings import is_loopback
from parlour.wire.http.logs import log_event
from parlour.wire.lab.cookies import Origins, origin_refused

_log = logging.getLogger("parlour.lab")


def check_local(connection: HTTPConnection, origins: Origins) -> None:
    """Refuse what is not plainly a program of this machine (`origin_refused`)."""
    headers = connection.headers
    forwarded = any(name == "forwarded" or name.startswith("x-forwarded-") for name in headers)
    foreign_page = headers.get("sec-fetch-site") == "cross-site" or not origins.allows(connection)
    if forwarded or foreign_page or not _is_local_name(headers.get("host", "")):
        raise origin_refused()


def warn_of_trust() -> None:
    """Say at the start that paths are trusted."""
    log_event(_log, "warning", "trust_path_user_id")


def _is_local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)
