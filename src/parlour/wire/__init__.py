"""What clients speak: each wire parses, authenticates, calls one action and encodes.

Promises: the wires never import each other (`http` holds what they share); bad input gets a typed
problem; a wire tells a fact from the fact alone.
Read next: `glow/names.py` (every operation in one table), `http/problems.py` (every error code).
"""
