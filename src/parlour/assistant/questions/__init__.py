"""Questions that the assistant asks a person: six kinds, typed, durable, answered once (lab protocol 6).

A question is a pause with a message. Words become answers by fixed rules, never by a model for
`authorize`. Read next: `entities.py`, `actions.py`, `words.py` (from words to an answer).
"""
