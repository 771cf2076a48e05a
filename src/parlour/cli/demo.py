"""`parlour demo`: a server with the sample pack, three people who can sign in at once, and a laboratory."""

import asyncio
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.cli.serve import Listen, address, check_free, run_server
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.app import Parlour
    from parlour.catalog.entities import EntryKind
    from parlour.catalog.sources import Bundle
    from parlour.kernel.actor import Role
    from parlour.settings import Settings
    from parlour.storage.database import Database
    from parlour.storage.tx import Tx

DATA = Path(".data/demo")
DEPARTMENT = "Teaching centre"
SESSION_SECONDS = 30 * 86_400
PEOPLE: "tuple[tuple[str, str, Role], ...]" = (
    ("learner", "Lena Learner", "member"),
    ("instructor", "Ines Instructor", "instructional"),
    ("admin", "Ada Admin", "admin"),
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who can sign in to the demo."""

    user_id: str
    profile_id: str
    role: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What the demo has: people, `(id, name)` of what they can do, and the members of the laboratory."""

    people: tuple[Person, ...]
    homes: tuple[tuple[str, str], ...]
    practices: tuple[tuple[str, str], ...]
    laboratory: tuple[Person, ...] = ()


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command(name="demo")(demo)


@command
def demo(
    listen: Listen,
    place: Place,
    as_json: Annotated[bool, typer.Option("--json", help="Say what there is as one line of JSON.")] = False,
) -> None:
    """Try Parlour: a server with sample content and people, in .data/demo."""
    settings = load(place, host=listen.host, port=listen.port)
    own = {"data": DATA} if as_json else {"data": DATA, "log_level": "warning"}
    unsaid = {name: value for name, value in own.items() if name not in settings.model_fields_set}
    settings = with_stage(settings.model_copy(update=unsaid))
    check_free(settings)
    password, fresh = demo_password(settings.data)
    database = opened(settings, create=True)
    seeded = asyncio.run(seed(database, settings, password, renew=fresh))

    async def announce(_: "Parlour", port: int) -> None:
        url = address(settings, port)
        if as_json:
            typer.echo(json.dumps(_described(seeded, url)))
        else:
            _welcome(seeded, url, password, settings.data)
        sys.stdout.flush()

    run_server(settings, None, announce)


def with_stage(settings: "Settings") -> "Settings":
    """The simulated stage as an instrument of the demo's laboratory, unless the operator named instruments."""
    from parlour.settings.lab import McpServer, ToolRule

    if settings.lab.mcp:
        return settings
    program = (sys.executable, "-m", "parlour", "mcp", "stage", "--file", str(settings.data / "stage.json"))
    stage = McpServer(command=program, rules=(ToolRule(tool="status", policy="auto"),))
    return settings.model_copy(update={"lab": settings.lab.model_copy(update={"mcp": {"stage": stage}})})


def sample_pack() -> Path:
    """The folder of the sample pack: in the package, where a checkout has a link to `content/`."""
    folder = Path(__file__).parent.parent / "content" / "teaching-practice"
    if not folder.is_dir():
        raise Problem(f"The sample pack is missing at {folder}: this installation is not whole.")
    return folder


def demo_password(data: Path) -> tuple[str, bool]:
    """The password of the demo's people, kept in its data folder, and whether it is new."""
    from parlour.kernel.ids import new_secret

    file = data / "demo-password"
    try:
        return file.read_text(encoding="utf-8").strip(), False
    except FileNotFoundError:
        password = new_secret()[:12]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as made:
        made.write(password + "\n")
    return password, True


async def seed(database: "Database", settings: "Settings", password: str, *, renew: bool) -> Seeded:
    """Make what is missing of the demo, and a new session for everybody; closes `database`.

    `renew`: set every password.
    """
    from parlour.accounts.passwords import hash_password
    from parlour.catalog.bundles import load_bundle
    from parlour.catalog.publishing import keep_files
    from parlour.cli.demo_laboratory import stock
    from parlour.storage.blobs.folder import FolderBlobs

    bundle = load_bundle(sample_pack())
    await asyncio.to_thread(keep_files, bundle, FolderBlobs(settings.files))
    names = [user_id for user_id, _, _ in PEOPLE]
    database.start()
    try:
        known = await database.read(lambda tx: _ids(tx, names))
        hashes = {name: hash_password(password) for name in names if renew or name not in known}
        seeded = await database.write(lambda tx: _seed(tx, hashes, bundle))
        return replace(seeded, laboratory=await stock(database, settings, password, renew=renew))
    finally:
        await database.stop()


def _ids(tx: "Tx", names: list[str]) -> set[str]:
    from parlour.accounts.actions import account_ids_by_user_ids

    return set(account_ids_by_user_ids(tx, names))


def _seed(tx: "Tx", hashes: dict[str, str], bundle: "Bundle") -> Seeded:
    from parlour.accounts import actions as accounts
    from parlour.accounts.entities import NewAccount
    from parlour.catalog.publishing import publish
    from parlour.kernel.ids import named_id

    department = named_id("demo", DEPARTMENT)
    if all(each.department_id != department for each in accounts.list_departments(tx)):
        accounts.create_department(tx, DEPARTMENT, department_id=department)
    people: list[Person] = []
    for user_id, name, role in PEOPLE:
        account = accounts.account_by_user_id(tx, user_id)
        if account is None:
            new = NewAccount(user_id=user_id, name=name, role=role, password_hash=hashes[user_id])
            account = accounts.create_account(tx, new)
            accounts.set_account_departments(tx, account.account_id, [department])
        elif user_id in hashes:
            accounts.set_password(tx, account.account_id, hashes[user_id])
        if not account.disabled:
            token = accounts.issue_session(tx, account.account_id, "session", "demo", SESSION_SECONDS)
            people.append(Person(user_id=user_id, profile_id=account.account_id, role=account.role, token=token))
    published = publish(tx, bundle)
    return Seeded(
        people=tuple(people),
        homes=_named(tx, "home", published.home_ids),
        practices=_named(tx, "practice", published.practice_ids),
    )


def _named(tx: "Tx", kind: "EntryKind", ids: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    from parlour.catalog.actions import entry_for

    entries = [entry_for(tx, kind, entry_id) for entry_id in ids]
    return tuple((entry.id, entry.name) for entry in entries if entry is not None)


def _described(seeded: Seeded, url: str) -> dict[str, object]:
    return {
        "url": url,
        "accounts": [asdict(person) for person in seeded.people],
        "homes": [{"home_id": home_id, "name": name} for home_id, name in seeded.homes],
        "practices": [{"practice_id": practice_id, "name": name} for practice_id, name in seeded.practices],
        "benchmarks": [],
        "laboratory": [asdict(person) for person in seeded.laboratory],
    }


def _welcome(seeded: Seeded, url: str, password: str, data: Path) -> None:
    from rich.console import Console
    from rich.panel import Panel

    practices = ", ".join(name.removeprefix("Practice: ") for _, name in seeded.practices)
    console = Console(markup=False, highlight=False, emoji=False)
    console.print(Panel.fit(f"Parlour is ready at {url}\nTo practise: {practices}", title="Parlour demo"))
    # Outside the panel and not wrapped, so that the links can be opened from the terminal.
    typer.echo("Open a link to be signed in:")
    for person in seeded.people:
        typer.echo(f"  {person.user_id:<11} {url}/#token={person.token}")
    typer.echo(f"Or sign in by name with the password {password}")
    members = ", ".join(person.user_id for person in seeded.laboratory)
    typer.echo(f"Members of the sample laboratory have it too: {members}")
    typer.echo(f"Everything is kept in {data}. Ctrl+C stops the server.")
