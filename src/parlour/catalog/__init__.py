"""What is published: personas, scenarios, rubrics, simulations, cohorts, documents, tests, home and practice entries.

Content is versioned: publishing what changed makes a new version, and an entry's chat templates pin the scenario and
rubric versions they were published with, so a grade can always be read against the words it was given for. Content
comes from `library`, through `authored.py` and `trainings.py`, or as YAML bundles, which are checked whole: every
error with file and line, and nothing is imported if there is one.
Read next: `entities.py` (Glow 1.2), `dialogues.py` (how the offline model talks), `bundles.py`, `actions.py`.
"""
