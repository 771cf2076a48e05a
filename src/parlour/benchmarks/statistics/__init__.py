"""What may be concluded from scores of replayed conversations. Pure: numbers in, frozen dataclasses out.

Promises: an interval covers the truth about as often as it says and a "better" is false in at most 5 % of benchmarks
of equal candidates (`python -m bench statistics` measures both); what cannot be known is `None` with a reason, never
NaN; the same input and seed give the same output. Only modules in here import numpy and scipy, so import them when
they are needed. Read next: `comparing.py`, `intervals.py`, `verdicts.py`, and docs/explanation/statistics.md.
"""
