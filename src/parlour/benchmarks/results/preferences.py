"""What judges preferred, not knowing whose words they read, and how far that rests on which came first."""

from collections.abc import Sequence

from parlour.benchmarks.entities import Invocation
from parlour.benchmarks.results.data import Data
from parlour.benchmarks.results.shapes import PreferenceResult
from parlour.benchmarks.results.store import Choice
from parlour.benchmarks.results.units import options, shown, unit_of

_VALUES = {"a": 0.0, "tie": 0.5, "b": 1.0}
_SWAPPED = {"a": "b", "b": "a", "tie": "tie"}


def preference_result(data: Data, a: Invocation, b: Invocation) -> PreferenceResult | None:
    """The choices between two candidates; None if judges were not asked."""
    from parlour.benchmarks.statistics.intervals import cluster_interval  # noqa: PLC0415 (numpy costs 30 MiB)

    asked = [each for each in data.choices if {each.a, each.b} == {a.id, b.id}]
    if not asked:
        return None
    done = [each for each in asked if each.state == "done" and each.choice is not None]
    said = [_as_seen(each, a) for each in done]
    by_scenario = unit_of(data) == "scenario"
    labels = [data.clusters.get(each.recording_id, "") if by_scenario else each.recording_id for each in done]
    estimate = cluster_interval([_VALUES[each] for each in said], labels, options(data))
    return PreferenceResult(
        wins_a=said.count("a"),
        wins_b=said.count("b"),
        ties=said.count("tie"),
        failed=sum(each.state == "failed" for each in asked),
        rate_b=estimate.mean,
        interval=shown(estimate.interval),
        order_consistent=_consistent(done),
        first_rate=_first_rate(done),
        reason=estimate.reason,
    )


def _as_seen(choice: Choice, a: Invocation) -> str:
    """The choice in terms of this comparison: the rows call the earlier candidate `a`."""
    said = choice.choice or "tie"
    return said if choice.a == a.id else _SWAPPED[said]


def _consistent(done: Sequence[Choice]) -> float | None:
    """The share of pairs about which a judge said the same in both orders."""
    by_pair: dict[tuple[str, int, str], dict[str, str | None]] = {}
    for each in done:
        by_pair.setdefault((each.recording_id, each.repetition, each.judge), {})[each.shown_first] = each.choice
    both = [orders for orders in by_pair.values() if len(orders) == 2]
    return sum(orders["a"] == orders["b"] for orders in both) / len(both) if both else None


def _first_rate(done: Sequence[Choice]) -> float | None:
    """How often the one that was shown first was chosen, of all choices that are no tie."""
    clear = [each for each in done if each.choice != "tie"]
    return sum(each.choice == each.shown_first for each in clear) / len(clear) if clear else None
