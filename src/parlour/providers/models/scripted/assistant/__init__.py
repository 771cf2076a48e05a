"""The embedded model of the laboratory assistant (lab protocol 7.5).

Promises: every word that it quotes stands in a source that it was given.
Read next: `brain.py` (the next step), `intents.py` (which tool a message asks for), `answers.py`.
"""
