"""Tests of models: benchmarks, tests that run, what came of them.

Promises: what takes long is computed off the event loop.
Read next: `benchmarks.py`, `running.py`, `results.py`. `*_bodies` have what is sent.
"""
