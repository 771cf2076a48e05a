"""The sample benchmark, replayed without a server: what its offline candidates say to the recorded people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from parlour.catalog.benchmarks import Benchmark, Candidate, Recording
from parlour.catalog.bundles import load_bundle
from parlour.providers.models.scripted.candidate import Turn, play_candidate
from parlour.providers.models.scripted.grader import Line, Temper, grade_transcript
from parlour.turns.ports import Request, Said, ToolSpec

BUNDLE = load_bundle(Path(__file__).parents[2] / "content" / "teaching-practice")
DIALOGUES = {named.id: named.dialogue for named in BUNDLE.dialogues}
RECORDINGS = {recording.id: recording for recording in BUNDLE.recordings}
RUBRIC = BUNDLE.rubrics[0]
POINTS = {standard.id: standard.points for group in RUBRIC.groups for standard in group.standards}


def benchmark(name: str) -> Benchmark:
    """A benchmark of the sample pack."""
    return next(draft.benchmark for draft in BUNDLE.benchmarks if draft.benchmark.name.startswith(name))


CHECK = benchmark("Supportive")
TOOLS = benchmark("Front desk")
STEADY, CURT, NOISY = CHECK.candidates


def recordings(of: Benchmark) -> list[Recording]:
    """The recordings of a benchmark, in its order."""
    return [RECORDINGS[reference.id] for reference in of.recordings]


def asked(candidate: Candidate, said: Sequence[Said], metadata: dict[str, str] | None = None) -> Request:
    """A request for a candidate's next words, as a replay makes it."""
    tools = [ToolSpec(name=each.name, description="", parameters=each.parameters) for each in candidate.tools]
    return Request(
        model=candidate.model, task="candidate", messages=said, tools=tools, metadata=metadata if metadata else {}
    )


def turns(candidate: Candidate, recording: Recording, seed: int, repetition: int = 1) -> Iterator[tuple[str, Turn]]:
    """What is heard before each turn ("" if nothing), and the turn: the candidate hears its own answers only."""
    dialogue = DIALOGUES[candidate.dialogue.id] if candidate.dialogue else None
    metadata = {"seed": str(seed), "replay": f"{candidate.id}/{recording.id}/{repetition}"}
    said: list[Said] = []
    heard: list[str] = []
    for message in recording.messages:
        if message.role == "user":
            heard.append(message.content)
            said.append(Said(role="user", content=message.content))
        elif message.role == "assistant":
            turn = play_candidate(asked(candidate, said, metadata), dialogue)
            said.append(Said(role="assistant", content=turn.text, tool_calls=turn.calls))
            said += [Said(role="tool", content="{}", tool_call_id=call.call_id) for call in turn.calls]
            yield "\n\n".join(heard), turn
            heard = []


def transcript(candidate: Candidate, recording: Recording, seed: int, repetition: int = 1) -> list[Line]:
    """A replay as a judge reads it."""
    lines: list[Line] = []
    for heard, turn in turns(candidate, recording, seed, repetition):
        lines += [Line(message_id=f"p{len(lines)}", speaker="persona", text=heard)] if heard else []
        lines.append(Line(message_id=f"l{len(lines)}", speaker="learner", text=turn.text))
    return lines


def recorded(recording: Recording) -> list[Line]:
    """The recorded conversation itself as a judge reads it."""
    return [
        Line(
            message_id=message.id, speaker="learner" if message.role == "assistant" else "persona", text=message.content
        )
        for message in recording.messages
        if message.role in ("user", "assistant")
    ]


def levels(lines: Sequence[Line], temper: Temper = "usual") -> list[int]:
    """The points for each criterion."""
    return [POINTS[item.standard] for item in grade_transcript(RUBRIC, lines, None, temper).feedbacks]


def share(lines: Sequence[Line], temper: Temper = "usual") -> float:
    """The points as a share of all."""
    return sum(levels(lines, temper)) / RUBRIC.total_points
