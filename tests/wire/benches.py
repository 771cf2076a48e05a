"""Benchmarks of the tests' own: small ones for one rule each. A row of `ROWS` says what a benchmark has."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from parlour.accounts import actions as accounts
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx
from tests.harness.site import Site

PACK_ID = "tested"
PEOPLE = "learner, instructor, limited"  # who may run every benchmark here, beside its department's staff

_BASE = """
pack: {id: tested, name: Tested}
personas:
  pat: {name: Pat, instructions: "You are Pat."}
scenarios:
  one: {name: One, personas: [pat], objectives: ["Ask before you tell."]}
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
evals:
  talk: {name: Talk, description: How a model talks.}
  other: {name: Other}
recordings:
  one:
    title: One turn
    scenario: one
    messages: [{user: "I am stuck."}, {assistant: "What have you tried?"}]
  two:
    title: Two turns
    scenario: one
    messages:
      [{user: "Hello."}, {assistant: "Hello, what brings you?"}, {user: "The exam."}, {assistant: "What about it?"}]
  three:
    title: Three turns
    scenario: one
    messages:
      - {user: "First."}
      - {assistant: "Recorded one."}
      - {user: "Second."}
      - {assistant: "Recorded two."}
      - {user: "Third."}
      - {assistant: "Recorded three."}
  tools:
    title: With a tool
    scenario: one
    messages:
      - {user: "What is recursion?"}
      - {assistant: "Let me look.", tool_calls: [{id: c1, name: look_up, arguments: {term: recursion}}]}
      - {tool: "See recursion.", call: c1}
      - {assistant: "It is a function that calls itself."}
benchmarks:
"""

# name: (recordings, models, further members)
ROWS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "plain": ("one, two", ("scripted", "scripted-echo"), ""),
    "single": ("three", ("scripted",), ""),
    "modes": ("three", ("local:candidate",), ""),
    "last": ("three", ("local:candidate",), "replay_mode: last_turn"),
    "tools": ("tools", ("local:candidate",), ""),
    "slowly": ("two, one", ("scripted-slow",), ""),
    "hanging": ("one, two, three", ("scripted-hang", "scripted-hang"), ""),
    "failing": ("one", ("scripted-fail",), ""),
    "ungraded": ("one", ("scripted",), ""),
    "twice": ("one, two", ("scripted",), "repeats: 2"),
    "auto": ("one, two", ("scripted", "scripted-echo"), "auto_advance: true"),
    "empty": ("one", (), ""),
    "inactive": ("one", ("scripted",), "active: false"),
    "mixed": ("one, two", ("scripted", "scripted-slow", "scripted-fail-midway"), ""),
    "rushing": ("one, two", ("scripted", "scripted-fail-midway"), "auto_advance: true"),
    "unjudged": ("one", ("scripted",), "judges: [scripted-fail]"),
    "panel": ("one, two", ("scripted",), "judges: [scripted, scripted-strict, scripted-lenient]"),
    "strangers": ("one", ("nobody:model",), ""),
    "slow-alone": ("two", ("scripted-slow",), "judges: [scripted-fail]"),
    "story": ("two, one", ("scripted", "scripted-slow"), "repeats: 2"),
    "older": ("one", ("scripted",), "eval: other"),
}
NO_RUBRIC = frozenset({"ungraded"})


def _benchmark(name: str) -> str:
    recordings, models, more = ROWS[name]
    rubric = "" if name in NO_RUBRIC else ", rubric: small"
    candidates = ", ".join(f"c{at}: {{model: '{model}', title: C{at}{rubric}}}" for at, model in enumerate(models))
    evaluation = "" if "eval:" in more else ", eval: talk"
    judges = "" if "judges:" in more else ", judges: [scripted]"
    extra = f", {more}" if more else ""
    return (
        f"  {name}: {{name: Bench {name}{evaluation}, department_ids: [DEPARTMENT], people: [PEOPLE],"
        f" recordings: [{recordings}]{judges}, candidates: {{{candidates}}}{extra}}}"
    )


def install(site: Site) -> None:
    """Publish the benchmarks; doing it again changes nothing."""
    department = site.write(lambda tx: accounts.list_departments(tx)[0].department_id)
    text = _BASE + "\n".join(_benchmark(name) for name in ROWS)
    known = ", ".join(name.strip() for name in PEOPLE.split(",") if name.strip() in site.ids)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tested.yaml"
        file.write_text(text.replace("DEPARTMENT", department).replace("PEOPLE", known))
        bundle = load_bundle(file)

    def fill(tx: Tx) -> None:
        publish(tx, bundle)

    site.write(fill)


def bench(name: str) -> str:
    """The id of a benchmark."""
    return named_id(PACK_ID, "benchmark", name)


def recording(slug: str) -> str:
    """The id of a recorded run."""
    return named_id(PACK_ID, "recording", slug)


def evaluation(slug: str = "talk") -> str:
    """The id of an evaluation."""
    return named_id(PACK_ID, "eval", slug)
