"""What a reader of results must know besides the numbers, in plain sentences, and where the formulas come from."""

from dataclasses import replace

from parlour.benchmarks.results.data import Data
from parlour.benchmarks.results.shapes import Results

ALPHA_LOW = 0.667
"""Krippendorff (2004), p. 241: conclusions from less than that are not to be relied on."""
CONSISTENT_LOW = 0.7

FORMULAS = (
    "Means, rates and their intervals: wild cluster bootstrap with the null imposed, by scenario (Cameron, Gelbach and"
    " Miller 2008; Hartigan 1969); independent trials: Wilson (1927).",
    "Differences: sign flips by scenario on paired means (Fisher 1935; Edgington and Onghena 2007); passes: exact or"
    " clustered McNemar; several comparisons: Holm (1979).",
    "pass^k: Yao et al. (2024). Detectable difference and power: Cochran (1977), Miller (2024).",
    "Noise floor: variance between repetitions, Satterthwaite (1946). Stopping early: Lan and DeMets (1983).",
    "Judges: Krippendorff's alpha (2011), quadratically weighted kappa (Cohen 1968), bias (Bland and Altman 1986).",
)

_HALTED = {
    "stopped": "somebody stopped it",
    "cost": "the bound on cost was reached",
    "tokens": "the bound on tokens was reached",
    "time": "the bound on time was reached",
    "failures": "replays failed",
    "requests": "its owner's requests of the day are used up",
    "custom": "what is left is customised by hand",
}


def caveats(data: Data, made: Results) -> Results:
    """The results with what is to be said about them."""
    said = [*_about_cells(data, made), *_about_units(made), *_about_judges(data, made), *_about_mode(made)]
    return replace(made, caveats=tuple(said))


def halted_because(reason: str | None) -> str:
    """Why a test goes on no further, in words."""
    return _HALTED.get(reason or "", "it was halted")


def _about_cells(data: Data, made: Results) -> list[str]:
    said: list[str] = []
    progress = made.progress
    if made.test.halted == "decided":
        said.append(
            f"The test ended after {data.test.looked} of {made.test.repeats} repetitions, at a look fixed before: every"
            " comparison was decided. Means found when a test ends early lie a little too far apart."
        )
    elif not made.final:
        open_cells = progress.cells - progress.completed
        why = f", because {halted_because(made.test.halted)}" if made.test.halted else ""
        said.append(f"The test is not finished{why}: {open_cells} of {progress.cells} cases are open.")
    if progress.failed:
        said.append(f"{progress.failed} cases failed without an answer. They count for nobody.")
    vain = sum(cell.failed_grade for cell in data.cells)
    if vain:
        said.append(f"{vain} completed cases could not be graded. They count for nobody.")
    rubrics = {rubric.id for rubric in data.rubrics.values()}
    if len(rubrics) > 1:
        said.append("Candidates are graded by different rubrics, so their scores do not have one meaning.")
    if data.invocations and not data.rubrics:
        said.append("No candidate has a rubric: only checks are compared.")
    return said


def _about_units(made: Results) -> list[str]:
    said: list[str] = []
    if made.unit == "recording" and made.comparisons:
        said.append(
            f"There are only {made.test.scenarios} scenarios, so recordings are taken as independent: what is said"
            " holds for other recordings of these scenarios, not for other scenarios."
        )
    if made.noise_floor is not None and made.noise_floor.half_width is None:
        said.append(f"There is no noise floor. {made.noise_floor.reason}")
    inside = [each for each in made.comparisons if each.within_noise and each.word in ("better", "worse")]
    said += [
        f"The difference between {each.b_title} and {each.a_title} is one that two runs of the same model can have."
        for each in inside
    ]
    return said


def _about_judges(data: Data, made: Results) -> list[str]:
    said: list[str] = []
    judges = {each.judge for each in made.judges}
    if len(judges) == 1:
        said.append(f"There is one judge, {next(iter(judges))}: nothing says whether others would agree.")
    if made.agreement is not None and made.agreement.alpha is not None and made.agreement.alpha < ALPHA_LOW:
        said.append(
            f"The judges agree little (alpha {made.agreement.alpha:.2f}, less than {ALPHA_LOW}); scores depend on who"
            " judges."
        )
    if judges and not made.human:
        said.append("No person has marked any of these conversations, so nobody knows whether the judges are right.")
    own = sorted(judges & {each.template.model for each in data.invocations})
    said += [f"{each} judges itself, and models tend to prefer their own words." for each in own if ":" in each]
    for each in made.comparisons:
        found = each.preference
        if found is not None and found.order_consistent is not None and found.order_consistent < CONSISTENT_LOW:
            said.append(
                f"Preferences between {each.b_title} and {each.a_title} often change with the order in which they are"
                f" shown ({found.order_consistent:.0%} stay)."
            )
    return said


def _about_mode(made: Results) -> list[str]:
    match made.test.replay_mode:
        case "auto_regressive":
            return ["The person's words are those of the recording and do not react to what a candidate says."]
        case "last_turn":
            return ["Only the last answer of each recording was asked for."]
        case "live":
            return ["The person was simulated, so candidates did not talk with the same person."]
