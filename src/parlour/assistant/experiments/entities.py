"""Experiments and log entries as values. Times in milliseconds."""

import unicodedata
from typing import Literal, NewType

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

ExperimentId = NewType("ExperimentId", str)
LogEntryId = NewType("LogEntryId", str)

Visibility = Literal["private", "lab"]

NAME_CHARS_MAX = 120
DESCRIPTION_CHARS_MAX = 4_000
ENTRY_CHARS_MAX = 20_000
FILES_PER_ENTRY_MAX = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class NewExperiment:
    """An experiment to create for `account_id`."""

    account_id: AccountId
    name: str
    description: str
    visibility: Visibility = "private"


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment(NewExperiment):
    """An experiment; its name is unique among those of its owner."""

    id: ExperimentId
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The experiment that a member works on, from `since` until `until`."""

    experiment: Experiment
    since: int
    until: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEntry:
    """What to write into a log. `file_ids` are of files that the author may read; `corrects` names an entry."""

    experiment_id: ExperimentId
    author_id: AccountId
    text: str
    file_ids: tuple[str, ...] = ()
    corrects: LogEntryId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry(NewEntry):
    """An entry of a log. It is never changed."""

    id: LogEntryId
    logged_at: int


def tidy(name: str) -> str:
    """A name as it is kept: NFC, white space collapsed."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def folded(name: str) -> str:
    """A name as it is compared: NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())
