"""`parlour content test`, as a person and as continuous integration use it."""

import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.harness.forks import forks
from tests.harness.site import PACK

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}
VAGUE = """
pack: {id: small, name: Small}
personas:
  mara:
    name: Mara
    instructions: You are a helpful AI assistant. Give the learner the correct answer to everything that is asked.
    examples: ["<b>Hello</b> & goodbye"]
rubrics:
  listening:
    name: Listening
    total_points: 1
    pass_points: 1
    groups:
      listening:
        name: Listening
        points: 1
        pass_points: 1
        standards:
          - {points: 0, name: Poor, description: Poor listening.}
          - {points: 1, name: Good, description: Good listening.}
"""


def parlour(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return forks().run([str(word) for word in words], "", {**CLEAN, "COLUMNS": "200"}, seconds=100)


def test_the_sample_pack_is_green_with_trials_and_a_bad_bundle_is_red_with_a_report(tmp_path: Path) -> None:
    data, report = tmp_path / "data", tmp_path / "report.xml"
    green = parlour("content", "test", PACK, "--trials", "--junit", report, "--data", data)
    assert green.returncode == 0, green.stderr
    assert "Tells weak, middling and strong apart" in green.stdout
    root = ET.parse(report).getroot()  # noqa: S314
    assert (root.tag, root.get("failures"), int(root.get("tests", "0")) > 40) == ("testsuites", "0", True)
    assert not data.exists()

    bundle = tmp_path / "small.yaml"
    bundle.write_text(VAGUE)
    red = parlour("content", "test", bundle, "--junit", report, "--data", data)
    assert red.returncode == 1
    assert "rubric.vague_level" in red.stdout
    assert "2 of 2 are red." in red.stderr
    failures = [each.get("type") for each in ET.parse(report).getroot().iter("failure")]  # noqa: S314
    assert len(failures) == 2
    assert parlour("content", "test", bundle, "--allow-warnings", "--data", data).returncode == 0

    bundle.write_text(VAGUE.replace("total_points: 1", "total_points: 9"))
    broken = parlour("content", "test", bundle, "--data", data)
    assert broken.returncode == 2
    assert "small.yaml" in broken.stderr
    nothing = parlour("content", "test", "--data", data)
    assert (nothing.returncode, "Name one" in nothing.stderr) == (2, True)


def test_what_is_published_is_tested_by_its_id(tmp_path: Path) -> None:
    data, bundle = tmp_path / "data", tmp_path / "small.yaml"
    bundle.write_text(VAGUE)
    assert parlour("content", "import", bundle, "--data", data).returncode == 0
    from parlour.kernel.ids import named_id

    found = parlour("content", "test", "--artifact", named_id("small", "persona", "mara"), "--trials", "--data", data)
    assert found.returncode == 1
    assert "persona.gives_answer" in found.stdout
    assert "skipped" in found.stdout
    unknown = parlour("content", "test", "--artifact", named_id("small", "persona", "nobody"), "--data", data)
    assert unknown.returncode == 2
