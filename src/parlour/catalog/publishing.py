"""Publishing a bundle: new versions of what changed, cohorts, seats; all or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from parlour.accounts.actions import account_ids_by_user_ids, set_cohort_people
from parlour.catalog import store
from parlour.catalog.benchmarks import Benchmark, Eval, Recording
from parlour.catalog.bundles import bundle_errors
from parlour.catalog.entities import (
    Casting,
    Cohort,
    Entry,
    Kind,
    Pack,
    ProfilePersona,
    Reference,
    Rubric,
    Seat,
)
from parlour.catalog.publishing_benchmarks import (
    merged,
    pinned_benchmark,
    pinned_recording,
    put_benchmark,
    put_recording,
)
from parlour.catalog.rubric_rules import rubric_faults
from parlour.catalog.sameness import renamed_groups, same, same_but_pins, with_chats_of, with_origin_of
from parlour.catalog.sources import Asset, BenchmarkDraft, Bundle, CohortDraft, Seating
from parlour.catalog.yaml_reader import Errors, Place, Ref
from parlour.files.actions import keep, record, upload
from parlour.files.authored.actions import name as name_files
from parlour.files.authored.actions import named_in
from parlour.files.authored.entities import MediaUser
from parlour.files.entities import NewUpload
from parlour.files.ports import BlobStore
from parlour.kernel.dataclass import dataclass
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
    errors = Errors()
    refs = [ref for draft in bundle.cohorts for ref in (*(draft.learners or ()), *(draft.instructors or ()))]
    refs += [ref for seating in bundle.seatings for ref in seating.learners or ()]
    refs += [ref for seating in bundle.seatings for ref, _ in seating.persona_ids]
    refs += [ref for draft in bundle.benchmarks for ref in draft.people or ()]
    accounts = account_ids_by_user_ids(tx, {ref.slug for ref in refs})
    for ref in refs:
        if ref.slug not in accounts:
            errors.add(ref.place, f"there is no account with the user id '{ref.slug}'")
    for name in bundle.names:
        row = store.current_row(tx, name.id) if name.place is not None else None
        if row is not None and row.kind != name.kind and name.place is not None:
            errors.add(name.place, f"'{name.slug}': something else has the id '{name.id}' here")
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
        self._names = {name.id: name for name in bundle.names}
        self._before = self._pack_before()
        self._brought = {each.id: each.version for each in self._before.brought}
        self._left: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._groups: dict[str, str] = {}
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
            self._rubric(item)
        self._kept_as_they_are()
        for item in bundle.simulations:
            self._put("simulation", item.id, item.name, item)
        cohorts = {draft.id: self._cohort(draft) for draft in bundle.cohorts}
        for entry in bundle.entries:
            self._entry(entry, cohorts)
        before = self._before
        for item in bundle.evals:
            self._put("eval", item.id, item.name, item)
        for item in bundle.recordings:
            self._recording(item)
        pack = Pack(
            name=bundle.name,
            description=bundle.description,
            home_ids=tuple(entry.id for entry in bundle.entries if entry.kind == "home"),
            practice_ids=tuple(entry.id for entry in bundle.entries if entry.kind == "practice"),
            eval_ids=tuple(item.id for item in bundle.evals),
            benchmarks=tuple(self._benchmark(draft, before) for draft in bundle.benchmarks),
            brought=tuple(Reference(id=each, version=self._left[each]) for each in sorted(self._left)),
        )
        self._retire(before, pack)
        return Published(
            pack=bundle.pack,
            written=self._written,
            unchanged=len(self._versions) - self._written,
            home_ids=pack.home_ids,
            practice_ids=pack.practice_ids,
        )

    def _kept_as_they_are(self) -> None:
        for item in self._bundle.anchors:
            self._put("anchors", item.id, self._names[item.rubric_id].slug, item)
        for item in self._bundle.records:
            self._put("record", item.id, item.name, item)
        for item in self._bundle.prices:
            self._put("price", item.id, item.model, item)

    def _pack_before(self) -> Pack:
        stored = store.current(self._tx, "pack", named_id(self._bundle.pack, "pack"))
        return stored.read(Pack) if stored else Pack(name=self._bundle.name)

    def _benchmark(self, draft: BenchmarkDraft, before: Pack) -> Reference:
        """Publish a benchmark; the version that its bundle stands for."""
        named = self._accounts(draft.people)
        stored = store.current(self._tx, "benchmark", draft.benchmark.id) if named is None else None
        profile_ids = stored.read(Benchmark).profile_ids if stored else tuple(dict.fromkeys(named or ()))
        wanted = pinned_benchmark(replace(draft.benchmark, profile_ids=profile_ids), self._versions)
        benchmark = merged(self._tx, wanted, before, self._versions)
        version, written = put_benchmark(self._tx, benchmark, self._bundle.pack, self._names[benchmark.id].slug)
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

    def _put(self, kind: Kind, content_id: str, name: str, value: object) -> bool:
        """Publish an object. One that says what is stored, whatever its parts are called, stays as it is; so does one
        that was edited in the house, if its bundle says what it said before: then the answer is False."""
        body, last = store.body_of(value), store.current(self._tx, kind, content_id)
        edited = last is not None and kind != "price" and self._is_edited(kind, last, body)  # prices: by packs only
        if last is not None and (edited or same(last.body, body, self._digest)):
            body = last.body
        name_here = self._names.get(content_id)
        new = store.NewContent(
            id=content_id,
            kind=kind,
            name=name,
            body=body,
            active=value.active if isinstance(value, Entry | Eval | Benchmark) else True,
            pack=self._bundle.pack if name_here else None,
            slug=name_here.slug if name_here else None,
            search=str(getattr(value, "description", "")),
        )
        version, written = store.put(self._tx, new)
        name_files(self._tx, MediaUser(kind="content", id=content_id), named_in(body))
        self._versions[content_id] = version
        if name_here:
            self._left[content_id] = self._brought[content_id] if edited else version
        self._written += written
        return not edited

    def _is_edited(self, kind: Kind, last: store.Stored, body: str) -> bool:
        known = self._brought.get(last.id, last.version)
        earlier = store.version(self._tx, kind, last.id, known) if known != last.version else None
        return earlier is not None and same_but_pins(earlier.body, body, self._digest)

    def _digest(self, upload_id: str) -> str | None:
        found = upload(self._tx, upload_id)
        return found.digest if found else None

    def _rubric(self, item: Rubric) -> None:
        is_mine = self._put("rubric", item.id, item.name, item)
        stored = store.version(self._tx, "rubric", item.id, self._left.get(item.id, self._versions[item.id]))
        if stored is not None and (is_mine or len(stored.read(Rubric).groups) == len(item.groups)):
            self._groups.update(renamed_groups(stored.read(Rubric), item))

    def _recording(self, item: Recording) -> None:
        stored = store.current(self._tx, "recording", item.id)
        if item.grade is not None:
            totals = {self._groups.get(group, group): points for group, points in item.grade.totals.items()}
            item = replace(item, grade=replace(item.grade, totals=totals))
        item = pinned_recording(item, {**self._versions, **self._left})
        if stored is not None:
            last = stored.read(Recording)
            item = with_origin_of(last, item)
            if same(stored.body, store.body_of(item), self._digest):
                item = last
        version, written = put_recording(self._tx, item, self._bundle.pack, self._names[item.id].slug)
        self._versions[item.id] = version
        self._written += written

    def _pinned(self, castings: tuple[Casting, ...]) -> tuple[Casting, ...]:
        return tuple(replace(casting, dialogue_version=self._versions[casting.dialogue_id]) for casting in castings)

    def _cohort(self, draft: CohortDraft) -> Cohort:
        learners, instructors = self._accounts(draft.learners), self._accounts(draft.instructors)
        stored = store.current(self._tx, "cohort", draft.id)
        last = stored.read(Cohort) if stored else Cohort(id=draft.id, name=draft.name)
        plays = tuple(
            ProfilePersona(profile_id=self._people[user_id], persona_id=persona_id)
            for user_id, persona_id in draft.persona_ids
        )
        made = Cohort(
            id=draft.id,
            name=draft.name,
            description=draft.description,
            simulation_ids=draft.simulation_ids,
            profile_ids=last.profile_ids if learners is None else learners,
            instructor_ids=last.instructor_ids if instructors is None else instructors,
            profile_personas=last.profile_personas if learners is None else plays,
        )
        if not self._put("cohort", made.id, made.name, made):
            return last
        set_cohort_people(self._tx, made.id, made.name, learners, instructors)
        return made

    def _accounts(self, refs: Sequence[Ref] | None) -> tuple[AccountId, ...] | None:
        return None if refs is None else tuple(self._people[ref.slug] for ref in refs)

    def _entry(self, entry: Entry, cohorts: Mapping[str, Cohort]) -> None:
        among = [cohorts[cohort_id] for cohort_id in entry.cohort_ids]
        seating = self._seatings.get(entry.id, Seating(entry_id=entry.id))
        stored = store.current(self._tx, entry.kind, entry.id)
        last = stored.read(Entry) if stored else None
        plays = {pair.profile_id: pair for pair in last.profile_personas} if last and seating.learners is None else {}
        plays |= {pair.profile_id: pair for made in among for pair in made.profile_personas}
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
        is_mine = self._put(entry.kind, entry.id, entry.name, with_chats_of(last, pinned) if last else pinned)
        if is_mine and seating.learners is not None:
            self._seat(entry, seating.learners, {pair.profile_id: pair.persona_id for pair in plays.values()})

    def _seat(self, entry: Entry, refs: Sequence[Ref], plays: Mapping[AccountId, str]) -> None:
        learners = dict.fromkeys(self._people[ref.slug] for ref in refs)
        seats = (Seat(entry_id=entry.id, account_id=each, persona_id=plays.get(each)) for each in learners)
        store.set_seats(self._tx, entry.id, seats)
