"""Publishing a bundle: new versions of what changed, cohorts, seats; all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parlour.accounts.actions import account_ids_by_user_ids, set_cohort_people
from parlour.catalog import store
from parlour.catalog.bundles import bundle_errors
from parlour.catalog.entities import (
    Casting,
    Cohort,
    Entry,
    Kind,
    ProfilePersona,
    Seat,
    rubric_faults,
)
from parlour.catalog.sources import Bundle, CohortDraft
from parlour.catalog.yaml_reader import Errors
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What publishing did: `written` objects got a new version, `unchanged` ones did not."""

    pack: str
    written: int
    unchanged: int
    home_ids: tuple[str, ...]
    practice_ids: tuple[str, ...]


def publish(tx: Tx, bundle: Bundle) -> Published:
    """Publish a checked bundle; the same bundle again changes nothing.

    Raises `BundleErrors` if a cohort names people without an account, `Refusal("invalid_request")` for
    an inconsistent rubric; then nothing is written.
    """
    people = _people(tx, bundle)
    for rubric in bundle.rubrics:
        faults = rubric_faults(rubric)
        if faults:
            raise Refusal("invalid_request", f"Rubric '{rubric.name}' is not consistent: {'; '.join(faults)}.")
    return _Publishing(tx, bundle, people).run()


def _people(tx: Tx, bundle: Bundle) -> Mapping[str, AccountId]:
    refs = [ref for cohort_draft in bundle.cohorts for ref in (*cohort_draft.learners, *cohort_draft.instructors)]
    accounts = account_ids_by_user_ids(tx, {ref.slug for ref in refs})
    errors = Errors()
    for ref in refs:
        if ref.slug not in accounts:
            errors.add(ref.place, f"there is no account with the user id '{ref.slug}'")
    if errors.found:
        raise bundle_errors(errors)
    return accounts


class _Publishing:
    """One bundle on its way into one transaction, in the order in which objects pin each other."""

    def __init__(self, tx: Tx, bundle: Bundle, people: Mapping[str, AccountId]) -> None:
        self._tx = tx
        self._bundle = bundle
        self._people = people
        self._versions: dict[str, int] = {}
        self._written = 0

    def run(self) -> Published:
        bundle = self._bundle
        for item in bundle.documents:
            self._put("document", item.id, item.name, item)
        for named in bundle.dialogues:
            self._put("dialogue", named.id, named.name, named.dialogue)
        for item in bundle.personas:
            self._put("persona", item.id, item.name, item)
        for item in bundle.scenarios:
            self._put("scenario", item.id, item.name, replace(item, castings=self._pinned(item.castings)))
        for item in bundle.rubrics:
            self._put("rubric", item.id, item.name, item)
        for item in bundle.simulations:
            self._put("simulation", item.id, item.name, item)
        cohorts = {draft.id: self._cohort(draft) for draft in bundle.cohorts}
        for entry in bundle.entries:
            self._entry(entry, cohorts)
        return Published(
            pack=bundle.pack,
            written=self._written,
            unchanged=len(self._versions) - self._written,
            home_ids=tuple(entry.id for entry in bundle.entries if entry.kind == "home"),
            practice_ids=tuple(entry.id for entry in bundle.entries if entry.kind == "practice"),
        )

    def _put(self, kind: Kind, content_id: str, name: str, value: object) -> None:
        active = value.active if isinstance(value, Entry) else True
        new = store.NewContent(id=content_id, kind=kind, name=name, body=store.body_of(value), active=active)
        version, written = store.put(self._tx, new)
        self._versions[content_id] = version
        self._written += written

    def _pinned(self, castings: tuple[Casting, ...]) -> tuple[Casting, ...]:
        return tuple(replace(casting, dialogue_version=self._versions[casting.dialogue_id]) for casting in castings)

    def _cohort(self, draft: CohortDraft) -> Cohort:
        learners = tuple(self._people[ref.slug] for ref in draft.learners)
        instructors = tuple(self._people[ref.slug] for ref in draft.instructors)
        made = Cohort(
            id=draft.id,
            name=draft.name,
            description=draft.description,
            simulation_ids=draft.simulation_ids,
            profile_ids=learners,
            instructor_ids=instructors,
            profile_personas=tuple(
                ProfilePersona(profile_id=self._people[user_id], persona_id=persona_id)
                for user_id, persona_id in draft.persona_ids
            ),
        )
        self._put("cohort", made.id, made.name, made)
        set_cohort_people(self._tx, made.id, made.name, learners, instructors)
        return made

    def _entry(self, entry: Entry, cohorts: Mapping[str, Cohort]) -> None:
        among = [cohorts[cohort_id] for cohort_id in entry.cohort_ids]
        plays = {pair.profile_id: pair for made in among for pair in made.profile_personas}
        templates = tuple(
            replace(
                template,
                scenario_version=self._versions[template.scenario_id],
                rubric_version=self._versions[template.rubric_id] if template.rubric_id else None,
            )
            for template in entry.templates
        )
        pinned = replace(entry, templates=templates, profile_personas=tuple(plays.values()))
        self._put(entry.kind, entry.id, entry.name, pinned)
        learners = dict.fromkeys(account_id for made in among for account_id in made.profile_ids)
        store.set_seats(
            self._tx,
            entry.id,
            (
                Seat(
                    entry_id=entry.id,
                    account_id=account_id,
                    persona_id=plays[account_id].persona_id if account_id in plays else None,
                )
                for account_id in learners
            ),
        )
