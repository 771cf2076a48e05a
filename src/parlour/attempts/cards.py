"""What an account may train, and how far it got: `GET /api/v1/home` and `/practice` (Glow 10.4)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from parlour.accounts import actions as accounts
from parlour.attempts import store
from parlour.attempts.advance import templates_of
from parlour.attempts.detail_resources import Library, Standard, StandardGroup, shown_group, shown_standard
from parlour.attempts.detail_rules import ChatOutcome, results, time_limit
from parlour.attempts.entities import Attempt
from parlour.catalog import actions as catalog
from parlour.catalog.entities import Cohort, Entry, EntryKind, Reference, Rubric
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.ids import AccountId, EntryId
from parlour.storage.tx import Tx

ViewMode = Literal["member", "instructional", "practice"]
Status = Literal["passed", "in-progress", "not-started"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A training that is offered. Percentages are whole, `time_limit` is in seconds.

    `name` and `description` are those of the entry. `pass_pct` is the pass line in per cent of the
    points. `member` and `practice` cards count the reader's own attempts, and `completion_pct` is the
    most that one of these completed. An `instructional` card counts those of the learners taught:
    three counts of learners, and in `completion_pct` the share that has completed every chat once.
    """

    simulation_id: str
    simulation_name: str | None
    simulation_description: str | None
    name: str
    description: str
    time_limit: int | None
    chat_entry_id: str | None
    home_id: str | None
    practice_id: str | None
    scenario_ids: Sequence[str]
    cohort_ids: Sequence[str]
    color: str | None
    icon: str | None
    view_mode: ViewMode
    num_sessions: int
    highest_score: int | None
    has_passed: bool
    status: Status
    pass_pct: int | None
    cohort_names_junction: str
    standard_groups: Sequence[str]
    practice_simulation: bool
    completion_pct: int
    passed_count: int | None
    in_progress_count: int | None
    not_started_count: int | None
    start_time: str | None
    end_time: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CardRubric:
    """A rubric by which something on the cards is graded."""

    rubric_id: str
    name: str
    standard_group_ids: Sequence[str]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class Cards:
    """The cards of an account by (position, name); rubrics, groups and standards are maps by id."""

    actor_name: str | None
    items: Sequence[Card]
    rubrics: Mapping[str, CardRubric]
    standard_groups: Mapping[str, StandardGroup]
    standards: Mapping[str, Standard]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Try:
    """An attempt and how its chats stand."""

    attempt: Attempt
    outcomes: Sequence[ChatOutcome]

    @property
    def score(self) -> int | None:
        """The total; None while nothing is graded."""
        scores = [outcome.score for outcome in self.outcomes if outcome.score is not None]
        return sum(scores) if scores else None

    def completed(self, entry: Entry) -> int:
        """How many templates have a completed chat."""
        done = {outcome.chat_entry_id for outcome in self.outcomes if outcome.completed}
        return sum(template.id in done for template in entry.templates)

    def passed(self, entry: Entry) -> bool:
        """Whether it ended with every template completed, and passed (10.4)."""
        complete = self.attempt.state == "ended" and self.completed(entry) == len(entry.templates)
        return complete and results(self.outcomes, len(self.outcomes)).passed


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tally:
    """What a card counts."""

    tries: Sequence[_Try]
    has_passed: bool
    status: Status
    completion_pct: int
    passed_count: int | None = None
    in_progress_count: int | None = None
    not_started_count: int | None = None


def cards(tx: Tx, actor: Actor, kind: EntryKind) -> Cards:
    """The entries in which the actor has a seat, and for staff those of the cohorts they teach.

    The number of statements grows with the entries, not with their attempts.
    """
    own = catalog.entries_for_account(tx, actor.account_id, kind)
    taught = _taught(tx, actor, kind)
    tries = _tries(tx, own, actor.account_id)
    of_learners = _tries(tx, taught, None)
    deck = _Deck(tx, kind)
    mode: ViewMode = "practice" if kind == "practice" else "member"
    items = [deck.card(entry, mode, _own_tally(entry, tries.get(entry.id, []))) for entry in own]
    for entry in taught:
        learners = deck.learners(entry, actor.taught_cohort_ids)
        items.append(deck.card(entry, "instructional", _tally(entry, of_learners.get(entry.id, []), learners)))
    account = accounts.account_by_id(tx, actor.account_id)
    groups = [group for rubric in deck.rubrics.values() for group in rubric.groups]
    return Cards(
        actor_name=account.name if account else None,
        items=items,
        rubrics={
            key: CardRubric(rubric_id=key, name=rubric.name, standard_group_ids=[group.id for group in rubric.groups])
            for key, rubric in deck.rubrics.items()
        },
        standard_groups={group.id: shown_group(group) for group in groups},
        standards={standard.id: shown_standard(standard) for group in groups for standard in group.standards},
    )


def _taught(tx: Tx, actor: Actor, kind: EntryKind) -> list[Entry]:
    if actor.rank <= RANKS["member"] or not actor.taught_cohort_ids:
        return []
    return [
        entry for entry in catalog.all_entries(tx, kind) if not actor.taught_cohort_ids.isdisjoint(entry.cohort_ids)
    ]


def _tries(tx: Tx, entries: Sequence[Entry], account_id: AccountId | None) -> dict[EntryId, list[_Try]]:
    if not entries:
        return {}
    ids = [entry.id for entry in entries]
    outcomes = store.outcomes_of_entries(tx, ids, account_id)
    found: dict[EntryId, list[_Try]] = {}
    for attempt in store.of_entries(tx, ids, account_id):
        one = _Try(attempt=attempt, outcomes=outcomes.get(attempt.id, []))
        found.setdefault(attempt.entry_id, []).append(one)
    return found


def _own_tally(entry: Entry, tries: Sequence[_Try]) -> _Tally:
    passed = any(one.passed(entry) for one in tries)
    most = max((one.completed(entry) for one in tries), default=0)
    return _Tally(
        tries=tries,
        has_passed=passed,
        status="passed" if passed else "in-progress" if tries else "not-started",
        completion_pct=_percent(most, len(entry.templates)),
    )


def _tally(entry: Entry, tries: Sequence[_Try], learners: Collection[AccountId]) -> _Tally:
    counted = [one for one in tries if one.attempt.account_id in learners]
    started = {one.attempt.account_id for one in counted}
    complete = {one.attempt.account_id for one in counted if one.completed(entry) == len(entry.templates)}
    passed = {one.attempt.account_id for one in counted if one.passed(entry)}
    all_passed = bool(learners) and len(passed) == len(learners)
    return _Tally(
        tries=counted,
        has_passed=all_passed,
        status="passed" if all_passed else "in-progress" if started else "not-started",
        completion_pct=_percent(len(complete), len(learners)),
        passed_count=len(passed),
        in_progress_count=len(started) - len(passed),
        not_started_count=len(learners) - len(started),
    )


class _Deck:
    """Makes cards, reading what several of them show only once."""

    def __init__(self, tx: Tx, kind: EntryKind) -> None:
        self._tx = tx
        self._kind: EntryKind = kind
        self._library = Library(tx)
        self._cohorts: dict[str, Cohort | None] = {}
        self.rubrics: dict[str, Rubric] = {}

    def card(self, entry: Entry, mode: ViewMode, tally: _Tally) -> Card:
        """The card of an entry."""
        simulation = catalog.simulation(self._tx, entry.simulation_id)
        templates = templates_of(entry)
        rubrics = self._rubrics_of(entry)
        color, icon = self._look(entry)
        scores = [one.score for one in tally.tries if one.score is not None]
        names = [cohort.name for key in entry.cohort_ids if (cohort := self._cohort(key))]
        groups = dict.fromkeys(group.id for rubric in rubrics for group in rubric.groups)
        return Card(
            simulation_id=entry.simulation_id,
            simulation_name=simulation.name if simulation else None,
            simulation_description=simulation.description if simulation else None,
            name=entry.name,
            description=entry.description,
            time_limit=time_limit(templates),
            chat_entry_id=next((template.id for template in templates), None),
            home_id=entry.id if self._kind == "home" else None,
            practice_id=entry.id if self._kind == "practice" else None,
            scenario_ids=[template.scenario_id for template in templates],
            cohort_ids=entry.cohort_ids,
            color=color,
            icon=icon,
            view_mode=mode,
            num_sessions=len(tally.tries),
            highest_score=max(scores, default=None),
            has_passed=tally.has_passed,
            status=tally.status,
            pass_pct=_pass_line(rubrics),
            cohort_names_junction=", ".join(names),
            standard_groups=list(groups),
            practice_simulation=self._kind == "practice",
            completion_pct=tally.completion_pct,
            passed_count=tally.passed_count,
            in_progress_count=tally.in_progress_count,
            not_started_count=tally.not_started_count,
            start_time=_time(entry.start_time),
            end_time=_time(entry.end_time),
        )

    def learners(self, entry: Entry, taught: Collection[str]) -> set[AccountId]:
        """Who has a seat in an entry through one of these cohorts."""
        return catalog.learners_of(self._tx, entry, taught)

    def _cohort(self, cohort_id: str) -> Cohort | None:
        if cohort_id not in self._cohorts:
            self._cohorts[cohort_id] = catalog.cohort(self._tx, cohort_id)
        return self._cohorts[cohort_id]

    def _rubrics_of(self, entry: Entry) -> list[Rubric]:
        pins = [
            Reference(id=template.rubric_id, version=template.rubric_version or 0)
            for template in templates_of(entry)
            if template.rubric_id
        ]
        found = [rubric for pin in pins if (rubric := self._library.rubric(pin))]
        self.rubrics |= {rubric.id: rubric for rubric in found}
        return found

    def _look(self, entry: Entry) -> tuple[str | None, str | None]:
        """Color and icon of the persona that is met first."""
        first = next(iter(templates_of(entry)), None)
        scenario = self._library.scenario_of(first) if first else None
        persona = catalog.persona(self._tx, scenario.persona_ids[0]) if scenario and scenario.persona_ids else None
        return (persona.color, persona.icon) if persona else (None, None)


def _pass_line(rubrics: Sequence[Rubric]) -> int | None:
    total = sum(rubric.total_points for rubric in rubrics)
    return _percent(sum(rubric.pass_points for rubric in rubrics), total) if rubrics else None


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)
