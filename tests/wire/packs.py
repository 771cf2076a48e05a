"""Content of the tests' own: small entries for one rule each, beside the sample pack."""

import tempfile
from pathlib import Path

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from tests.harness.site import Site

_BASE = """
pack: {id: wire, name: Wire}
personas:
  pat: {name: Pat, instructions: "You are Pat at {{place}}."}
scenarios:
  one: {name: One, personas: [pat], parameters: {place: home}}
  two: {name: Two, personas: [pat], parameters: {place: work}}
  quizzed:
    name: Quizzed
    personas: [pat]
    parameters: {place: school}
    questions:
      - {text: "One?", options: [{text: A}, {text: B, correct: true}, {text: C}]}
      - text: "Several?"
        allow_multiple: true
        times: [3, 9]
        options: [{text: A, correct: true}, {text: B}, {text: C, correct: true}, {text: D}]
    questions_enabled: true
rubrics:
  small:
    name: Small
    total_points: 4
    pass_points: 2
    groups:
      asking:
        {name: Asking, points: 2, pass_points: 1,
         standards: [{points: 0, name: "No"}, {points: 1, name: "Some"}, {points: 2, name: "Yes"}],
         signals: {good_moves: [open-question], enough: 1}}
      warmth:
        {name: Warmth, points: 2, pass_points: 1, standards: [{points: 0, name: "No"}, {points: 2, name: "Yes"}],
         signals: {good_moves: [empathy, praise], enough: 1}}
simulations:
  single: {name: Single, scenarios: [{scenario: one, rubric: small}]}
  pair: {name: Pair, scenarios: [{scenario: one, rubric: small}, {scenario: two, rubric: small}]}
  ungraded: {name: Ungraded, scenarios: [{scenario: one}]}
  quiz: {name: Quiz, scenarios: [{scenario: quizzed}, {scenario: one}]}
cohorts:
  everyone:
    {name: Everyone, simulations: [single, pair, ungraded], learners: [LEARNERS], instructors: [INSTRUCTORS]}
  others: {name: Others, simulations: [single], learners: [fellow], instructors: []}
"""

_HOMES = {
    "reuse": "simulation: pair, settings: {use_previous: true}",
    "single": "simulation: single",
    "pair": "simulation: pair",
    "ungraded": "simulation: ungraded",
    "early": 'simulation: single, start_time: "2099-01-01T00:00:00Z"',
    "late": 'simulation: single, end_time: "2001-01-01T00:00:00Z"',
    "inactive": "simulation: single, active: false",
    "lobby": "simulation: pair, settings: {use_custom: true}",
    "timed": "simulation: pair, settings: {time_limit: 600}",
    "others": "simulation: single, cohorts: [others]",
}
_PRACTICES = {
    "reuse": "simulation: pair, settings: {use_custom: true, use_previous: true}",
    "pair": "simulation: pair",
    "single": "simulation: single",
    "nothints": "simulation: single, settings: {hints_enabled: false}",
    "spoken": "simulation: single, settings: {text_enabled: false}",
    "written": "simulation: single, settings: {audio_enabled: false}",
    "below": "simulation: single, settings: {time_limit: 1, negative_time: true}",
    "window": "simulation: pair, settings: {time_limit: 300, negative_time: true}",
    "quiz": "simulation: quiz",
    "quizless": "simulation: quiz, settings: {questions_enabled: false}",
    "bare": "simulation: single, settings: {strengths_enabled: false, improvements_enabled: false,"
    " replacements_enabled: false, analyses_enabled: false}",
    "others": "simulation: single, cohorts: [others]",
}


def _entries(kind: str, entries: dict[str, str]) -> str:
    lines = [f"{kind}:"]
    for name, members in entries.items():
        cohorts = "" if "cohorts:" in members else ", cohorts: [everyone]"
        lines.append(f"  {kind}-{name}: {{name: {kind}-{name}, {members}{cohorts}}}")
    return "\n".join(lines)


def install(site: Site, learners: list[str], instructors: list[str]) -> None:
    """Publish the tests' pack; its entries are in `site.homes` and `site.practices` as `home-…`, `practice-…`."""
    base = _BASE.replace("LEARNERS", ", ".join(learners)).replace("INSTRUCTORS", ", ".join(instructors))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wire.yaml"
        file.write_text("\n".join([base, _entries("home", _HOMES), _entries("practice", _PRACTICES)]))
        bundle = load_bundle(file)

    site.write(lambda tx: publish(tx, bundle))
    for entry in bundle.entries:
        known = site.homes if entry.kind == "home" else site.practices
        known[entry.name] = entry.id
