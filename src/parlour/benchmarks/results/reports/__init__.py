"""Results as files that others can read: JSON (everything), Markdown (a summary), JUnit (for continuous integration).

A report is made from the results and from all cells; it says the same as the page. What people or models said is
escaped, so that it cannot become markup. Formats: docs/reference/tests.md. Read next: `formats.py`.
"""
