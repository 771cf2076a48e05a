"""Settings and the database, opened for a command, with every failure in words."""

import tomllib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from parlour.cli.commands import Place, Problem

if TYPE_CHECKING:
    from pydantic import ValidationError

    from parlour.settings import Settings
    from parlour.storage.database import Database

_SCHEMES = ("sqlite", "postgresql", "postgres")


def load(place: Place, **given: Any) -> "Settings":
    """The settings of this place; `Problem` with one line for each that is wrong, never with its value."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from parlour.settings import load_settings

    try:
        settings = load_settings(place.config, data=place.data, database_url=place.database_url, **given)
    except ValidationError as error:
        raise Problem(*_named(error)) from None
    except SettingsError as error:
        raise Problem(f"A setting cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{place.config} is not TOML: {error}.") from None
    wrong = faults(settings)
    if wrong:
        raise Problem(*wrong)
    return settings


def faults(settings: "Settings") -> list[str]:
    """What is wrong with settings that are well-formed one by one."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    found: list[str] = []
    if urlsplit(settings.url).scheme not in _SCHEMES:
        found.append(f"{_label('database_url')}: it must start with sqlite:/// or postgresql://")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found.append(f"{_label('timezone')}: no time zone of that name is known here")
    names = [provider.name for provider in settings.providers]
    for number, provider in enumerate(settings.providers):
        if provider.kind == "openai_compatible" and not _is_web(provider.base_url):
            found.append(f"{_label(f'providers.{number}.base_url')}: this kind of provider needs an http(s) address")
        if provider.name in names[:number]:
            found.append(f"{_label(f'providers.{number}.name')}: another provider has this name")
        if provider.name.startswith("scripted"):
            found.append(f"{_label(f'providers.{number}.name')}: 'scripted' is the built-in offline model")
    models = {
        "model": settings.model,
        "grader_model": settings.grader_model,
        "authoring.model": settings.authoring.model,
        "lab.model": settings.lab.model,
    }
    for name, model in models.items():
        provider, _, rest = (model or "scripted").partition(":")
        if not provider.startswith("scripted") and (provider not in names or not rest):
            found.append(f"{_label(name)}: it is 'scripted' or PROVIDER:MODEL with a configured provider")
    return found


def opened(settings: "Settings", *, create: bool = False) -> "Database":
    """The database of a server, running or not, with its tables brought up to date."""
    from parlour.kernel.clock import SystemClock
    from parlour.kernel.ids import TimeOrderedIds
    from parlour.storage.condition import StoreUnavailableError, sqlite_file, upgrade
    from parlour.storage.database import Database
    from parlour.wire.http.logs import configure_logging

    configure_logging("error")
    file = sqlite_file(settings.url)
    if file and not create and not file.exists():
        raise Problem(f"There is no database at {file}. Name another folder with --data, or start the server once.")
    make_data(settings)
    try:
        upgrade(settings.url)
    except StoreUnavailableError as error:
        raise Problem(str(error)) from None
    clock = SystemClock()
    return Database(settings.url, clock, TimeOrderedIds(clock), readers=1)


def make_data(settings: "Settings") -> None:
    """Make the data folder, for its owner only, if it is not there."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"The data folder {settings.data} cannot be made: {error.strerror}.") from None


def _named(error: "ValidationError") -> list[str]:
    lines: list[str] = []
    for wrong in error.errors(include_input=False, include_context=False, include_url=False):
        path = ".".join(str(part) for part in wrong["loc"])
        message = (
            "no such setting" if wrong["type"] == "extra_forbidden" else wrong["msg"].removeprefix("Value error, ")
        )
        lines.append(f"{_label(path)}: {message}" if path else message)
    return lines


def _label(path: str) -> str:
    return f"{path} (PARLOUR_{path.upper().replace('.', '__')})" if not _numbered(path) else path


def _numbered(path: str) -> bool:
    return any(part.isdigit() for part in path.split("."))


def _is_web(url: str | None) -> bool:
    parts = urlsplit(url or "")
    return parts.scheme in ("http", "https") and bool(parts.hostname)
