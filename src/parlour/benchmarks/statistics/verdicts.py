"""The four words, and a plain sentence for each."""

from typing import Literal, assert_never

from parlour.benchmarks.statistics.comparing import Difference

Word = Literal["better", "worse", "no evidence", "too small"]
CLOSE = 1e-12


def verdict(
    difference: Difference, p_adjusted: float, alpha: float, smallest_worthwhile: float, detectable: float | None
) -> Word:
    """What may be said of candidate b beside baseline a.

    `better` and `worse` need both an adjusted p-value of at most `alpha` and an interval that excludes 0. Otherwise
    `too small`, if the benchmark could not have seen the smallest difference that would matter: no interval, or the
    difference it can detect (`power.minimum_detectable_difference`, `None` if none at all) is greater. Otherwise
    `no evidence`: it would probably have been seen.
    """
    interval, mean = difference.interval, difference.mean
    if interval is not None and mean is not None and p_adjusted <= alpha + CLOSE and interval.excludes(0.0):
        return "better" if mean > 0 else "worse"
    if interval is None or detectable is None or detectable > smallest_worthwhile + CLOSE:
        return "too small"
    return "no evidence"


def sentence(word: Word, difference: Difference, candidate: str, baseline: str, detectable: float | None) -> str:
    """The verdict for a reader without statistics. Scores are fractions; they are told as points of 100."""
    match word:
        case "better" | "worse":
            return f"{candidate} is {word} than {baseline} by {_points(difference.mean)}{_between(difference)}."
        case "no evidence":
            return (
                f"There is no evidence that {candidate} differs from {baseline}{_between(difference)}; "
                f"this benchmark would probably have shown a difference of {_points(detectable)}."
            )
        case "too small":
            least = (
                "it can show no difference at all"
                if detectable is None
                else f"it can reliably show only differences from {_points(detectable)} on"
            )
            why = f" {difference.reason}" if difference.reason else ""
            return (
                f"The benchmark is too small to tell {candidate} from {baseline}{_between(difference)}; {least}.{why}"
            )
        case _:
            assert_never(word)


def _points(value: float | None) -> str:
    return "an unknown amount" if value is None else f"{abs(value) * 100:.1f} points of 100"


def _between(difference: Difference) -> str:
    interval = difference.interval
    if interval is None:
        return ""
    return f" ({interval.level:.0%} interval {interval.low * 100:+.1f} to {interval.high * 100:+.1f})"
