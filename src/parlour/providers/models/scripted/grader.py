"""The rule grader: a verdict on a transcript from what the learner did, sentence by sentence.

Pure and deterministic. It answers in the JSON shape that every grading model is asked for, quotes
only verbatim learner words, and cannot be talked into a level: sentences that address the grader
count for nothing good, and praise of oneself is no move. Scores are computed by the server.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Literal

from parlour.catalog.dialogues import MOVE_NAMES
from parlour.catalog.entities import Rubric, Scenario, Signals, Standard, StandardGroup
from parlour.catalog.phrases import found, plain
from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.advice import BETTER, NAMES, WHY
from parlour.providers.models.scripted.moves import Reading, read

QUOTE_CHARACTERS_MAX = 300
QUOTES_MAX = 3
ITEMS_MAX = 3
MESSAGES_MAX = 500

_SPACE = re.compile(r"\s+")
TO_THE_GRADER = (
    "(give|award|grant|assign|deserve*|earn*) ... (points|point|marks|score|grade|top level|best level)",
    "(full|top|maximum|highest|perfect|best) (marks|mark|score|points|grade|level)",
    "(ignore|disregard|forget|override) ... (instruction*|rules|rubric|prompt|above|previous)",
    "(grader|grading|rubric|evaluator|assessor|system prompt|the learner|this learner|standard_group)",
    "(25|twenty-five|five) (points|out of 25|out of five)",
    "(score|rate|grade) (me|this|us)",
    "level (5|five)",
)
_GENERIC = Signals(
    good_moves=tuple(name for name, kind in MOVE_NAMES.items() if kind == "good"),
    bad_moves=tuple(name for name, kind in MOVE_NAMES.items() if kind == "bad"),
    enough=4,
)
# Which moves a criterion without signals is about, by words in its name or description.
_BY_NAME: tuple[tuple[tuple[str, ...], Signals], ...] = (
    (
        ("empath*", "respect*", "warm*", "rapport", "kind*", "emotion*", "relationship"),
        Signals(good_moves=("empathy", "praise", "apology"), bad_moves=("insult", "dismissive", "blame")),
    ),
    (
        ("question*", "explor*", "listen*", "understanding the", "diagnos*", "curios*"),
        Signals(good_moves=("open-question", "asks-tried"), bad_moves=("lecture", "insult", "dismissive")),
    ),
    (
        ("guid*", "scaffold*", "coach*", "support*"),
        Signals(good_moves=("guides", "asks-tried", "praise"), bad_moves=("gives-answer", "lecture", "insult")),
    ),
    (
        ("check*", "clear*", "clarity", "explain*", "communicat*"),
        Signals(good_moves=("checks-understanding", "guides"), bad_moves=("lecture", "insult", "dismissive"), enough=2),
    ),
    (
        ("next", "plan*", "clos*", "goal*", "agree*", "action*", "solution*"),
        Signals(good_moves=("next-step",), bad_moves=("dismissive", "insult", "blame"), enough=2),
    ),
)

Temper = Literal["usual", "strict", "lenient"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One message of the transcript."""

    message_id: str
    speaker: Literal["learner", "persona"]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    message_id: str
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupVerdict:
    standard_group: str
    standard: str
    feedback: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Highlight:
    section: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Strength:
    name: str
    description: str
    message_id: str
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Replacement:
    section: str
    replace: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Improvement:
    name: str
    description: str
    message_id: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a grading model answers."""

    feedbacks: tuple[GroupVerdict, ...]
    strengths: tuple[Strength, ...]
    improvements: tuple[Improvement, ...]
    analyses: tuple[Analysis, ...]
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heard:
    """A learner message with its reading; `fair` are the sentences that do not address the grader."""

    message_id: str
    reading: Reading
    fair: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hit:
    message_id: str
    sentence: str
    move: str | None


def grade_transcript(
    rubric: Rubric, transcript: Sequence[Line], scenario: Scenario | None = None, temper: Temper = "usual"
) -> Verdict:
    """The verdict on a transcript: one level per standard group, with quotes of the learner.

    A strict grader wants more of the same for a level and rounds down, a lenient one the other way round; neither
    is ever more than one level from the usual one.
    """
    heard = _heard(transcript)
    groups = [(group, *_hits(group, heard)) for group in rubric.groups]
    feedbacks = tuple(_judge(group, good, bad, heard, temper) for group, good, bad in groups)
    bad_hits = [hit for _, _, bad in groups for hit in bad]
    good_hits = [hit for _, good, _ in groups for hit in good]
    levels = {group.id: group.standards for group in rubric.groups}
    score = sum(
        next(level.points for level in levels[item.standard_group] if level.id == item.standard) for item in feedbacks
    )
    return Verdict(
        feedbacks=feedbacks,
        strengths=_strengths(good_hits),
        improvements=_improvements(bad_hits, groups, heard),
        analyses=_analyses(transcript, heard, scenario),
        summary=_summary(score, rubric, good_hits, bad_hits),
    )


def _heard(transcript: Sequence[Line]) -> list[_Heard]:
    heard: list[_Heard] = []
    seen: set[str] = set()
    for line in transcript[-MESSAGES_MAX:]:
        key = _SPACE.sub(" ", plain(line.text)).strip()
        if line.speaker != "learner" or not key:
            continue
        reading = read(line.text)
        repeated = key in seen
        seen.add(key)
        fair = (part for part in reading.sentences if not repeated and not found(TO_THE_GRADER, plain(part)))
        heard.append(_Heard(message_id=line.message_id, reading=reading, fair=frozenset(fair)))
    return heard


def _signals(group: StandardGroup) -> Signals:
    if group.signals is not None:
        return group.signals
    about = plain(f"{group.name} {group.short_name} {group.description}")
    return next((signals for words, signals in _BY_NAME if found(words, about)), _GENERIC)


def _hits(group: StandardGroup, heard: Sequence[_Heard]) -> tuple[list[_Hit], list[_Hit]]:
    signals = _signals(group)
    good: list[_Hit] = []
    bad: list[_Hit] = []
    for message in heard:
        bad_here = _hits_in(message, signals.bad_moves, signals.bad, lambda _: True)
        bad += bad_here
        if not any(hit.move == "insult" for hit in bad_here):
            good += _hits_in(message, signals.good_moves, signals.good, message.fair.__contains__)
    return good, bad


def _hits_in(
    message: _Heard, moves: Sequence[str], phrases: tuple[str, ...], counts: Callable[[str], bool]
) -> list[_Hit]:
    hits = [
        _Hit(message_id=message.message_id, sentence=sentence, move=move)
        for move in moves
        for sentence in message.reading.moves.get(move, ())
        if counts(sentence)
    ]
    known = {hit.sentence for hit in hits}
    return hits + [
        _Hit(message_id=message.message_id, sentence=sentence, move=None)
        for sentence in message.reading.sentences
        if sentence not in known and counts(sentence) and found(phrases, plain(sentence))
    ]


def _judge(
    group: StandardGroup, good: list[_Hit], bad: list[_Hit], heard: Sequence[_Heard], temper: Temper
) -> GroupVerdict:
    levels = sorted(group.standards, key=lambda standard: standard.points)
    top = len(levels) - 1
    reached = _reached(_signals(group).enough, top, good, bad, heard)
    step = max(0, min(top, int(reached * top + 0.5)))
    if temper == "strict":
        more = _reached(_signals(group).enough + 1, top, good, bad, heard)
        step = max(0, step - 1, min(step, int(more * top)))
    elif temper == "lenient":
        less = _reached(max(1, _signals(group).enough - 1), top, good, bad, heard)
        step = min(top, step + 1, max(step, math.ceil(less * top)))
    level = levels[step]
    first = good + bad if reached >= 0.5 else bad + good
    return GroupVerdict(
        standard_group=group.id,
        standard=level.id,
        feedback=_feedback(group, level, good, bad),
        evidence=_evidence(first, heard),
    )


def _reached(enough: int, top: int, good: list[_Hit], bad: list[_Hit], heard: Sequence[_Heard]) -> float:
    """How far up the levels: 0 the lowest, 1 the highest, if `enough` messages show all there is to show."""
    good_messages = len({hit.message_id for hit in good})
    insults = len({hit.message_id for hit in bad if hit.move == "insult"})
    bad_messages = len({hit.message_id for hit in bad})
    substance = sum(1 for message in heard if sum(len(part.split()) for part in message.fair) >= 3)
    share = min(1.0, good_messages / enough)
    # With one or two things said there is not yet enough to show the upper half of the levels.
    ceiling = min(1.0, max(0, substance) / 4)
    penalty = (bad_messages + insults) / max(top, 4)
    patience = 0.25 if substance >= 4 and not bad else 0.0
    return max(0.0, min(max(share, patience), ceiling) - penalty)


def _feedback(group: StandardGroup, level: Standard, good: list[_Hit], bad: list[_Hit]) -> str:
    parts = [level.description or f"{group.name}: {level.name}."]
    done = _named(good)
    if done:
        count = len({hit.message_id for hit in good})
        parts.append(f"In {count} of your messages you {done}." if count > 1 else f"In one message you {done}.")
    else:
        wanted = next((WHY[name] for name in _signals(group).good_moves if name in WHY), None)
        parts.append(f"What was missing: {wanted}" if wanted else "Nothing in your messages shows this yet.")
    harm = _named(bad)
    if harm:
        parts.append(f"It was held back where you {harm}.")
    return " ".join(parts)


def _named(hits: list[_Hit]) -> str:
    names = list(dict.fromkeys(NAMES[hit.move].did for hit in hits if hit.move is not None and hit.move in NAMES))[:3]
    if not names:
        return "worked on this in your own words" if hits else ""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _evidence(hits: list[_Hit], heard: Sequence[_Heard]) -> tuple[Evidence, ...]:
    chosen: dict[str, Evidence] = {}
    for hit in hits:
        quote = hit.sentence[:QUOTE_CHARACTERS_MAX].strip()
        chosen.setdefault(hit.message_id, Evidence(message_id=hit.message_id, quote=quote))
        if len(chosen) == QUOTES_MAX:
            break
    if not chosen and heard:
        longest = max(heard, key=lambda message: message.reading.words)
        quote = longest.reading.sentences[0][:QUOTE_CHARACTERS_MAX].strip()
        return (Evidence(message_id=longest.message_id, quote=quote),)
    return tuple(chosen.values())


def _strengths(good: list[_Hit]) -> tuple[Strength, ...]:
    chosen: dict[str, Strength] = {}
    used: set[str] = set()
    for hit in good:
        if hit.move is None or hit.move not in NAMES or hit.move in chosen or hit.sentence in used:
            continue
        used.add(hit.sentence)
        section = hit.sentence[:QUOTE_CHARACTERS_MAX].strip()
        chosen[hit.move] = Strength(
            name=NAMES[hit.move].name,
            description=WHY[hit.move],
            message_id=hit.message_id,
            highlights=(Highlight(section=section),),
        )
    return tuple(chosen.values())[:ITEMS_MAX]


def _improvements(
    bad: list[_Hit], groups: list[tuple[StandardGroup, list[_Hit], list[_Hit]]], heard: Sequence[_Heard]
) -> tuple[Improvement, ...]:
    made: dict[str, Improvement] = {}
    for hit in bad:
        move = hit.move or "dismissive"
        made.setdefault(move, _improvement(move, hit.message_id, hit.sentence))
    missing = [name for group, good, _ in groups if not good for name in _signals(group).good_moves[:1]]
    plainest = [message for message in heard if not any(MOVE_NAMES[name] == "good" for name in message.reading.moves)]
    for name, message in zip(dict.fromkeys(missing), [*plainest, *heard], strict=False):
        if name in BETTER:
            made.setdefault(name, _improvement(name, message.message_id, message.reading.sentences[-1]))
    return tuple(made.values())[:ITEMS_MAX]


def _improvement(move: str, message_id: str, sentence: str) -> Improvement:
    return Improvement(
        name=NAMES[move].better,
        description=WHY[move],
        message_id=message_id,
        replacements=(Replacement(section=sentence[:QUOTE_CHARACTERS_MAX].strip(), replace=BETTER[move]),),
    )


def _analyses(transcript: Sequence[Line], heard: Sequence[_Heard], scenario: Scenario | None) -> tuple[Analysis, ...]:
    own = sum(message.reading.words for message in heard)
    other = sum(len(line.text.split()) for line in transcript if line.speaker == "persona")
    share = round(100 * own / max(1, own + other))
    open_questions = sum(len(message.reading.moves.get("open-question", ())) for message in heard)
    closed = sum(len(message.reading.moves.get("closed-question", ())) for message in heard)
    longest = max((message.reading.words for message in heard), default=0)
    where = f" in '{scenario.name}'" if scenario is not None else ""
    words = "1 word" if longest == 1 else f"{longest} words"
    messages = "1 message" if len(heard) == 1 else f"{len(heard)} messages"
    return (
        Analysis(content=f"You spoke {share}% of the words{where}; your longest message has {words}."),
        Analysis(content=f"Open questions in your {messages}: {open_questions}; closed ones: {closed}."),
    )


def _summary(score: int, rubric: Rubric, good: list[_Hit], bad: list[_Hit]) -> str:
    if score >= rubric.pass_points:
        opening = "A conversation that helps: the other person was heard and knows how to go on."
    elif bad:
        opening = "This conversation made it harder for the other person to open up."
    else:
        opening = "A start; there is more to find out and to agree on."
    strong, weak = _named(good), _named(bad)
    return " ".join(
        [
            opening,
            *([f"You {strong}."] if strong else []),
            *([f"Work on the moments where you {weak}."] if weak else []),
        ]
    )
