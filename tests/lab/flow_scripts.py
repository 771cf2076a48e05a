"""What the assistant plays in flows of section 17, told by the first word; anything else goes to the built-in rules."""

from pathlib import Path

SLOW_SECONDS = 1.5
STORY = f"""
turns:
  - match: ^plain
    steps:
      - answer: A plain answer.
  - match: ^set up
    steps:
      - thought: I ask what it is about.
        calls: [{{tool: experiment_create, arguments: {{}}}}]
      - answer: That is all.
  - match: ^make
    steps:
      - thought: I create it.
        calls: [{{tool: experiment_create, arguments: {{experiment_name: Anneal, experiment_description: Heat it.}}}}]
      - answer: That is all.
  - match: ^note down
    steps:
      - thought: I write it into the log.
        calls: [{{tool: experiment_log_add, arguments: {{text: The pump is on.}}}}]
      - answer: It stands in the log.
  - match: ^advise
    steps:
      - thought: I look at the experiments.
        calls: [{{tool: experiment_list, arguments: {{}}}}]
      - thought: I look at the papers.
        calls: [{{tool: recent_paper_list, arguments: {{}}}}]
      - answer: A long answer.
      - answer: A short answer.
  - match: ^two steps
    steps:
      - thought: I look at the experiments.
        calls: [{{tool: experiment_list, arguments: {{}}}}]
      - thought: I look at the papers.
        calls: [{{tool: recent_paper_list, arguments: {{}}}}]
      - answer: Both were looked at.
  - match: ^slowly
    steps:
      - delay: {SLOW_SECONDS}
        thought: I create it.
        calls: [{{tool: experiment_create, arguments: {{experiment_name: Slow, experiment_description: Slow.}}}}]
      - answer: That is all.
  - match: ^think long
    steps:
      - delay: 30
        answer: At last.
  - match: ^break
    steps:
      - fault: final
"""


def write_story(folder: Path) -> Path:
    """The file for `lab.script`."""
    file = folder / "flows.yaml"
    file.write_text(STORY, encoding="utf-8")
    return file
