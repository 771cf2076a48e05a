"""Publishing what tests of models are made of: recordings and benchmarks, of a bundle or made in the house.

A benchmark of a bundle may be edited in the house. Then what its author did not touch since stays as it was edited,
and what he did touch is his again; recordings that were added in the house stay in either case.
"""

from collections.abc import Mapping
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.catalog import store
from parlour.catalog.benchmarks import Benchmark, Candidate, Recording
from parlour.catalog.entities import Pack, Reference
from parlour.storage.tx import Tx

Versions = Mapping[str, int]
ERASED_TITLE = "Erased recording"


def put_recording(tx: Tx, recording: Recording, pack: str | None = None, slug: str | None = None) -> tuple[int, bool]:
    """Publish a recording whose pins are set: (its version, whether that is a new one).

    One that was erased stays so. `pack` and `slug`: what a bundle calls it.
    """
    stored = store.current(tx, "recording", recording.id)
    if stored is not None and stored.read(Recording).erased_at is not None:
        return stored.version, False
    body = store.body_of(replace(recording, version=0))
    new = store.NewContent(id=recording.id, kind="recording", name=recording.title, body=body, pack=pack, slug=slug)
    return store.put(tx, new)


def put_benchmark(tx: Tx, benchmark: Benchmark, pack: str | None = None, slug: str | None = None) -> tuple[int, bool]:
    """The same for a benchmark. Who lost or won the right to run it is told (`RightsChanged`). Erased recordings
    are left out."""
    benchmark = replace(benchmark, recordings=tuple(each for each in benchmark.recordings if not _is_erased(tx, each)))
    stored = store.current(tx, "benchmark", benchmark.id)
    if stored is not None:
        _tell_rights(tx, stored.read(Benchmark), benchmark)
    new = store.NewContent(
        id=benchmark.id,
        kind="benchmark",
        name=benchmark.name,
        body=store.body_of(replace(benchmark, version=0)),
        active=benchmark.active,
        pack=pack,
        slug=slug,
    )
    return store.put(tx, new)


def pinned_recording(recording: Recording, versions: Versions) -> Recording:
    """A recording with the versions of its scenario and rubric."""
    grade = recording.grade
    return replace(
        recording,
        scenario=_pin(recording.scenario, versions),
        grade=replace(grade, rubric=_pinned(grade.rubric, versions)) if grade else None,
    )


def pinned_benchmark(benchmark: Benchmark, versions: Versions) -> Benchmark:
    """A benchmark with the versions of its recordings, rubrics and dialogues, as far as they are given."""
    return replace(
        benchmark,
        recordings=tuple(_pinned(each, versions) for each in benchmark.recordings),
        candidates=tuple(
            replace(each, rubric=_pin(each.rubric, versions), dialogue=_pin(each.dialogue, versions))
            for each in benchmark.candidates
        ),
    )


def merged(tx: Tx, wanted: Benchmark, pack: Pack, versions: Versions) -> Benchmark:
    """What a benchmark of a bundle becomes: as its bundle says, with what was changed in the house since."""
    stored = store.current(tx, "benchmark", wanted.id)
    last = next((each for each in pack.benchmarks if each.id == wanted.id), None)
    published = store.version(tx, "benchmark", wanted.id, last.version) if last else None
    if stored is None or published is None or stored.version == published.version:
        return wanted
    edited, before = stored.read(Benchmark), published.read(Benchmark)
    if _bare(before) == _bare(wanted):
        return pinned_benchmark(edited, versions)
    known = {each.id for each in (*before.recordings, *wanted.recordings)}
    added = tuple(each for each in edited.recordings if each.id not in known)
    return replace(wanted, recordings=(*wanted.recordings, *added))


def erase_recording(tx: Tx, recording: Recording) -> list[str]:
    """Take the words of a recording out of all its versions, for good, and it out of every benchmark; of which ones.

    What statistics need stays: how many messages it had of which roles, its scenario, and its grade in points.
    """
    store.lock(tx, recording.id)
    bare = replace(
        recording,
        version=0,
        title=ERASED_TITLE,
        group_id=None,
        source_chat_id=None,
        messages=tuple(replace(each, content="", tool_calls=()) for each in recording.messages),
        checks=(),
        consent=None,
        erased_at=tx.now_ms,
    )
    store.rewrite(tx, store.NewContent(id=recording.id, kind="recording", name=ERASED_TITLE, body=store.body_of(bare)))
    changed: list[str] = []
    for benchmark_id in sorted({each.id for each in store.naming(tx, ("benchmark",), recording.id)}):
        store.lock(tx, benchmark_id)
        stored = store.current(tx, "benchmark", benchmark_id)
        benchmark = stored.read(Benchmark) if stored else None
        if benchmark is not None and any(each.id == recording.id for each in benchmark.recordings):
            put_benchmark(tx, benchmark)
            changed.append(benchmark_id)
    return changed


def _is_erased(tx: Tx, pin: Reference) -> bool:
    stored = store.version(tx, "recording", pin.id, pin.version)
    return stored is not None and stored.read(Recording).erased_at is not None


def _tell_rights(tx: Tx, before: Benchmark, after: Benchmark) -> None:
    changed: set[str] = set(before.profile_ids) ^ set(after.profile_ids)
    for department_id in set(before.department_ids) ^ set(after.department_ids):
        changed |= accounts.accounts_of_department(tx, department_id)
    accounts.rights_changed(tx, changed)


def _pinned(which: Reference, versions: Versions) -> Reference:
    return replace(which, version=versions.get(which.id, which.version))


def _pin(which: Reference | None, versions: Versions) -> Reference | None:
    return _pinned(which, versions) if which else None


def _bare(benchmark: Benchmark) -> Benchmark:
    """Without pins: what its author wrote."""
    return replace(
        benchmark,
        version=0,
        recordings=tuple(replace(each, version=0) for each in benchmark.recordings),
        candidates=tuple(_unpinned(each) for each in benchmark.candidates),
    )


def _unpinned(candidate: Candidate) -> Candidate:
    rubric, dialogue = candidate.rubric, candidate.dialogue
    return replace(
        candidate,
        rubric=replace(rubric, version=0) if rubric else None,
        dialogue=replace(dialogue, version=0) if dialogue else None,
    )
