"""The offline provider: everything that Parlour asks of a model, by rules and written parts. No network, no key.

Promises: the same request with the same seed has the same answer.
Read next: `model.py` (which part answers what), `dialogue.py` (a persona plays), `grader.py` (what learners did),
`author/` (content is written), `assistant/` (the laboratory's assistant), `played.py` (a file of turns is played).
"""
