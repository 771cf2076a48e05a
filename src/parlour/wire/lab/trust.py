"""`trust_path_user_id`: requests of clients in the field, which send no credential (lab protocol 1.3).

That only this machine reaches the server is checked when the settings are read. Here is what a single request
must not have: signs that it came through a proxy, for another host name, or from a page on the web.
"""

import logging
import re

from starlette.requests import HTTPConnection

from parlour.settings import is_loopback
from parlour.wire.http.logs import log_event
from parlour.wire.lab.cookies import Origins, origin_refused

_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_log = logging.getLogger("parlour.lab")


def check_local(connection: HTTPConnection, origins: Origins) -> None:
    """Refuse what is not plainly a program of this machine (`origin_refused`)."""
    headers = connection.headers
    hosts = headers.getlist("host")
    forwarded = any(name == "forwarded" or name.startswith("x-forwarded-") for name in headers)
    foreign_page = headers.get("sec-fetch-site") == "cross-site" or not origins.allows(connection)
    if forwarded or foreign_page or len(hosts) != 1 or not _is_local_name(hosts[0]):
        raise origin_refused()


def warn_of_trust() -> None:
    """Say at the start that paths are trusted."""
    log_event(_log, "warning", "trust_path_user_id")


def _is_local_name(host: str) -> bool:
    """Whether a `Host` is a loopback name, with or without a port and with nothing else around it."""
    match = _HOST.fullmatch(host)
    return match is not None and is_loopback(match["name"].strip("[]"))
