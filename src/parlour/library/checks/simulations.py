"""What is wrong with simulations and cohorts. Pure."""

from collections.abc import Mapping

from parlour.drafts.values import Values
from parlour.library.checks.fields import first, flag, of, text, whole
from parlour.library.checks.findings import Finding
from parlour.library.checks.rules import WHOLE, at, told

SECONDS_MAX = 86_400
SHORT_SECONDS = 60


def simulation_findings(values: Values, linked: Mapping[str, Values]) -> list[Finding]:
    """Everything that rules find. `linked`: its scenarios by id, as they are published."""
    scenarios = of(values, "scenarios")
    if not scenarios:
        advice = "Choose at least one scenario."
        return [told("simulation.no_scenario", WHOLE, "There is no scenario in this simulation.", advice)]
    found: list[Finding] = []
    graded = {text(each, "scenario_id") for each in of(values, "scenario_rubrics") if text(each, "rubric_id")}
    for scenario in scenarios:
        if scenario.id not in graded:
            name = first(linked.get(scenario.id, {}), "names", "name") or text(scenario, "name") or "A scenario"
            place = at(scenario, "scenarios", None, name)
            message = f"'{name}' has no rubric: what is practised there is not graded."
            found.append(told("simulation.no_rubric", place, message, "Choose a rubric if it should be."))
    for limit in of(values, "scenario_time_limits"):
        seconds = whole(limit, "time_limit_seconds")
        place = at(limit, "scenario_time_limits", "time_limit_seconds")
        if seconds is not None and not 1 <= seconds <= SECONDS_MAX:
            message = f"A time limit of {seconds} seconds cannot be."
            found.append(told("simulation.time_limit", place, message, f"Choose 1 to {SECONDS_MAX} seconds."))
        elif seconds is not None and seconds < SHORT_SECONDS and not flag(limit, "negative"):
            message = f"{seconds} seconds are over before anything is said."
            found.append(told("simulation.short_time", place, message, "Give at least a minute; it is in seconds."))
    return found


def cohort_findings(values: Values) -> list[Finding]:
    """What rules find in a cohort."""
    if of(values, "profiles"):
        return []
    message = "Nobody learns in this cohort yet."
    return [told("cohort.nobody", WHOLE, message, "Add people, now or when they are known.")]
