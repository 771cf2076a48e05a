"""What is written down of evaluations, recordings and benchmarks: the members of `catalog.benchmark_sources`."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import cast

import msgspec

from parlour.catalog import benchmark_sources as said
from parlour.catalog.benchmark_wording import opening
from parlour.catalog.benchmarks import (
    Benchmark,
    Candidate,
    Check,
    Eval,
    RecordedCall,
    RecordedGrade,
    RecordedMessage,
    Recording,
)
from parlour.catalog.entities import Persona, Rubric, Scenario
from parlour.catalog.shelf import Item
from parlour.kernel.clock import rfc3339
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.ids import named_id
from parlour.library.bundles.calling import distinct, slug_of
from parlour.library.bundles.written import Raw, View, Written, members

_CANDIDATE = (
    "model", "prompt", "instructions", "temperature", "reasoning", "quality", "voice", "modalities",
    "output_tokens_max", "use_custom",
)  # fmt: skip
_BENCHMARK = (
    "name", "description", "department_ids", "active", "replay_mode", "auto_advance", "use_groups", "dynamic",
    "repeats", "judges", "prefer", "smallest_worthwhile", "live",
)  # fmt: skip


def write_eval(item: Item, view: View, content: Eval) -> Written:
    """An evaluation; its models and rubrics follow from its benchmarks."""
    names = ("name", "description", "department_ids", "active")
    return members(said.EvalSource, {"id": view.explicit(item), **{name: getattr(content, name) for name in names}})


def write_recording(item: Item, view: View, content: Recording) -> Written:
    """A recorded conversation. The system message that follows from its scenario is left out."""
    pinned = view.items.get(content.scenario.id) if content.scenario else None
    scenario = pinned.content if pinned and isinstance(pinned.content, Scenario) else None
    personas = [each for each in content.persona_ids if each in view.items]
    messages = list(content.messages)
    if scenario is not None and messages and messages[0].role == "system":
        people = [each.content for each in map(view.items.get, personas) if each and isinstance(each.content, Persona)]
        told = sum(each.role in ("system", "developer") for each in messages)
        if told == 1 and messages[0].content == opening(scenario, people, content.part):
            messages = messages[1:]
    usual = scenario is not None and tuple(personas) == scenario.persona_ids
    written = [_message(each, personas, view) for each in messages]
    given: dict[str, object] = {
        "id": view.explicit(item),
        **{name: getattr(content, name) for name in ("title", "part", "model", "seconds", "department_ids")},
        "scenario": view.slugs[pinned.id] if pinned else None,
        "personas": () if usual else view.slugs_of(personas),
        "messages": [each for each in written if each],
        "checks": _checks(content.checks),
        "grade": _grade(content.grade, view) if content.grade else None,
        "consent": _consent(content),
    }
    return members(said.RecordingSource, given)


def _message(message: RecordedMessage, personas: Sequence[str], view: View) -> Written:
    persona = view.slug(message.persona_id) if message.persona_id in personas else None
    return members(
        said.MessageSource,
        {
            message.role: message.content,
            "call": message.tool_call_id,
            "persona": persona,
            "tool_calls": [_call(each) for each in message.tool_calls],
        },
    )


def _call(call: RecordedCall) -> Written:
    try:
        arguments = decode_untyped(call.arguments)
    except msgspec.DecodeError:
        arguments = None
    kept: object = cast("object", arguments) if isinstance(arguments, dict) else {}
    given = {"id": call.call_id, "name": call.name, "arguments": Raw(kept)}
    return members(said.CallSource, given)


def _checks(checks: Sequence[Check]) -> list[Written]:
    raw = ("schema", "arguments")
    return [
        members(
            said.CheckSource,
            {
                each.name: Raw(getattr(check, each.name)) if each.name in raw else getattr(check, each.name)
                for each in fields(Check)
            },
        )
        for check in checks
    ]


def _grade(grade: RecordedGrade, view: View) -> Written | None:
    """A grade, if it is one of the rubric as it is now."""
    item = view.items.get(grade.rubric.id)
    if item is None or not isinstance(item.content, Rubric):
        return None
    keys = view.keys(item.content)
    levels = {group.id: {each.points for each in group.standards} for group in item.content.groups}
    if set(grade.totals) != set(keys) or any(grade.totals[each] not in levels[each] for each in keys):
        return None
    source = "model" if grade.source == "previous" else grade.source
    given = {
        "rubric": view.slugs[item.id],
        "source": source,
        "levels": {key: grade.totals[group_id] for group_id, key in keys.items()},
    }
    return members(said.RecordedGradeSource, given)


def _consent(content: Recording) -> Written | None:
    consent = content.consent
    if consent is None:
        return None
    given = {"statement": consent.statement, "at": rfc3339(consent.at) if consent.at else None}
    return members(said.ConsentSource, given)


def write_benchmark(item: Item, view: View, content: Benchmark) -> Written:
    """A benchmark without its people."""
    keys = _candidate_keys(content)
    explicit = view.explicit(item)
    scope = (explicit, "candidate") if explicit else (view.pack, "candidate", view.slugs[item.id])
    candidates = {
        keys[each.id]: _candidate(each, keys[each.id], scope, view)
        for each in sorted(content.candidates, key=lambda each: each.position)
    }
    given = {
        "id": explicit,
        **{name: getattr(content, name) for name in _BENCHMARK},
        "eval": view.slug(content.eval_id),
        "recordings": view.slugs_of([each.id for each in content.recordings]),
        "candidates": candidates,
        "checks": _checks(content.checks),
        "baseline": keys.get(content.baseline or ""),
    }
    return members(said.BenchmarkSource, given)


def _candidate_keys(content: Benchmark) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in sorted(content.candidates, key=lambda each: each.position):
        found[each.id] = distinct(slug_of(each.title, "candidate"), found.values())
    return found


def _candidate(candidate: Candidate, key: str, scope: tuple[str, ...], view: View) -> Written:
    tools = [
        members(
            said.ToolSource,
            {"name": each.name, "description": each.description, "parameters": Raw(each.parameters)},
        )
        for each in candidate.tools
    ]
    given = {
        "id": None if candidate.id == named_id(*scope, key) else candidate.id,
        "title": None if candidate.title == key else candidate.title,
        **{name: getattr(candidate, name) for name in _CANDIDATE},
        "tools": tools,
        "rubric": view.slug(candidate.rubric.id) if candidate.rubric else None,
        "dialogue": view.slug(candidate.dialogue.id) if candidate.dialogue else None,
    }
    return members(said.CandidateSource, given)
