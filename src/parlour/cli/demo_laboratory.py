"""The laboratory of the demo: three members, the sample papers and instruments, and a log. All of it is invented."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from parlour.cli.commands import Problem
from parlour.cli.demo import SESSION_SECONDS, Person
from parlour.cli.importing import LabImport
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.settings import Settings
    from parlour.storage.database import Database
    from parlour.storage.tx import Tx

PEOPLE = (("lin", "Mei Lin"), ("okafor", "Ada Okafor"), ("brandt", "Jonas Brandt"))
LOG = "log.yaml"


@dataclass(frozen=True, kw_only=True)
class SampleLog:
    """The log of an experiment of one member."""

    owner: str
    experiment: str
    description: str
    visibility: str
    entries: tuple[str, ...]


def sample_laboratory() -> Path:
    """The folder of the sample laboratory, in the package."""
    folder = Path(__file__).parent.parent / "content" / "laboratory"
    if not folder.is_dir():
        raise Problem(f"The sample laboratory is missing at {folder}: this installation is not whole.")
    return folder


async def stock(database: "Database", settings: "Settings", password: str, *, renew: bool) -> tuple[Person, ...]:
    """Make what is missing, and a new session for everybody. `renew`: set every password."""
    from parlour.accounts.actions import account_ids_by_user_ids
    from parlour.accounts.passwords import hash_password

    folder = sample_laboratory()
    known = await database.read(lambda tx: account_ids_by_user_ids(tx, [user_id for user_id, _ in PEOPLE]))
    missing = [user_id for user_id, _ in PEOPLE if renew or user_id not in known]
    hashes = {name: await asyncio.to_thread(hash_password, password) for name in missing}
    people = await database.write(lambda tx: _people(tx, hashes))
    importing = LabImport(database, settings)
    await importing.papers(folder / "papers", _quietly)
    await importing.instruments(folder / "instruments", _quietly)
    log = read_log(folder / LOG)
    await database.write(lambda tx: _record(tx, log))
    return people


def read_log(file: Path) -> SampleLog:
    """A log as YAML; `Problem` with every error, with file and line."""
    from parlour.catalog.yaml_reader import Errors, Reader, compose

    errors = Errors()
    node = compose(file, str(file), errors)
    log = Reader(str(file), errors).read(node, SampleLog) if node is not None else None
    if log is None:
        raise Problem(*(f"{where.path}:{where.line}: {message}" for where, message in errors.found))
    return log


def _people(tx: "Tx", hashes: dict[str, str]) -> tuple[Person, ...]:
    from parlour.accounts import actions as accounts
    from parlour.accounts.entities import NewAccount
    from parlour.assistant.messages.members import member

    people: list[Person] = []
    for user_id, name in PEOPLE:
        account = accounts.account_by_user_id(tx, user_id)
        if account is None:
            new = NewAccount(user_id=user_id, name=name, role="member", password_hash=hashes[user_id])
            account = accounts.create_account(tx, new)
        elif user_id in hashes:
            accounts.set_password(tx, account.account_id, hashes[user_id])
        member(tx, account.account_id)
        if not account.disabled:
            token = accounts.issue_session(tx, account.account_id, "lab", "demo", SESSION_SECONDS)
            people.append(Person(user_id=user_id, profile_id=account.account_id, role=account.role, token=token))
    return tuple(people)


def _record(tx: "Tx", log: SampleLog) -> None:
    """Write the log, unless its owner has an experiment of that name."""
    from parlour.accounts.actions import account_by_user_id
    from parlour.assistant.experiments import actions
    from parlour.assistant.experiments.entities import NewEntry, NewExperiment

    owner = account_by_user_id(tx, log.owner)
    if owner is None or actions.is_name_taken(tx, owner.account_id, log.experiment):
        return
    new = NewExperiment(
        account_id=owner.account_id,
        name=log.experiment,
        description=log.description,
        visibility="lab" if log.visibility == "lab" else "private",
    )
    made = actions.create(tx, new)
    for text in log.entries:
        actions.add_entry(tx, NewEntry(experiment_id=made.id, author_id=owner.account_id, text=text))


def _quietly(path: str, came: str) -> None:
    """A sample that cannot be imported is a fault of the installation."""
    if came.startswith("failed"):
        raise Problem(f"The sample {path}: {came}")
