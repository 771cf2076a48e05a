"""From what the search found to what the assistant may quote: hits, passages, references (lab protocol 4.3).

Acts (`fn(tx, ...)`) return JSON, which the loop keeps; `outcome` and `references` read it back.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from parlour.accounts.actions import account_by_id
from parlour.assistant.entities import JsonValue, LabMessageId, Reference
from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments.entities import Entry
from parlour.assistant.instruments import actions as instruments
from parlour.assistant.instruments.entities import Instrument
from parlour.assistant.messages import reading
from parlour.assistant.notes import actions as notes
from parlour.assistant.papers import actions as papers
from parlour.assistant.papers.entities import Paper
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.arguments import moment
from parlour.assistant.tools.ports import Call, Outcome, Passage
from parlour.files import actions as files
from parlour.files.entities import StoredFile
from parlour.files.handles import handle_of, parse
from parlour.files.search import finding
from parlour.files.search.embedding import decoded
from parlour.files.search.entities import Hit, Query
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

QUOTE_CHARS_MAX = 500
TEXT_CHARS_MAX = 6_000
NEIGHBOUR_CHARS_MAX = 600
NOTHING = Outcome(status="nothing", text="Nothing was found.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to search: `source_ids` None for all of these kinds; times in milliseconds."""

    text: str
    kinds: tuple[str, ...]
    source_ids: Sequence[str] | None = None
    limit: int = 5
    since: int | None = None
    until: int | None = None


def found(tx: Tx, call: Call, wanted: Wanted) -> list[Passage]:
    """The passages that fit best, of what the member may read."""
    if wanted.source_ids is not None and not wanted.source_ids:
        return []
    query = Query(
        text=wanted.text,
        account_id=call.member.account_id,
        kinds=wanted.kinds,
        source_ids=wanted.source_ids,
        limit=wanted.limit,
        created_from=wanted.since,
        created_until=wanted.until,
        vector=decoded(call.meaning) if call.meaning else None,
    )
    passages = (_passage(tx, call, hit) for hit in finding.search(tx, query))
    return [each for each in passages if each is not None]


def outcome(kept: JsonValue) -> Outcome:
    """What `found` gave, as the end of a call."""
    passages = convert(kept, list[Passage])
    if not passages:
        return NOTHING
    return Outcome(status="done", text=f"{len(passages)} found.", passages=tuple(passages))


def plain(value: object) -> JsonValue:
    """A value of dataclasses as JSON."""
    return msgspec.to_builtins(value)


def references(value: JsonValue) -> tuple[Reference, ...]:
    """References that an act gave."""
    return tuple(convert(value, list[Reference]))


def no_such(kind: str) -> Refusal:
    """The one answer for what is not there and for what the member may not read (8.1)."""
    return Refusal("not_found", f"no such {kind}")


def file_named(tx: Tx, call: Call, named: str) -> StoredFile:
    """The file of a handle, or of a name among the files of the turn; raises `no such file`."""
    handle = named.strip()
    if parse(handle) is None:
        same = [each for each in call.files if (parts := parse(each)) and handle in parts]
        if len(same) != 1:
            raise no_such("file")
        handle = same[0]
    try:
        return files.file_to_read(tx, call.member.account_id, handle)
    except Refusal:
        raise no_such("file") from None


def paper_reference(tx: Tx, paper: Paper) -> Reference:
    """A reference to a whole paper."""
    file = files.by_id(tx, paper.file_id)
    about = paper.about
    return Reference(
        ref_type="paper",
        title=about.title,
        file=handle_of(file) if file else None,
        size=file.size if file else None,
        sha256=file.sha256 if file else None,
        doi=about.doi,
        possessor=paper.possessor,
        authors=about.authors,
        year=about.year,
    )


def entry_reference(tx: Tx, entry: Entry) -> Reference:
    """A reference to a log entry; its file is the first that is attached."""
    attached = files.by_id(tx, entry.file_ids[0]) if entry.file_ids else None
    experiment = experiments.experiment_of(tx, entry)
    return Reference(
        ref_type="experiment_log",
        title=experiment.name,
        file=handle_of(attached) if attached else None,
        size=attached.size if attached else None,
        sha256=attached.sha256 if attached else None,
        quote=entry.text[:QUOTE_CHARS_MAX] or None,
        experiment=experiment.name,
        logged_at=entry.logged_at,
        author=user_of(tx, entry.author_id),
    )


def user_of(tx: Tx, account_id: str) -> str | None:
    """The user id of an account."""
    account = account_by_id(tx, account_id)
    return account.user_id if account else None


def _passage(tx: Tx, call: Call, hit: Hit) -> Passage | None:
    """None for a hit whose source has gone, or is of this very turn."""
    match hit.source_kind:
        case "file":
            return _of_file(tx, call, hit)
        case "note":
            return _of_note(tx, hit)
        case "entry":
            return _of_entry(tx, call, hit)
        case "message":
            return _of_message(tx, call, hit)
        case "instrument":
            return _of_instrument(tx, hit)
        case _:
            return None


def _of_file(tx: Tx, call: Call, hit: Hit) -> Passage | None:
    file = files.by_id(tx, hit.source_id)
    if file is None:
        return None
    paper = papers.of_file(tx, call.member.account_id, file.id)
    if paper is not None:
        return _quoted(paper_reference(tx, paper), hit)
    instrument = instruments.of_file(tx, file.id)
    reference = Reference(
        ref_type="file",
        title=f"{instrument.name}: {file.name}" if instrument else file.name,
        file=handle_of(file),
        size=file.size,
        sha256=file.sha256,
        experts=instrument.super_users or None if instrument else None,
    )
    return _quoted(reference, hit)


def _of_note(tx: Tx, hit: Hit) -> Passage | None:
    note = notes.note(tx, hit.source_id)
    if note is None:
        return None
    paper = papers.by_id(tx, note.paper_id)
    about = paper_reference(tx, paper) if paper else None
    reference = Reference(
        ref_type="note",
        title=about.title if about else note.doi,
        file=about.file if about else None,
        size=about.size if about else None,
        sha256=about.sha256 if about else None,
        doi=note.doi,
        possessor=about.possessor if about else None,
        authors=about.authors if about else None,
        year=about.year if about else None,
        logged_at=note.created_at,
        author=user_of(tx, note.author_id),
    )
    return _quoted(reference, hit)


def _of_entry(tx: Tx, call: Call, hit: Hit) -> Passage | None:
    entry = experiments.entry(tx, call.member.account_id, hit.source_id)
    if entry is None:
        return None
    before, after = experiments.around(tx, entry)
    lines = [
        _line("before", _told_entry(call, before)) if before else "",
        _line("found", f"[entry {entry.id}] {_told_entry(call, entry)}"),
        _line("after", _told_entry(call, after)) if after else "",
        *(
            f"corrected by entry {each.id}: {each.text[:NEIGHBOUR_CHARS_MAX]}"
            for each in experiments.corrections(tx, entry)
        ),
    ]
    return _quoted(entry_reference(tx, entry), hit, "\n".join(line for line in lines if line))


def _of_message(tx: Tx, call: Call, hit: Hit) -> Passage | None:
    message = reading.message(tx, LabMessageId(hit.source_id))
    if message is None or message.account_id != call.member.account_id or message.turn_id == call.turn_id:
        return None
    near = reading.messages_of(tx, message.conversation_id, message.ordinal - 2, 3)
    lines = [
        _line(
            "found" if each.id == message.id else "before" if each.ordinal < message.ordinal else "after",
            f"{each.role}, {moment(call, each.created_at)}: {each.text}",
            TEXT_CHARS_MAX if each.id == message.id else NEIGHBOUR_CHARS_MAX,
        )
        for each in near
        if abs(each.ordinal - message.ordinal) <= 1 and each.turn_id != call.turn_id
    ]
    reference = Reference(
        ref_type="message",
        title=sentence(call.member.language, f"tools.said_by_{message.role}", at=moment(call, message.created_at)),
        logged_at=message.created_at,
        author=message.author_id if message.role == "person" else None,
    )
    return _quoted(reference, hit, "\n".join(lines))


def _of_instrument(tx: Tx, hit: Hit) -> Passage | None:
    instrument = instruments.instrument(tx, hit.source_id)
    return _quoted(instrument_reference(instrument), hit) if instrument else None


def instrument_reference(instrument: Instrument) -> Reference:
    """A reference to an instrument, with its experts."""
    return Reference(ref_type="instrument", title=instrument.name, experts=instrument.super_users)


def _quoted(reference: Reference, hit: Hit, text: str | None = None) -> Passage:
    pointed = replace(
        reference,
        page=hit.page if reference.ref_type in ("paper", "file", "note") else None,
        quote=hit.quote[:QUOTE_CHARS_MAX],
        chunk_id=hit.chunk_id,
        score=hit.score,
    )
    return Passage(reference=pointed, text=(text or hit.text)[:TEXT_CHARS_MAX])


def _told_entry(call: Call, entry: Entry) -> str:
    return f"{moment(call, entry.logged_at)}: {entry.text}"


def _line(place: str, text: str, most: int = NEIGHBOUR_CHARS_MAX) -> str:
    return f"{place}: {' '.join(text[:most].split())}"
