"""Verbs on benchmarks: make one, change it, add recordings to it and take them away. Each makes a new version.

A benchmark is changed by who may run it and authors content; nobody gives it to a department that is not his own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.benchmarks.access import benchmark_to_run
from parlour.catalog import actions as catalog
from parlour.catalog.benchmark_rules import (
    Bounds,
    benchmark_faults,
    candidate_faults,
    check_faults,
    live_fault,
    message_faults,
    recording_faults,
)
from parlour.catalog.benchmarks import Benchmark, Candidate, Recording
from parlour.catalog.entities import Reference
from parlour.catalog.publishing_benchmarks import put_benchmark, put_recording
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Fault, Refusal, forbidden, not_found
from parlour.storage.tx import Tx

FAULTS_MAX = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """What adding a recording came to. `names_replaced` counts every place where a name or number was replaced."""

    benchmark_id: str
    benchmark_version: int
    recording_id: str
    version: int
    names_replaced: int


def locked(tx: Tx, benchmark_id: str, expected_version: int | None) -> Benchmark:
    """A benchmark that nobody else changes before this transaction ends. `not_found`, `version_mismatch`."""
    catalog.lock(tx, benchmark_id)
    found = catalog.benchmark(tx, benchmark_id)
    if found is None:
        raise not_found("Benchmark")
    if expected_version is not None and expected_version != found.version:
        raise Refusal(
            "version_mismatch",
            f"The benchmark has changed: it is at version {found.version}, not at {expected_version}.",
        )
    return found


def benchmark_to_edit(tx: Tx, actor: Actor, benchmark_id: str) -> Benchmark:
    """A benchmark that the actor may run and, as somebody who authors, change; raises `not_found` or `forbidden`."""
    found = benchmark_to_run(tx, actor, benchmark_id)
    if not may_edit(actor):
        raise forbidden()
    return found


def may_edit(actor: Actor) -> bool:
    """Whether an actor authors content (Glow 1.1): teaching staff and above."""
    return actor.rank >= RANKS["instructional"]


def create(tx: Tx, actor: Actor, benchmark: Benchmark, bounds: Bounds) -> Benchmark:
    """Publish a new benchmark. `forbidden` unless the actor authors and could run it; `not_found` for its eval."""
    if not may_edit(actor):
        raise forbidden()
    if catalog.eval_of(tx, benchmark.eval_id) is None:
        raise not_found("Eval")
    return _save(tx, actor, benchmark, bounds)


def change(tx: Tx, actor: Actor, benchmark: Benchmark, bounds: Bounds) -> Benchmark:
    """Publish what a locked benchmark is to be now; nothing changed makes no new version.

    `forbidden` for who would not have the right to run it any more: nobody locks himself out.
    """
    return _save(tx, actor, benchmark, bounds)


def add_recording(tx: Tx, actor: Actor, benchmark: Benchmark, recording: Recording, bounds: Bounds) -> Added:
    """Store a recording and put it at the end of a locked benchmark. `recording_exists` for a chat that is in it."""
    if recording.source_chat_id is not None:
        others = (catalog.recording_version(tx, each.id, each.version) for each in benchmark.recordings)
        if any(other and (other.source_chat_id, other.part) == _origin(recording) for other in others):
            raise Refusal("recording_exists", "This chat is in the benchmark already.")
    _refuse([*recording_faults(recording, bounds), *(fault for _, fault in message_faults(recording.messages))])
    _refuse(fault for check in recording.checks for fault in check_faults(check))
    version, _ = put_recording(tx, recording)
    listed = (*benchmark.recordings, Reference(id=recording.id, version=version))
    changed = _save(tx, actor, replace(benchmark, recordings=listed), bounds)
    return Added(
        benchmark_id=changed.id,
        benchmark_version=changed.version,
        recording_id=recording.id,
        version=version,
        names_replaced=recording.names_replaced,
    )


def remove_recording(tx: Tx, actor: Actor, benchmark: Benchmark, recording_id: str, bounds: Bounds) -> Benchmark:
    """Take a recording out of a locked benchmark; tests that have begun keep it. `not_found`."""
    left = tuple(each for each in benchmark.recordings if each.id != recording_id)
    if len(left) == len(benchmark.recordings):
        raise not_found("Recording")
    return _save(tx, actor, replace(benchmark, recordings=left), bounds)


def may_read_recording(tx: Tx, actor: Actor, recording_id: str) -> bool:
    """Whether a recording is in a benchmark (also one that is not active) that the actor may run."""
    return any(
        catalog.may_run(actor, benchmark) and any(each.id == recording_id for each in benchmark.recordings)
        for benchmark in catalog.benchmarks_naming(tx, recording_id)
    )


def _origin(recording: Recording) -> tuple[str | None, str]:
    return recording.source_chat_id, recording.part


def _save(tx: Tx, actor: Actor, benchmark: Benchmark, bounds: Bounds) -> Benchmark:
    stored = catalog.benchmark(tx, benchmark.id)
    fresh = set(benchmark.department_ids) - set(stored.department_ids if stored else ())
    if not catalog.may_run(actor, benchmark) or (actor.role != "superadmin" and fresh - actor.department_ids):
        raise forbidden()
    _refuse(_faults(tx, benchmark, bounds))
    version, _ = put_benchmark(tx, benchmark)
    return replace(benchmark, version=version)


def _faults(tx: Tx, benchmark: Benchmark, bounds: Bounds) -> Iterable[str]:
    yield from benchmark_faults(benchmark, bounds)
    for check in benchmark.checks:
        yield from check_faults(check)
    for candidate in benchmark.candidates:
        yield from (f"candidate '{candidate.title[:80]}': {fault}" for fault in candidate_faults(candidate))
        yield from _missing(tx, candidate)
    departments = {department.department_id for department in accounts.list_departments(tx)}
    for each in benchmark.department_ids:
        if each not in departments:
            yield f"there is no department {each[:80]}"
    for each in benchmark.profile_ids:
        if accounts.account_by_id(tx, each) is None:
            yield f"there is no account {each[:80]}"
    if len({each.id for each in benchmark.recordings}) < len(benchmark.recordings):
        yield "a recording is listed twice"
    for each in benchmark.recordings:
        recording = catalog.recording_version(tx, each.id, each.version)
        if recording is None:
            yield f"there is no recording {each.id[:80]}"
        elif benchmark.replay_mode == "live" and (fault := live_fault(recording)):
            yield fault


def _missing(tx: Tx, candidate: Candidate) -> Iterable[str]:
    rubric, dialogue = candidate.rubric, candidate.dialogue
    if rubric is not None and catalog.rubric_version(tx, rubric.id, rubric.version) is None:
        yield f"candidate '{candidate.title[:80]}': there is no rubric {rubric.id[:80]}"
    if dialogue is not None and catalog.dialogue_version(tx, dialogue.id, dialogue.version) is None:
        yield f"candidate '{candidate.title[:80]}': there is no dialogue {dialogue.id[:80]}"


def _refuse(faults: Iterable[str]) -> None:
    found: Sequence[str] = list(faults)
    if found:
        named = tuple(Fault("", fault) for fault in found[:FAULTS_MAX])
        raise Refusal("invalid_request", f"Invalid request: {'; '.join(found[:FAULTS_MAX])}.", faults=named)
