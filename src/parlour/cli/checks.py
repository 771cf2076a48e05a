"""What `parlour doctor` looks at. A check changes nothing, ends within seconds and tells no secret."""

import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from parlour.events import log
from parlour.jobs import queue
from parlour.kernel.clock import SystemClock, rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.settings import Settings
from parlour.settings.services import Provider
from parlour.storage.condition import StoreUnavailableError, revisions, sqlite_file, sqlite_library
from parlour.storage.database import Database
from parlour.storage.tx import Tx

FREE_BYTES_MIN = 200 * 1024 * 1024
PYTHON_MIN = (3, 11)
SQLITE_MIN = (3, 40)
PROVIDER_SECONDS_MAX = 5.0
CLOCK_SLACK_MS = 60_000
CLOCK_MIN_MS = 1_735_689_600_000  # the year 2025

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found. `wrong` keeps a server from working; `note` is worth knowing."""

    check: str
    state: State
    text: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, in an order that makes sense to read."""
    found = [_python(), _sqlite(settings), _folder(settings.data)]
    store = _store(settings)
    found.append(store)
    if store.state == "ok":
        database = Database(settings.url, clock := SystemClock(), TimeOrderedIds(clock), readers=1)
        found += database.read_here(lambda tx: [_clock(tx), _jobs(tx)])
    else:
        found.append(_clock(None))
    found += [_provider(provider) for provider in settings.providers]
    if not settings.providers:
        text = "none is configured: the offline model 'scripted' answers"
        found.append(Finding(check="models", state="note", text=text))
    return found


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(check="python", state="ok" if sys.version_info >= PYTHON_MIN else "wrong", text=version)


def _sqlite(settings: Settings) -> Finding:
    version = sqlite_library()
    fit = tuple(int(part) for part in version.split(".")[:2]) >= SQLITE_MIN
    if fit or sqlite_file(settings.url) is None:
        return Finding(check="sqlite", state="ok", text=version)
    return Finding(check="sqlite", state="wrong", text=f"{version}; 3.40 or newer is needed")


def _folder(data: Path) -> Finding:
    existing = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as probe:
            probe.write(b"parlour")
            probe.flush()
        free = shutil.disk_usage(existing).free
    except OSError as error:
        text = f"{existing} cannot be written to: {error.strerror}"
        return Finding(check="data folder", state="wrong", text=text)
    size = f"{free // (1024 * 1024):,} MiB free"
    if free < FREE_BYTES_MIN:
        return Finding(check="data folder", state="wrong", text=f"{data}: only {size}")
    if existing != data.absolute():
        return Finding(check="data folder", state="note", text=f"{data} will be made on the first start; {size}")
    return Finding(check="data folder", state="ok", text=f"{data}: {size}")


def _store(settings: Settings) -> Finding:
    file = sqlite_file(settings.url)
    kind = "PostgreSQL" if file is None else "SQLite"
    if file is not None and not file.exists():
        return Finding(check="database", state="note", text=f"{file} will be made on the first start")
    try:
        tables = revisions(settings.url)
    except StoreUnavailableError as error:
        return Finding(check="database", state="wrong", text=str(error))
    if tables.found != tables.newest:
        text = f"{kind}: its tables are older than this version; the next start brings them up to date"
        return Finding(check="database", state="note", text=text)
    return Finding(check="database", state="ok", text=f"{kind} at revision {tables.found}")


def _clock(tx: Tx | None) -> Finding:
    now_ms = SystemClock().now_ms()
    if now_ms < CLOCK_MIN_MS:
        return Finding(check="clock", state="wrong", text=f"it says {rfc3339(now_ms)}; set it")
    if tx is not None:
        head = log.head(tx)
        newest = log.between(tx, head - 1, head, 1)
        if newest and newest[0].at > now_ms + CLOCK_SLACK_MS:
            seconds = (newest[0].at - now_ms) // 1000
            text = f"it is {seconds} s behind the newest event of the database; set it"
            return Finding(check="clock", state="wrong", text=text)
    return Finding(check="clock", state="ok", text=rfc3339(now_ms))


def _jobs(tx: Tx) -> Finding:
    try:
        states = queue.states(tx)
    except Refusal as refusal:
        return Finding(check="jobs", state="wrong", text=refusal.text)
    waiting = sum(count for _, state, count in states if state != "stuck")
    stuck = [f"{count} of {kind}" for kind, state, count in states if state == "stuck"]
    if stuck:
        text = f"{', '.join(stuck)} are stuck; job_failed in the log says why"
        return Finding(check="jobs", state="wrong", text=text)
    return Finding(check="jobs", state="ok", text=f"{waiting} waiting or running, none stuck")


def _provider(provider: Provider) -> Finding:
    check = f"models of {provider.name}"
    if provider.base_url is None:
        return Finding(check=check, state="note", text="the vendor's own address; not tried")
    parts = urlsplit(provider.base_url)
    user, _, host = parts.netloc.rpartition("@")
    url = urlunsplit((parts.scheme, host, f"{parts.path.rstrip('/')}/models", parts.query, ""))
    request = urllib.request.Request(url)  # noqa: S310 (http or https: it was checked)
    if provider.api_key:
        request.add_unredirected_header("Authorization", f"Bearer {provider.api_key.get_secret_value()}")
    elif user:
        request.add_unredirected_header("Authorization", f"Basic {b64encode(unquote(user).encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=PROVIDER_SECONDS_MAX):  # noqa: S310
            return Finding(check=check, state="ok", text="it answers")
    except urllib.error.HTTPError as error:
        return _answered(check, error.code)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return Finding(check=check, state="wrong", text=f"it does not answer: {type(reason).__name__}")


def _answered(check: str, status: int) -> Finding:
    if status in (401, 403):
        return Finding(check=check, state="wrong", text=f"it refuses the api_key (HTTP {status})")
    if status in (404, 405):
        return Finding(check=check, state="note", text=f"it answers, but does not list its models (HTTP {status})")
    return Finding(check=check, state="wrong", text=f"it answers with HTTP {status}")
