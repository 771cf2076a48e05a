"""What is wrong with a rubric: points that contradict each other, levels that a grader cannot tell apart. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from parlour.drafts.values import Value, Values
from parlour.kernel.dataclass import dataclass
from parlour.library.checks.fields import of, text, whole
from parlour.library.checks.findings import Finding
from parlour.library.checks.languages import length_of
from parlour.library.checks.matters import two_matters
from parlour.library.checks.ranges import overlap
from parlour.library.checks.rules import WHOLE, at, told
from parlour.library.checks.wording import (
    differ_in_degree,
    is_positive_name,
    is_vague,
    rank_of_name,
    says_the_same,
)

LEVELS_MAX = 12
"""So many levels of a criterion are compared with each other, by so many characters."""
COMPARED_CHARACTERS_MAX = 1_500
_PASS_SHARE = 0.6
_INNER = frozenset(
    ("understands", "knows", "believes", "appreciates", "realises", "realizes", "versteht", "weiß", "kennt", "begreift")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Criterion:
    """A group with its levels, from the fewest points to the most."""

    group: Value
    levels: Sequence[Value]

    @property
    def name(self) -> str:
        return text(self.group, "name") or text(self.group, "short_name") or "a criterion without a name"

    @property
    def best(self) -> int | None:
        """The points of the best level; None without levels that have points."""
        return max((points for level in self.levels if (points := whole(level, "points")) is not None), default=None)

    @property
    def worst(self) -> int | None:
        return min((points for level in self.levels if (points := whole(level, "points")) is not None), default=None)


def rubric_findings(values: Values) -> list[Finding]:
    """Everything that rules find."""
    groups = of(values, "standard_groups")
    if not groups:
        return [told("rubric.no_groups", WHOLE, "The rubric has no criteria.", "Add at least one criterion.")]
    levels: dict[str, list[Value]] = {group.id: [] for group in groups}
    for level in of(values, "standards"):
        levels.setdefault(text(level, "standard_group_id"), []).append(level)
    criteria = [_criterion(group, levels[group.id]) for group in groups]
    found = [*_same_names(groups), *_totals(values, criteria)]
    for criterion in criteria:
        found += _points(criterion)
        found += _barrels(criterion)
        found += _levels(criterion)
    return found


def _criterion(group: Value, levels: Iterable[Value]) -> _Criterion:
    return _Criterion(group=group, levels=sorted(levels, key=lambda level: whole(level, "points") or 0))


def _same_names(groups: Iterable[Value]) -> Iterable[Finding]:
    seen: set[str] = set()
    for group in groups:
        name = text(group, "name").casefold()
        if name and name in seen:
            yield _of_group(
                group, "rubric.same_name", f"Two criteria are called '{text(group, 'name')}'.",
                "Give each its own name, or join them.", "name",
            )  # fmt: skip
        seen.add(name)


def _totals(values: Values, criteria: Sequence[_Criterion]) -> Iterable[Finding]:
    """Whether the points of the whole add up (Glow 1.2), and whether its pass line means anything."""
    total = sum(_points_of(each) or 0 for each in criteria)
    for value in of(values, "points"):
        given = whole(value, "value")
        if given is not None and given != total:
            yield told(
                "rubric.points",
                at(value, "points", "value"),
                f"The rubric says {given} points, its criteria add up to {total}.",
                f"Set the points to {total}, or change the criteria.",
            )
    for value in of(values, "pass_points"):
        given = whole(value, "value")
        if given is not None:
            yield from _pass_line(value, given, total, criteria)


def _pass_line(value: Value, given: int, total: int, criteria: Sequence[_Criterion]) -> Iterable[Finding]:
    lowest = sum(each.worst or 0 for each in criteria)
    if not 0 <= given <= total:
        yield told(
            "rubric.pass_points",
            at(value, "pass_points", "value"),
            f"{given} points are needed to pass; there are {total} to have.",
            f"Choose a number between {lowest + 1} and {total}.",
        )
    elif given <= lowest:
        yield told(
            "rubric.always_passes",
            at(value, "pass_points", "value"),
            f"Everybody passes: even the lowest levels give {lowest} points, and {given} are enough.",
            f"Ask for more than {lowest} points, or give the lowest levels 0 points.",
        )
    elif given == total and total > 1:
        yield told(
            "rubric.all_or_nothing",
            at(value, "pass_points", "value"),
            "Only the best level of every criterion passes.",
            "If that is not meant, lower the points to pass.",
        )


def _points_of(criterion: _Criterion) -> int | None:
    given = whole(criterion.group, "points")
    return given if given is not None else criterion.best


def _points(criterion: _Criterion) -> Iterable[Finding]:
    """Whether the points of a criterion and its levels agree."""
    group, name, best, worst = criterion.group, criterion.name, criterion.best, criterion.worst
    if best is None or worst is None:
        yield _of_group(
            group, "rubric.no_levels", f"'{name}' has no levels with points.",
            "Add a level for what goes wrong, one that just passes and one for the best.",
        )  # fmt: skip
        return
    given = whole(group, "points")
    if given is not None and given != best:
        yield _of_group(
            group, "rubric.group_points", f"'{name}' is worth {given} points, its best level gives {best}.",
            f"Set the points of the criterion to {best}, or change its best level.", "points",
        )  # fmt: skip
    levels = [whole(level, "points") for level in criterion.levels]
    if worst < 0 or len(set(levels)) < len(levels):
        double = next((level for level in criterion.levels if levels.count(whole(level, "points")) > 1), None)
        yield _of_level(
            double or criterion.levels[0], "rubric.level_points",
            f"The levels of '{name}' need different points, none below 0.", "Give each level a number of its own.",
            "points",
        )  # fmt: skip
    yield from _group_pass(criterion, best, worst)


def _group_pass(criterion: _Criterion, best: int, worst: int) -> Iterable[Finding]:
    group, name = criterion.group, criterion.name
    needed = whole(group, "pass_points")
    line = needed if needed is not None else int(best * _PASS_SHARE + 0.999)
    if not 0 <= line <= best:
        yield _of_group(
            group, "rubric.group_pass", f"{line} points are needed to pass '{name}'; it gives at most {best}.",
            f"Choose a number between 0 and {best}.", "pass_points",
        )  # fmt: skip
        return
    if len(criterion.levels) == 1:
        yield _of_group(
            group, "rubric.one_level", f"'{name}' has only one level: everybody gets the same.",
            "Add at least a level below it.",
        )  # fmt: skip
        return
    lowest = criterion.levels[0]
    if worst >= line and worst > 0:
        yield _of_level(
            lowest, "rubric.no_negative_level",
            f"'{name}' cannot be failed: its lowest level gives {worst} points, {line} are enough.",
            "Add a level below it that says what it looks like when it goes wrong.", "points",
        )  # fmt: skip
    elif is_positive_name(text(lowest, "name")) and (rank_of_name(text(lowest, "name")) or 0) >= 2:
        yield _of_level(
            lowest, "rubric.no_negative_level",
            f"The lowest level of '{name}' is called '{text(lowest, 'name')}': there is none for what goes wrong.",
            "Add a level below it that says what it looks like when it goes wrong.", "name",
        )  # fmt: skip


def _barrels(criterion: _Criterion) -> Iterable[Finding]:
    group = criterion.group
    for field in ("name", "description"):
        parts = two_matters(text(group, field))
        if parts is not None:
            yield _of_group(
                group, "rubric.double_barrelled",
                f"'{criterion.name}' asks for two things at once: '{parts[0]}' and '{parts[1]}'. "
                "Who can do one of them has no level.",
                "Make two criteria of it.", field,
            )  # fmt: skip
            return


def _levels(criterion: _Criterion) -> Iterable[Finding]:
    """Whether a grader could tell the levels apart by what they say."""
    about = f"{criterion.name} {text(criterion.group, 'short_name')}"
    for level in criterion.levels:
        said = text(level, "description")
        if not said:
            yield _of_level(
                level, "rubric.empty_level", f"The level {_title(level)} of '{criterion.name}' says nothing.",
                "Describe what the learner says or does at this level.", "description",
            )  # fmt: skip
        elif is_vague(said, about) or _bare(said):
            yield _of_level(
                level, "rubric.vague_level",
                f"The level {_title(level)} of '{criterion.name}' judges without saying what could be seen or heard.",
                "Name words or actions: what does the learner say or do at this level, and not at the next?",
                "description",
            )  # fmt: skip
        elif said.split()[0].casefold().strip(",.;:") in _INNER:
            yield _of_level(
                level, "rubric.unobservable",
                f"The level {_title(level)} of '{criterion.name}' is about what goes on inside the learner.",
                "Say by which words one would notice.", "description",
            )  # fmt: skip
    yield from _pairs(criterion)
    yield from _order(criterion)


def _bare(said: str) -> bool:
    """A word or two are no description in any language ("Yes", "Tier 2")."""
    return length_of(said) <= 1


def _title(level: Value) -> str:
    points = whole(level, "points")
    name = text(level, "name")
    shown = f"'{name}'" if name else ""
    return f"{shown} ({points})" if shown and points is not None else shown or f"with {points} points"


def _pairs(criterion: _Criterion) -> Iterable[Finding]:
    """Each level with all above it; one finding a level is enough."""
    levels = criterion.levels[:LEVELS_MAX]
    for number, level in enumerate(levels):
        said = text(level, "description")
        if not said or is_vague(said):
            continue
        for other in levels[number + 1 :]:
            finding = _overlap(criterion, level, other)
            if finding is not None:
                yield finding
                break


def _overlap(criterion: _Criterion, level: Value, other: Value) -> Finding | None:
    one, two = (text(each, "description")[:COMPARED_CHARACTERS_MAX] for each in (level, other))
    if not two:
        return None
    between = f"The levels {_title(level)} and {_title(other)} of '{criterion.name}'"
    if says_the_same(one, two):
        degrees = differ_in_degree(one, two)
        told = f"differ only in '{', '.join(degrees)}'" if degrees else "say the same"
        return _of_level(
            other, "rubric.overlapping_levels", f"{between} {told}: graders will not agree.",
            "Say what is there at the higher level that is missing at the lower one, or how many times.", "description",
        )  # fmt: skip
    shared = overlap(one, two)
    if shared is not None:
        return _of_level(
            other, "rubric.overlapping_levels", f"{between} both hold for {shared}.",
            "Let each number belong to one level.", "description",
        )  # fmt: skip
    return None


def _order(criterion: _Criterion) -> Iterable[Finding]:
    ranked = [(level, rank) for level in criterion.levels if (rank := rank_of_name(text(level, "name"))) is not None]
    for (lower, low), (higher, high) in pairwise(ranked):
        if low > high and whole(lower, "points") != whole(higher, "points"):
            yield _of_level(
                higher, "rubric.level_order",
                f"In '{criterion.name}' {_title(higher)} gives more points than {_title(lower)}.",
                "Swap their points, or their names.", "points",
            )  # fmt: skip
            return


def _of_group(group: Value, code: str, message: str, advice: str, field: str | None = None) -> Finding:
    return told(code, at(group, "standard_groups", field), message, advice)


def _of_level(level: Value, code: str, message: str, advice: str, field: str | None = None) -> Finding:
    return told(code, at(level, "standards", field), message, advice)
