"""The people of a cohort as CSV: user_id, name, email, part, persona.

No cell that is written can be run as a formula by a spreadsheet: what would be one begins with an apostrophe, which is
taken off again when the file is read.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from parlour.accounts import actions as accounts
from parlour.accounts.entities import CohortPart, NewAccount
from parlour.catalog import actions as catalog
from parlour.catalog import authored
from parlour.catalog.authored import CurrentRow, Listing
from parlour.catalog.entities import Cohort, Entry, ProfilePersona
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

COLUMNS = ("user_id", "name", "email", "part", "persona")
CHARACTERS_MAX = 2 * 1024 * 1024
ROWS_MAX = 10_000
PERSONAS_MAX = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRow:
    """A line of the file. `persona` None: the file has no such column, and who plays whom stays as it is."""

    line: int
    user_id: str
    name: str = ""
    email: str = ""
    part: CohortPart = "learner"
    persona: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvFault:
    """What is wrong in a line, counted from 1."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class CsvFaults(Exception):
    """Everything that is wrong with a file; nothing was changed."""

    def __init__(self, faults: Iterable[CsvFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda each: each.line))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What an import did, by user id."""

    made: Sequence[str] = ()
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    unchanged: Sequence[str] = ()


def read_people(text: str) -> tuple[PersonRow, ...]:
    """The lines of a file with commas or semicolons. Raises `CsvFaults`."""
    text = text.removeprefix("\ufeff")
    if len(text) > CHARACTERS_MAX:
        raise CsvFaults([CsvFault(line=1, reason=f"the file has more than {CHARACTERS_MAX} characters")])
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    found: list[PersonRow] = []
    faults: list[CsvFault] = []
    try:
        names = [cell.strip().lower() for cell in next(reader, list[str]())]
        unknown = [name for name in names if name not in COLUMNS]
        if "user_id" not in names or unknown or len(set(names)) < len(names):
            reason = f"the first line names the columns, each once, of {', '.join(COLUMNS)}; user_id must be among them"
            raise CsvFaults([CsvFault(line=1, reason=reason)])
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _take(reader.line_num, dict(zip(names, cells, strict=False)), found, faults)
            if len(found) > ROWS_MAX:
                raise CsvFaults([CsvFault(line=reader.line_num, reason=f"more than {ROWS_MAX} people")])
    except csv.Error as error:
        raise CsvFaults([CsvFault(line=reader.line_num, reason=f"no CSV: {error}")]) from error
    if faults:
        raise CsvFaults(faults)
    return tuple(found)


def write_people(rows: Iterable[PersonRow]) -> str:
    """The same as a file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(_inert(each) for each in (row.user_id, row.name, row.email, row.part, row.persona or ""))
    return text.getvalue()


def people_of(tx: Tx, cohort_id: str) -> tuple[PersonRow, ...]:
    """Who is in a cohort now, learners first, by user id; personas by name, or by id if two have that name."""
    cohort = catalog.cohort(tx, cohort_id)
    plays = {each.profile_id: each.persona_id for each in cohort.profile_personas} if cohort else {}
    parts: Sequence[tuple[CohortPart, set[AccountId]]] = (
        ("learner", accounts.learners_of_cohort(tx, cohort_id)),
        ("instructor", accounts.instructors_of_cohort(tx, cohort_id)),
    )
    personas = _personas(tx) if plays else ()
    labels = {each.id: _label(each, personas) for each in personas}
    found: list[PersonRow] = []
    for part, members in parts:
        people = sorted(
            filter(None, (accounts.account_by_id(tx, each) for each in members)), key=lambda one: one.user_id
        )
        for person in people:
            persona_id = plays.get(person.account_id) if part == "learner" else None
            row = PersonRow(
                line=len(found) + 2,
                user_id=person.user_id,
                name=person.name,
                email=person.email or "",
                part=part,
                persona=labels.get(persona_id, persona_id) if persona_id else "",
            )
            found.append(row)
    return tuple(found)


def bring_people(tx: Tx, cohort_id: str, rows: Sequence[PersonRow], *, only: bool = False) -> Imported:
    """Put people into a cohort, with new accounts (without a password) for those who have none; `only`: nobody else
    stays in it. Raises `CsvFaults`; then the transaction must not be committed.
    """
    faults: list[CsvFault] = []
    named: dict[tuple[AccountId, CohortPart], PersonRow] = {}
    made: list[str] = []
    for row in rows:
        account_id = _account(tx, row, made, faults)
        if account_id is None:
            continue
        if (account_id, row.part) in named:
            faults.append(CsvFault(line=row.line, reason=f"{row.user_id} is in the file twice as {row.part}"))
        named[account_id, row.part] = row
    plays = _plays(tx, named, faults)
    if faults:
        raise CsvFaults(faults)
    added = [row.user_id for (each, part), row in named.items() if accounts.add_to_cohort(tx, cohort_id, each, part)]
    removed = _remove_others(tx, cohort_id, named) if only else []
    if plays or removed:
        _play(tx, cohort_id, plays)
    unchanged = [row.user_id for row in named.values() if row.user_id not in added]
    return Imported(made=made, added=added, removed=removed, unchanged=unchanged)


def _take(line: int, cells: Mapping[str, str], found: list[PersonRow], faults: list[CsvFault]) -> None:
    said = {name: _bare(cell) for name, cell in cells.items()}
    part = said.get("part", "").lower() or "learner"
    if not said.get("user_id"):
        faults.append(CsvFault(line=line, reason="user_id is missing"))
    elif part not in get_args(CohortPart):
        faults.append(CsvFault(line=line, reason=f"part is '{part}'; it must be learner or instructor"))
    elif part == "instructor" and said.get("persona"):
        faults.append(CsvFault(line=line, reason="an instructor plays no persona"))
    else:
        row = PersonRow(
            line=line,
            user_id=said["user_id"],
            name=said.get("name", ""),
            email=said.get("email", ""),
            part="instructor" if part == "instructor" else "learner",
            persona=said.get("persona", "") if "persona" in cells else None,
        )
        found.append(row)


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) or cell[:1] == "'" else cell


def _bare(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and (cell[1:].startswith(_FORMULA) or cell[1:2] == "'") else cell


def _account(tx: Tx, row: PersonRow, made: list[str], faults: list[CsvFault]) -> AccountId | None:
    known = accounts.account_by_user_id(tx, row.user_id)
    if known is not None:
        return known.account_id
    role = "instructional" if row.part == "instructor" else "member"
    new = NewAccount(user_id=row.user_id, name=row.name or row.user_id, email=row.email or None, role=role)
    try:
        account = accounts.create_account(tx, new)
    except Refusal as refused:
        faults.append(CsvFault(line=row.line, reason=refused.text))
        return None
    made.append(row.user_id)
    return account.account_id


def _plays(
    tx: Tx, named: Mapping[tuple[AccountId, CohortPart], PersonRow], faults: list[CsvFault]
) -> dict[AccountId, str | None]:
    """The persona of each learner of whom the file says one, or says that there is none."""
    rows = {each: row for (each, part), row in named.items() if part == "learner" and row.persona is not None}
    personas = _personas(tx) if any(row.persona for row in rows.values()) else ()
    found: dict[AccountId, str | None] = {}
    for account_id, row in rows.items():
        fitting = [each.id for each in personas if row.persona in (each.id, each.slug)]
        fitting = fitting or [each.id for each in personas if row.persona == each.name]
        if row.persona and len(fitting) != 1:
            there = "several personas" if fitting else "no persona"
            faults.append(CsvFault(line=row.line, reason=f"there {'are' if fitting else 'is'} {there} '{row.persona}'"))
        found[account_id] = fitting[0] if len(fitting) == 1 else None
    return found


def _personas(tx: Tx) -> Sequence[CurrentRow]:
    return authored.listed(tx, Listing(kinds=("persona",), active=True, limit=PERSONAS_MAX))


def _label(persona: CurrentRow, among: Sequence[CurrentRow]) -> str:
    return persona.id if sum(each.name == persona.name for each in among) > 1 else persona.name


def _remove_others(tx: Tx, cohort_id: str, named: Mapping[tuple[AccountId, CohortPart], PersonRow]) -> list[str]:
    removed: list[str] = []
    parts: Sequence[tuple[CohortPart, set[AccountId]]] = (
        ("learner", accounts.learners_of_cohort(tx, cohort_id)),
        ("instructor", accounts.instructors_of_cohort(tx, cohort_id)),
    )
    for part, members in parts:
        for account_id in sorted(members):
            if (account_id, part) not in named and accounts.remove_from_cohort(tx, cohort_id, account_id, part):
                account = accounts.account_by_id(tx, account_id)
                removed.append(account.user_id if account else account_id)
    return removed


def _play(tx: Tx, cohort_id: str, plays: Mapping[AccountId, str | None]) -> None:
    """Publish who plays whom: with the cohort, and with its training."""
    known = next(each for each in accounts.list_cohorts(tx) if each.cohort_id == cohort_id)
    cohort = catalog.cohort(tx, cohort_id) or Cohort(id=cohort_id, name=known.name)
    learners = accounts.learners_of_cohort(tx, cohort_id)
    kept = [each for each in cohort.profile_personas if each.profile_id not in plays and each.profile_id in learners]
    said = [ProfilePersona(profile_id=each, persona_id=persona) for each, persona in plays.items() if persona]
    personas = tuple(sorted((*kept, *said), key=lambda pair: pair.profile_id))
    _save(tx, replace(cohort, profile_personas=personas))
    for row in authored.naming(tx, ("home", "practice"), cohort_id):
        entry = row.read(Entry)
        if cohort_id in entry.cohort_ids:
            others = [each for each in entry.profile_personas if each.profile_id not in {*learners, *plays}]
            _save(tx, replace(entry, profile_personas=tuple((*others, *personas))))


def _save(tx: Tx, content: Cohort | Entry) -> None:
    kind = content.kind if isinstance(content, Entry) else "cohort"
    active = content.active if isinstance(content, Entry) else True
    body = authored.body_of(content)
    new = authored.NewContent(
        id=content.id, kind=kind, name=content.name, body=body, active=active, search=content.description
    )
    authored.save(tx, new, None)
