"""What of a verdict holds, and what a grade comes to (Glow 6.4). Pure; nothing is guessed."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from parlour.catalog.entities import ChatTemplate, Rubric, Standard, StandardGroup
from parlour.conversations.entities import Message
from parlour.grading.entities import RESOURCE_TYPES, Grade, JudgedOn, ResourceType
from parlour.grading.verdicts import Improved, Judged, Marked, Praised, Quoted, UnusableVerdictError, Verdict
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import Refusal

ITEMS_MAX = 20
TEXT_CHARACTERS_MAX = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """The standard that was picked for a group, why, the words that show it, and what it was judged on."""

    group: StandardGroup
    standard: Standard
    feedback: str
    evidence: tuple[tuple[MessageId, str], ...]
    judged_on: JudgedOn = "all_words"


def collapsed(text: str) -> str:
    """Text as quotes are compared: Unicode NFC, white space collapsed, case kept (6.4.5)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def said_by_learner(path: Iterable[Message]) -> Mapping[str, str]:
    """The collapsed text of every learner message of the active path, by id."""
    return {message.id: collapsed(message.content) for message in path if message.type == "query"}


def occurs(words: str, message_id: str | None, said: Mapping[str, str]) -> bool:
    """Whether the learner said exactly these words in this message; nothing is said nowhere."""
    sought = collapsed(words)
    return bool(sought) and message_id is not None and sought in said.get(message_id, "")


def grounded(quotes: Sequence[Quoted], said: Mapping[str, str]) -> tuple[tuple[MessageId, str], ...]:
    """The quotes that hold, each once, as the grader wrote them."""
    kept = {
        (MessageId(quoted.message_id), clean(quoted.quote)): None
        for quoted in quotes
        if occurs(quoted.quote, quoted.message_id, said)
    }
    return tuple(kept)[:ITEMS_MAX]


def sections(marked: Sequence[Marked], message_id: str | None, said: Mapping[str, str]) -> list[Marked]:
    """The sections that occur in the parent's message, each once (6.4.5)."""
    kept: dict[str, Marked] = {}
    for each in marked:
        if occurs(each.section, message_id, said):
            kept.setdefault(collapsed(each.section), each)
    return list(kept.values())[:ITEMS_MAX]


def pick_level(group: StandardGroup, judged: Sequence[Judged]) -> Standard:
    """The one standard of a group that a verdict names, by id or by points (6.4.1).

    Raises `UnusableVerdictError` for none, for several, for an unknown one, and for points that are no
    level's: a number is never used but to find a level.
    """
    if len(judged) != 1:
        count = f"{len(judged)} times" if judged else "not at all"
        raise UnusableVerdictError(
            f"The standard group {group.id} is judged {count}; pick exactly one of its standards."
        )
    named, points = judged[0].standard, judged[0].points
    found = [
        standard
        for standard in group.standards
        if (named is not None or points is not None)
        and (named is None or standard.id == named)
        and (points is None or standard.points == points)
    ]
    if len(found) != 1:
        raise UnusableVerdictError(f"For the standard group {group.id} the verdict names no standard of that group.")
    return found[0]


def pick_levels(rubric: Rubric, verdict: Verdict, said: Mapping[str, str]) -> list[Level]:
    """One level for every group, in the order of the rubric. Raises `UnusableVerdictError`."""
    known = {group.id for group in rubric.groups}
    if any(judged.standard_group not in known for judged in verdict.feedbacks):
        raise UnusableVerdictError("The verdict judges a standard group that the rubric does not have.")
    levels: list[Level] = []
    for group in rubric.groups:
        judged = [each for each in verdict.feedbacks if each.standard_group == group.id]
        standard = pick_level(group, judged)
        feedback, evidence = clean(judged[0].feedback), grounded(judged[0].evidence, said)
        levels.append(Level(group=group, standard=standard, feedback=feedback, evidence=evidence))
    return levels


def better_grounded(first: Sequence[Level], second: Sequence[Level]) -> list[Level]:
    """The first levels; those without evidence are replaced by the second ones that have it."""
    again = {level.group.id: level for level in second if level.evidence}
    return [level if level.evidence else again.get(level.group.id, level) for level in first]


def score_of(totals: Iterable[int]) -> int:
    """The score is the sum of the totals, and nothing else."""
    return sum(totals)


def is_passed(score: int, pass_points: int) -> bool:
    """Exactly reaching the pass line passes: for a rubric and for a group."""
    return score >= pass_points


def percentage(score: int, total_points: int) -> float:
    """Of the points, with two decimals; 0 if there are none to have (10.3)."""
    return round(100 * score / total_points, 2) if total_points else 0.0


def time_taken(begin_ms: int, end_ms: int) -> int:
    """Whole seconds, at least 1."""
    return max(1, (end_ms - begin_ms) // 1000)


def latest_done(grades: Iterable[Grade]) -> Grade | None:
    """Of several done grades of a chat the newest one counts (6.4.2); those of a branch never do."""
    done = [grade for grade in grades if grade.state == "done" and grade.branch_message_id is None]
    return max(done, key=lambda grade: (grade.created_at, grade.id), default=None)


def check_resource_types(names: Sequence[str]) -> tuple[ResourceType, ...]:
    """The kinds that a request names. Raises `unknown_resource_type` (7.12)."""
    unknown = [name for name in dict.fromkeys(names) if name not in RESOURCE_TYPES]
    if unknown:
        raise Refusal(
            "unknown_resource_type",
            f"Unknown resource types: {', '.join(unknown)}. Valid: {', '.join(RESOURCE_TYPES)}",
        )
    return tuple(kind for kind in RESOURCE_TYPES if kind in names)


def kinds_to_make(wanted: Sequence[ResourceType], template: ChatTemplate) -> tuple[ResourceType, ...]:
    """The kinds that are asked for and not switched off (6.4.4); nothing named = all.

    A highlight needs its strength and a replacement its improvement, so these are made with them.
    """
    off: set[ResourceType] = set()
    if not template.strengths_enabled:
        off |= {"strengths", "highlights"}
    if not template.improvements_enabled:
        off |= {"improvements", "replacements"}
    if not template.replacements_enabled:
        off.add("replacements")
    if not template.analyses_enabled:
        off.add("analyses")
    asked = {kind for kind in wanted or RESOURCE_TYPES if kind not in off}
    if "highlights" in asked:
        asked.add("strengths")
    if "replacements" in asked:
        asked.add("improvements")
    return tuple(kind for kind in RESOURCE_TYPES if kind in asked)


def clean(text: str) -> str:
    """A grader's text as it is stored: bounded, and without what a store cannot hold."""
    return text.replace("\x00", "").strip()[:TEXT_CHARACTERS_MAX]


def parent_message(entry: Praised | Improved, said: Mapping[str, str]) -> MessageId | None:
    """The learner message that a strength or improvement is about; None if it names no such message."""
    return MessageId(entry.message_id) if entry.message_id is not None and entry.message_id in said else None
