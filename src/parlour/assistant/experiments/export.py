"""What was recorded, as files: JSON lines and Markdown. `eln.py` makes the archive with the attached files."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from parlour.accounts.actions import account_by_id
from parlour.assistant.experiments import actions
from parlour.assistant.experiments.entities import Entry, Experiment
from parlour.files import actions as files
from parlour.files.entities import StoredFile
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

_MARKUP = re.compile(r"^(\s*)([#>+*-]|\d+[.)])(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who wrote something."""

    user_id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedEntry:
    """An entry with its author and its files."""

    entry: Entry
    author: Person
    files: tuple[StoredFile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """An experiment with all of its log, oldest first."""

    experiment: Experiment
    owner: Person
    entries: tuple[RecordedEntry, ...]


def recorded(tx: Tx, experiment: Experiment) -> Recorded:
    """All that was recorded in an experiment."""
    people: dict[str, Person] = {}

    def person(account_id: str) -> Person:
        if account_id not in people:
            account = account_by_id(tx, account_id)
            known = Person(user_id=account.user_id, name=account.name) if account else None
            people[account_id] = known or Person(user_id=account_id, name=account_id)
        return people[account_id]

    entries = tuple(
        RecordedEntry(entry=each, author=person(each.author_id), files=_files(tx, each))
        for each in actions.log(tx, experiment.id)
    )
    return Recorded(experiment=experiment, owner=person(experiment.account_id), entries=entries)


def json_lines(everything: Iterable[Recorded]) -> Iterator[str]:
    """A line for each experiment, followed by one for each of its entries."""
    for one in everything:
        head = one.experiment
        yield _line(
            {
                "kind": "experiment",
                "experiment_id": head.id,
                "name": head.name,
                "description": head.description,
                "owner": one.owner.user_id,
                "visibility": head.visibility,
                "created_at": rfc3339(head.created_at),
            }
        )
        for each in one.entries:
            yield _line(
                {
                    "kind": "entry",
                    "entry_id": each.entry.id,
                    "experiment_id": head.id,
                    "experiment": head.name,
                    "author": each.author.user_id,
                    "logged_at": rfc3339(each.entry.logged_at),
                    "text": each.entry.text,
                    "corrects": each.entry.corrects,
                    "files": [
                        {"name": file.name, "size": file.size, "type": file.type, "sha256": file.sha256}
                        for file in each.files
                    ],
                }
            )


def markdown(one: Recorded) -> str:
    """An experiment and its log for people to read. What somebody wrote makes no headings or lists."""
    head = one.experiment
    numbers = {each.entry.id: number for number, each in enumerate(one.entries, 1)}
    lines = [
        f"# {head.name}",
        "",
        f"Owner: {one.owner.name} ({one.owner.user_id}). Begun {rfc3339(head.created_at)}."
        f" Visibility: {head.visibility}.",
        "",
    ]
    if head.description:
        lines += [_safe(head.description), ""]
    for number, each in enumerate(one.entries, 1):
        old = numbers.get(each.entry.corrects) if each.entry.corrects else None
        corrects = f", corrects entry {old}" if old else ""
        lines += [f"## Entry {number}", "", f"{rfc3339(each.entry.logged_at)}, {each.author.user_id}{corrects}", ""]
        lines += [_safe(each.entry.text), ""] if each.entry.text else []
        lines += [f"- File: {file.name} ({file.size} bytes, SHA-256 {file.sha256})" for file in each.files]
        lines += [""] if each.files else []
    return "\n".join(lines).rstrip() + "\n"


def _files(tx: Tx, entry: Entry) -> tuple[StoredFile, ...]:
    found: Sequence[StoredFile | None] = [files.by_id(tx, each) for each in entry.file_ids]
    return tuple(file for file in found if file is not None)


def _safe(text: str) -> str:
    return _MARKUP.sub(r"\1\\\2", text)


def _line(value: dict[str, object]) -> str:
    return msgspec.json.encode(value).decode() + "\n"
