"""Publishing a bundle: new versions of what changed, cohorts, seats; all or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from parlour.accounts.actions import account_ids_by_user_ids, set_cohort_people
from parlour.catalog import store
from parlour.catalog.benchmarks import Benchmark, Eval
from parlour.catalog.bundles import bundle_errors
from parlour.catalog.entities import (
    Casting,
    Cohort,
    Entry,
    Kind,
    Pack,
    ProfilePersona,
    Reference,
    Seat,
    rubric_faults,
)
from parlour.catalog.publishing_benchmarks import (
    merged,
    pinned_benchmark,
    pinned_recording,
    put_benchmark,
    put_recording,
)
from parlour.catalog.sources import Asset, BenchmarkDraft, Bundle, CohortDraft, Seating
from parlour.catalog.yaml_reader import Errors, Place, Ref
from parlour.files.actions import keep, record
from parlour.files.entities import NewUpload
from parlour.files.ports import BlobStore
from parlour.kernel.ids import AccountId, named_id
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


def keep_files(bundle: Bundle, blobs: BlobStore) -> None:
    """Store the bytes that a bundle brings along. Do it before `publish`, outside of a transaction.

    Raises `BundleErrors` if a file has changed since the bundle was loaded.
    """
    errors = Errors()
    for asset in bundle.assets:
        try:
            keep(blobs, asset.digest, asset.path)
        except (ValueError, FileNotFoundError):
            errors.add(Place(asset.name, 1), "the file has changed while it was read")
    if errors.found:
        raise bundle_errors(errors)


def _people(tx: Tx, bundle: Bundle) -> Mapping[str, AccountId]:
    refs = [ref for draft in bundle.cohorts for ref in (*(draft.learners or ()), *(draft.instructors or ()))]
    refs += [ref for seating in bundle.seatings for ref in seating.learners]
    refs += [ref for seating in bundle.seatings for ref, _ in seating.persona_ids]
    refs += [ref for draft in bundle.benchmarks for ref in draft.people]
    accounts = account_ids_by_user_ids(tx, {ref.slug for ref in refs})
    errors = Errors()
    for ref in refs:
        if ref.slug not in accounts:
            errors.add(ref.place, f"there is no account with the user id '{ref.slug}'")
    if errors.found:
        raise bundle_errors(errors)
    return accounts


def _upload_of(asset: Asset) -> NewUpload:
    return NewUpload(
        id=asset.upload_id,
        account_id=None,
        name=asset.name,
        mime_type=asset.mime_type,
        bytes=asset.bytes,
        digest=asset.digest,
    )


class _Publishing:
    """One bundle on its way into one transaction, in the order in which objects pin each other."""

    def __init__(self, tx: Tx, bundle: Bundle, people: Mapping[str, AccountId]) -> None:
        self._tx = tx
        self._bundle = bundle
        self._people = people
        self._seatings = {seating.entry_id: seating for seating in bundle.seatings}
        self._versions: dict[str, int] = {}
        self._written = 0

    def run(self) -> Published:
        bundle = self._bundle
        for asset in bundle.assets:
            record(self._tx, _upload_of(asset))
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
        for item in bundle.prices:
            self._put("price", item.id, item.model, item)
        cohorts = {draft.id: self._cohort(draft) for draft in bundle.cohorts}
        for entry in bundle.entries:
            self._entry(entry, cohorts)
        before = self._pack_before()
        for item in bundle.evals:
            self._put("eval", item.id, item.name, item)
        for item in bundle.recordings:
            version, written = put_recording(self._tx, pinned_recording(item, self._versions))
            self._versions[item.id] = version
            self._written += written
        pack = Pack(
            name=bundle.name,
            home_ids=tuple(entry.id for entry in bundle.entries if entry.kind == "home"),
            practice_ids=tuple(entry.id for entry in bundle.entries if entry.kind == "practice"),
            eval_ids=tuple(item.id for item in bundle.evals),
            benchmarks=tuple(self._benchmark(draft, before) for draft in bundle.benchmarks),
        )
        self._retire(before, pack)
        return Published(
            pack=bundle.pack,
            written=self._written,
            unchanged=len(self._versions) - self._written,
            home_ids=pack.home_ids,
            practice_ids=pack.practice_ids,
        )

    def _pack_before(self) -> Pack:
        stored = store.current(self._tx, "pack", named_id(self._bundle.pack, "pack"))
        return stored.read(Pack) if stored else Pack(name=self._bundle.name)

    def _benchmark(self, draft: BenchmarkDraft, before: Pack) -> Reference:
        """Publish a benchmark; the version that its bundle stands for."""
        profile_ids = tuple(dict.fromkeys(self._people[ref.slug] for ref in draft.people))
        wanted = pinned_benchmark(replace(draft.benchmark, profile_ids=profile_ids), self._versions)
        benchmark = merged(self._tx, wanted, before, self._versions)
        version, written = put_benchmark(self._tx, benchmark)
        self._versions[benchmark.id] = version
        self._written += written
        last = next((each for each in before.benchmarks if each.id == benchmark.id), None)
        return last if last is not None and benchmark != wanted else Reference(id=benchmark.id, version=version)

    def _retire(self, before: Pack, pack: Pack) -> None:
        """What an earlier import of the pack brought and this one does not is inactive; it stays readable."""
        self._deactivate("home", Entry, set(before.home_ids) - set(pack.home_ids))
        self._deactivate("practice", Entry, set(before.practice_ids) - set(pack.practice_ids))
        self._deactivate("eval", Eval, set(before.eval_ids) - set(pack.eval_ids))
        gone = {each.id for each in before.benchmarks} - {each.id for each in pack.benchmarks}
        self._deactivate("benchmark", Benchmark, gone)
        pack_id = named_id(self._bundle.pack, "pack")
        store.put(
            self._tx,
            store.NewContent(id=pack_id, kind="pack", name=pack.name, body=store.body_of(pack)),
        )

    def _deactivate(self, kind: Kind, type_: type[Entry] | type[Eval] | type[Benchmark], ids: Iterable[str]) -> None:
        for content_id in sorted(ids):
            last = store.current(self._tx, kind, content_id)
            if last is not None:
                retired = replace(last.read(type_), active=False)
                self._put(kind, retired.id, retired.name, retired)

    def _put(self, kind: Kind, content_id: str, name: str, value: object) -> None:
        active = value.active if isinstance(value, Entry | Eval | Benchmark) else True
        new = store.NewContent(id=content_id, kind=kind, name=name, body=store.body_of(value), active=active)
        version, written = store.put(self._tx, new)
        self._versions[content_id] = version
        self._written += written

    def _pinned(self, castings: tuple[Casting, ...]) -> tuple[Casting, ...]:
        return tuple(replace(casting, dialogue_version=self._versions[casting.dialogue_id]) for casting in castings)

    def _cohort(self, draft: CohortDraft) -> Cohort:
        learners, instructors = self._accounts(draft.learners), self._accounts(draft.instructors)
        made = Cohort(
            id=draft.id,
            name=draft.name,
            description=draft.description,
            simulation_ids=draft.simulation_ids,
            profile_ids=learners or (),
            instructor_ids=instructors or (),
            profile_personas=tuple(
                ProfilePersona(profile_id=self._people[user_id], persona_id=persona_id)
                for user_id, persona_id in draft.persona_ids
            ),
        )
        self._put("cohort", made.id, made.name, made)
        set_cohort_people(self._tx, made.id, made.name, learners, instructors)
        return made

    def _accounts(self, refs: Sequence[Ref] | None) -> tuple[AccountId, ...] | None:
        return None if refs is None else tuple(self._people[ref.slug] for ref in refs)

    def _entry(self, entry: Entry, cohorts: Mapping[str, Cohort]) -> None:
        among = [cohorts[cohort_id] for cohort_id in entry.cohort_ids]
        seating = self._seatings.get(entry.id, Seating(entry_id=entry.id))
        plays = {pair.profile_id: pair for made in among for pair in made.profile_personas}
        for ref, persona_id in seating.persona_ids:
            account_id = self._people[ref.slug]
            plays[account_id] = ProfilePersona(profile_id=account_id, persona_id=persona_id)
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
        learners = dict.fromkeys(self._people[ref.slug] for ref in seating.learners)
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
