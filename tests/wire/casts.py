"""Content of the tests' own with two personas in one scene, and prices for the offline model."""

import tempfile
from pathlib import Path

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from tests.harness.site import Site

_DIALOGUE = """
  {slug}:
    start: talk
    moods: [{{name: even, at_least: -6}}]
    repair: Apologise first.
    moves: {{}}
    states:
      talk:
        about: {name} listens.
        say: {{any: [{lines}]}}
        hints: ["Ask {name}.", "Thank {name}.", "Sum up."]
        rules: [{{when: {{any_of: ["{matter}"]}}, say: {{any: ["{answer}"]}}}}]
    joins: [{joins}]
    answers: {{}}
    fallback: ["{name} thinks about it.", "{name} nods."]
    closing: ["{name} leaves."]
"""

_PACK = """
pack: {id: cast, name: Cast}
personas:
  nia: {name: Nia Brook, icon: "N", color: "#111111", instructions: "You are Nia at {{place}}.", dialogue: nia}
  omar: {name: Omar, icon: "O", color: "#222222", instructions: "You are Omar.", examples: ["Well."], dialogue: omar}
dialogues:
DIALOGUES
scenarios:
  meeting: {name: Meeting, personas: [nia, omar], parameters: {place: the table}}
rubrics:
  kind:
    name: Kind
    total_points: 2
    pass_points: 1
    groups:
      asking:
        {name: Asking, points: 2, pass_points: 1, standards: [{points: 0, name: "No"}, {points: 2, name: "Yes"}],
         signals: {good_moves: [open-question], enough: 1}}
simulations:
  meeting: {name: Meeting, scenarios: [{scenario: meeting, rubric: kind}]}
cohorts:
  cast: {name: Cast, simulations: [meeting], learners: [learner, fellow], instructors: [instructor]}
practice:
  cast: {name: practice-cast, simulation: meeting, cohorts: [cast]}
  cast-quiet: {name: practice-cast-quiet, simulation: meeting, cohorts: [cast], settings: {hints_enabled: false}}
prices:
  offline: {model: scripted, currency: EUR, input_per_million: 2.5, output_per_million: 10}
  offline-later:
    {model: scripted, currency: EUR, input_per_million: 99, output_per_million: 99,
     valid_from: "2099-01-01T00:00:00Z"}
"""

_DIALOGUES = (
    {
        "slug": "nia",
        "name": "Nia",
        "lines": '"I am Nia, and I am listening.", "Nia here, still listening to every word of it."',
        "matter": "plan",
        "answer": "The plan is mine, and it has three steps.",
        "joins": "",
    },
    {
        "slug": "omar",
        "name": "Omar",
        "lines": '"Omar says what he has to say, in one long sentence.", "Omar again."',
        "matter": "budget",
        "answer": "The budget is what I look after.",
        "joins": '{when: {any_of: ["plan"]}, say: {any: ["And who pays for it?"]}}',
    },
)


def add_cast(site: Site) -> None:
    """Publish the pack; its entries are in `site.practices`."""
    dialogues = "".join(_DIALOGUE.format(**dialogue) for dialogue in _DIALOGUES)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cast.yaml"
        file.write_text(_PACK.replace("DIALOGUES", dialogues))
        bundle = load_bundle(file)
    site.write(lambda tx: publish(tx, bundle))
    site.practices |= {entry.name: entry.id for entry in bundle.entries}
