"""Verbs on experiments and their logs. Each runs in an open transaction and never commits.

Not yours and not there are answered alike: the lookups give None for both.
"""

from collections.abc import Iterator

from parlour.assistant.experiments import store
from parlour.assistant.experiments.entities import (
    DESCRIPTION_CHARS_MAX,
    ENTRY_CHARS_MAX,
    FILES_PER_ENTRY_MAX,
    NAME_CHARS_MAX,
    Current,
    Entry,
    Experiment,
    ExperimentId,
    LogEntryId,
    NewEntry,
    NewExperiment,
    tidy,
)
from parlour.files import actions as files
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

ENTRIES_AT_ONCE = 500
DURATION_SECONDS_MIN, DURATION_SECONDS_MAX = 60, 30 * 86_400


def create(tx: Tx, new: NewExperiment) -> Experiment:
    """A new experiment. `Refusal`: `experiment_taken`, `experiment_invalid`."""
    name, description = tidy(new.name), new.description.strip()
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise Refusal("experiment_invalid", f"A name has 1 to {NAME_CHARS_MAX} characters.")
    if len(description) > DESCRIPTION_CHARS_MAX:
        raise Refusal("experiment_invalid", f"A description has at most {DESCRIPTION_CHARS_MAX} characters.")
    made = Experiment(
        id=ExperimentId(tx.new_id()),
        account_id=new.account_id,
        name=name,
        description=description,
        visibility=new.visibility,
        created_at=tx.now_ms,
    )
    if not store.insert(tx, made):
        raise Refusal("experiment_taken", f"There is an experiment named {name} already.")
    return made


def own(tx: Tx, account_id: str, named: str) -> Experiment | None:
    """The member's experiment of that name or id."""
    found = store.own_by_name(tx, account_id, named) or store.experiment(tx, named.strip())
    return found if found and found.account_id == account_id else None


def is_name_taken(tx: Tx, account_id: str, name: str) -> bool:
    """Whether the member has an experiment of that name."""
    return store.own_by_name(tx, account_id, name) is not None


def readable(tx: Tx, account_id: str, named: str) -> list[Experiment]:
    """What a name or id can mean to this member: their own experiment, else those open to the laboratory."""
    mine = own(tx, account_id, named)
    if mine:
        return [mine]
    by_id = store.experiment(tx, named.strip())
    if by_id:
        return [by_id] if by_id.visibility == "lab" else []
    return store.open_by_name(tx, named)


def experiment_of(tx: Tx, entry: Entry) -> Experiment:
    """The experiment in whose log an entry stands."""
    found = store.experiment(tx, entry.experiment_id)
    if found is None:
        raise not_found("Experiment")
    return found


def own_experiments(tx: Tx, account_id: str, limit: int) -> list[Experiment]:
    """The member's experiments, newest first."""
    return store.own(tx, account_id, limit)


def experiments_page(
    tx: Tx, account_id: str, *, own: bool, after: str | None, limit: int
) -> tuple[list[Experiment], str | None]:
    """A page of the member's experiments, or of those that others opened to the laboratory; newest first.

    `after` is what the page before gave as second member. Raises `not_found` for anything else.
    """
    last = None if after is None else _readable(tx, account_id, after)
    found = store.listed(tx, account_id, own=own, after=last, limit=limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def log_page(
    tx: Tx, account_id: str, experiment_id: str, after: str | None, limit: int
) -> tuple[list[Entry], str | None]:
    """A page of a log that the member may read, newest first. As `experiments_page`."""
    experiment = _readable(tx, account_id, experiment_id)
    last = None if after is None else store.entry(tx, after)
    if after is not None and (last is None or last.experiment_id != experiment.id):
        raise not_found("Entry")
    found = store.entries_before(tx, experiment.id, last, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def current_of(tx: Tx, account_id: str) -> Current | None:
    """What the member works on now; None if nothing is set or its time has run out."""
    return store.current(tx, account_id)


def set_current(tx: Tx, account_id: str, experiment_id: str, seconds: int) -> Current:
    """Make an own experiment the current one from now for so long. `Refusal`: `not_found`, `duration_invalid`."""
    found = store.experiment(tx, experiment_id)
    if found is None or found.account_id != account_id:
        raise not_found("Experiment")
    if not DURATION_SECONDS_MIN <= seconds <= DURATION_SECONDS_MAX:
        raise Refusal("duration_invalid", "A duration is 1 minute to 30 days.")
    until = tx.now_ms + seconds * 1000
    if not store.set_current(tx, account_id, experiment_id, until):
        raise not_found("Member")
    return Current(experiment=found, since=tx.now_ms, until=until)


def add_entry(tx: Tx, new: NewEntry) -> Entry:
    """Append to the log of an own experiment, where it is found at once.

    Its time is later than that of the entry before, also when the clock was set back. Files of a log
    that is open to the laboratory become readable for it (9.1). `Refusal`: `not_found`
    (experiment, a file that was deleted, or an entry to correct that is not in this log), `entry_invalid`.
    """
    text = new.text.strip()
    experiment = store.experiment(tx, new.experiment_id)
    if experiment is None or experiment.account_id != new.author_id:
        raise not_found("Experiment")
    if not (text or new.file_ids) or len(text) > ENTRY_CHARS_MAX or len(new.file_ids) > FILES_PER_ENTRY_MAX:
        raise Refusal("entry_invalid", f"An entry has a file or 1 to {ENTRY_CHARS_MAX} characters.")
    if new.corrects is not None:
        old = store.entry(tx, new.corrects)
        if old is None or old.experiment_id != experiment.id:
            raise not_found("Entry")
    if any(files.by_id(tx, file_id) is None for file_id in new.file_ids):
        raise not_found("File")
    made = Entry(
        id=LogEntryId(tx.new_id()),
        experiment_id=experiment.id,
        author_id=new.author_id,
        text=text,
        file_ids=tuple(dict.fromkeys(new.file_ids)),
        corrects=new.corrects,
        logged_at=max(tx.now_ms, store.last_logged_at(tx, experiment.id) + 1),
    )
    store.insert_entry(tx, made)
    is_open = experiment.visibility == "lab"
    for file_id in made.file_ids:
        files.use(tx, file_id)
        if is_open:
            files.share(tx, file_id)
    if text:
        source = Source(kind="entry", id=made.id, account_id=None if is_open else experiment.account_id)
        index.put(tx, source, [NewChunk(page=1, position=0, text=text)])
    return made


def entry(tx: Tx, account_id: str, entry_id: str) -> Entry | None:
    """An entry that the member may read."""
    found = store.entry(tx, entry_id)
    if found is None:
        return None
    experiment = experiment_of(tx, found)
    return found if experiment.account_id == account_id or experiment.visibility == "lab" else None


def around(tx: Tx, entry: Entry) -> tuple[Entry | None, Entry | None]:
    """The entries before and after it in its log."""
    following = store.entries(tx, entry.experiment_id, (entry.logged_at, entry.id), 1)
    return store.before(tx, entry), following[0] if following else None


def corrections(tx: Tx, entry: Entry) -> list[Entry]:
    """The entries that correct this one, oldest first."""
    return store.corrections(tx, entry)


def log(tx: Tx, experiment_id: str) -> Iterator[Entry]:
    """A whole log, oldest first, read page by page."""
    after = (0, "")
    while page := store.entries(tx, experiment_id, after, ENTRIES_AT_ONCE):
        yield from page
        after = (page[-1].logged_at, page[-1].id)


def is_attached(tx: Tx, file_id: str) -> bool:
    """Whether a log entry holds this file, which therefore cannot be deleted (9.9)."""
    return store.has_file(tx, file_id)


def _readable(tx: Tx, account_id: str, experiment_id: str) -> Experiment:
    found = store.experiment(tx, experiment_id)
    if found is None or (found.account_id != account_id and found.visibility != "lab"):
        raise not_found("Experiment")
    return found
