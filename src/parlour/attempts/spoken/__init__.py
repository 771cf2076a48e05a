"""The record of what was spoken in an attempt: reading it, disputing it, and how long its recordings are kept.

Promises: who may read a chat may read and hear what was spoken in it, and nobody else; only the learner disputes,
before there is a grade, and only staff decide. The voice session itself is in `attempts/voice/`.
Read next: `reading.py`, `disputing.py`, `shapes.py`.
"""
