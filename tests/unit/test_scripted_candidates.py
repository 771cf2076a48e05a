"""The offline candidates: their parts, their noise, their tools, and that their quality is what it is said to be."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from statistics import fmean

import pytest

from parlour.benchmarks.statistics.comparing import Pair, holm, paired_scores
from parlour.benchmarks.statistics.power import Plan, minimum_detectable_difference, spread_of
from parlour.benchmarks.statistics.verdicts import Word, verdict
from parlour.catalog.benchmarks import Candidate
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.phrases import found, plain, sentences
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.candidate import FILLERS, play_candidate, ruffled, seed_of
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.providers.models.scripted.moves import read
from parlour.turns.ports import Finished, Piece, Request, Said, Text, ToolCall, ToolSpec
from tests.unit.sample_benchmark import (
    BUNDLE,
    CHECK,
    CURT,
    DIALOGUES,
    NOISY,
    RUBRIC,
    STEADY,
    TOOLS,
    asked,
    levels,
    recordings,
    share,
    transcript,
    turns,
)

PART = next(named.dialogue for named in BUNDLE.dialogues if named.name == "candidate-steady")
DESK = next(named.dialogue for named in BUNDLE.dialogues if named.name == "candidate-desk")
HELLO = [Said(role="system", content="You talk with Maya."), Said(role="user", content="My function calls itself.")]
FIND = ToolSpec(name="find_booking", description="", parameters={"type": "object"})


async def pieces(request: Request) -> list[Piece]:
    return [piece async for piece in ScriptedModel().stream(request)]


def request(*said: Said, model: str = "scripted", part: Dialogue | None = PART, seed: str = "1") -> Request:
    return Request(
        model=model,
        task="candidate",
        messages=said,
        script={"dialogue": part} if part else None,
        metadata={"seed": seed, "replay": "c/r/1"},
    )


def lines_of(part: Dialogue) -> Iterator[str]:
    for state in part.states.values():
        for pool in (state.say, *(rule.say for rule in state.rules if rule.say)):
            for lines in pool.values():
                yield from lines


async def test_a_candidate_plays_its_part_in_words_and_the_same_again() -> None:
    first = await pieces(request(*HELLO))
    assert first == await pieces(request(*HELLO))
    assert first[-1] == Finished(reason="stop")
    text = "".join(piece.text for piece in first if isinstance(piece, Text))
    assert text in set(lines_of(PART))
    assert "Maya" in text


async def test_a_candidate_that_has_to_begin_begins() -> None:
    begun = [piece.text for piece in await pieces(request(HELLO[0])) if isinstance(piece, Text)]
    assert "".join(begun) in PART.states["arrives"].say["any"]


async def test_the_failures_that_model_names_choose_are_there_for_candidates_too() -> None:
    with pytest.raises(ProviderFault):
        await pieces(request(*HELLO, model="scripted-fail"))
    with pytest.raises(ProviderFault):
        await pieces(request(*HELLO, model="scripted-fail-midway"))
    echoed = [piece.text for piece in await pieces(request(*HELLO, model="scripted-echo")) if isinstance(piece, Text)]
    assert "".join(echoed) == HELLO[-1].content


async def test_a_candidate_without_a_part_says_so_and_varies() -> None:
    once = await pieces(request(*HELLO, part=None))
    twice = await pieces(request(*HELLO, Said(role="assistant", content="Hm."), HELLO[1], part=None))
    assert any("without a written part" in piece.text for piece in [Text(text="".join(map(_text, once)))])
    assert once != twice


def _text(piece: Piece) -> str:
    return piece.text if isinstance(piece, Text) else ""


async def test_nobody_waits_for_the_words_of_a_replay_unless_the_slow_model_is_asked() -> None:
    loop = asyncio.get_running_loop()
    paced = ScriptedModel(pieces_per_second=10)
    began = loop.time()
    said = [piece async for piece in paced.stream(request(*HELLO))]
    assert loop.time() - began < 0.1 * len(said) / 2
    began = loop.time()
    slow = paced.stream(request(*HELLO, model="scripted-slow"))
    assert [await anext(slow) for _ in range(4)]
    await slow.aclose()
    assert loop.time() - began >= 0.9 * 3 / 20


def test_repetitions_differ_and_the_same_seed_gives_the_same_test() -> None:
    for candidate in CHECK.candidates:
        one, again, other_seed = (
            [[turn.text for _, turn in turns(candidate, each, seed, 1)] for each in recordings(CHECK)]
            for seed in (1, 1, 2)
        )
        second = [[turn.text for _, turn in turns(candidate, each, 1, 2)] for each in recordings(CHECK)]
        assert one == again
        assert one != second
        assert one != other_seed
    assert seed_of({}) == ""


def test_words_said_in_a_row_are_answered_once() -> None:
    ben, jun = "Ten days, two chapters.", "I'm fine with everything."
    both = play_candidate(asked(STEADY, [Said(role="user", content=ben), Said(role="user", content=jun)]), PART)
    assert both == play_candidate(asked(STEADY, [Said(role="user", content=f"{ben}\n\n{jun}")]), PART)


def test_whoever_is_asked_on_without_new_words_goes_on_and_never_repeats_itself() -> None:
    for recording in (*recordings(CHECK), *recordings(TOOLS)):
        for seed in range(1, 6):
            said = [turn.text for _, turn in turns(STEADY, recording, seed)]
            assert len(set(said)) == len(said) == recording.turns


def test_noise_takes_nothing_away_and_adds_nothing_that_counts() -> None:
    """So whoever judges by moves and phrases finds the same: the noisy candidate is exactly as good on average."""
    phrases = [group.signals.good + group.signals.bad for group in RUBRIC.groups if group.signals]
    changed = 0
    for line in lines_of(PART):
        said = line.partition(" [[")[0]
        before = read(said)
        for key in range(40):
            noisy = ruffled(said, str(key))
            after = read(noisy)
            changed += noisy != said
            assert {move: sorted(each) for move, each in after.moves.items()} == {
                move: sorted(each) for move, each in before.moves.items()
            }
            for each in phrases:
                assert counted(each, noisy) == counted(each, said)
            assert noisy == ruffled(said, str(key))
    assert changed > 1_000
    assert not any(read(filler).moves or read(filler).question for filler in FILLERS)


def test_with_the_same_choice_of_lines_noise_changes_the_words_and_no_points() -> None:
    """A choice belongs to candidate, recording and repetition: so the two differ by chance, and by nothing else."""
    same_lines = replace(NOISY, id=STEADY.id)
    for recording in recordings(CHECK):
        for seed in range(1, 8):
            tidy, noisy = transcript(STEADY, recording, seed), transcript(same_lines, recording, seed)
            assert [line.text for line in tidy] != [line.text for line in noisy]
            assert levels(tidy) == levels(noisy)


def counted(phrases: tuple[str, ...], text: str) -> int:
    return sum(found(phrases, plain(part)) for part in sentences(text))


def test_a_line_calls_a_tool_and_goes_on_when_the_result_is_there() -> None:
    first, *_ = recordings(TOOLS)
    candidate = TOOLS.candidates[0]
    said = [Said(role="user", content=next(each.content for each in first.messages if each.role == "user"))]
    calling = play_candidate(asked(candidate, said), DESK)
    assert [(call.name, call.arguments) for call in calling.calls] == [("find_booking", '{"number": "20417"}')]
    assert calling.text
    said += [
        Said(role="assistant", content=calling.text, tool_calls=calling.calls),
        Said(role="tool", content="{}", tool_call_id=calling.calls[0].call_id),
    ]
    told = play_candidate(asked(candidate, said), DESK)
    assert told.text
    assert not told.calls
    assert told.text != calling.text


def test_a_tool_that_is_not_offered_is_not_called_and_no_marker_is_left() -> None:
    for line in (line for line in lines_of(DESK) if "[[" in line):
        part = Dialogue(
            start="s",
            moods=DESK.moods,
            moves={},
            states={"s": DESK.states["told"]},
            answers={"closed-question": {"any": (line,)}},
            fallback=("Yes.",),
            closing=("Bye.",),
            repair="-",
        )
        turn = play_candidate(request(Said(role="user", content="Is it there?"), part=part), part)
        assert not turn.calls
        assert "[[" not in turn.text
        assert turn.text.count("  ") == 0


async def test_a_call_is_a_piece_of_the_stream_and_ends_it() -> None:
    calling = Request(
        model="scripted",
        task="candidate",
        messages=[Said(role="user", content="My booking is 20417.")],
        tools=[FIND],
        script={"dialogue": DESK},
    )
    got = await pieces(calling)
    assert [piece.name for piece in got if isinstance(piece, ToolCall)] == ["find_booking"]
    assert got[-1] == Finished(reason="tool_calls")


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_the_sample_benchmark_comes_to_the_right_verdict_for_each_pair(seed: int) -> None:
    repetitions = range(1, CHECK.repeats + 1)
    scores = {
        (candidate.id, recording.id, repetition): share(transcript(candidate, recording, seed, repetition))
        for candidate in CHECK.candidates
        for recording in recordings(CHECK)
        for repetition in repetitions
    }

    def pairs(a: Candidate, b: Candidate) -> list[Pair]:
        return [
            Pair(
                case=recording.id,
                cluster=recording.cluster,
                a=scores[a.id, recording.id, repetition],
                b=scores[b.id, recording.id, repetition],
            )
            for recording in recordings(CHECK)
            for repetition in repetitions
        ]

    compared = {(a.title, b.title): pairs(a, b) for a, b in combinations(CHECK.candidates, 2)}
    differences = {names: paired_scores(each) for names, each in compared.items()}
    adjusted = dict(zip(differences, holm([each.p_value for each in differences.values()]), strict=True))
    words: dict[tuple[str, str], Word] = {}
    for names, difference in differences.items():
        plan = Plan(
            cases=difference.cases,
            clusters=difference.clusters,
            repeats=CHECK.repeats,
            spread=spread_of(compared[names]) or Plan(cases=1, clusters=1).spread,
            comparisons=len(compared),
        )
        detectable = minimum_detectable_difference(plan)
        words[names] = verdict(difference, adjusted[names], 0.05, CHECK.smallest_worthwhile, detectable)
    assert words == {
        (STEADY.title, CURT.title): "worse",
        (STEADY.title, NOISY.title): "no evidence",
        (CURT.title, NOISY.title): "better",
    }


def test_the_candidates_are_as_good_as_they_are_said_to_be() -> None:
    mean = {
        candidate.title: fmean(
            share(transcript(candidate, recording, seed)) for recording in recordings(CHECK) for seed in range(1, 61)
        )
        for candidate in CHECK.candidates
    }
    assert mean[STEADY.title] > RUBRIC.pass_points / RUBRIC.total_points
    assert mean[CURT.title] < 0.4
    assert abs(mean[STEADY.title] - mean[NOISY.title]) < 0.013  # 840 replays each: three standard errors
    assert all(candidate.dialogue and candidate.dialogue.id in DIALOGUES for candidate in CHECK.candidates)
