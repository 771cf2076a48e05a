"""The offline author: templates that are varied and put together, honestly labelled as such.

Promises: nothing is invented that is not in the request or in the templates.
Read next: `artifacts.py` (which template serves what), `chats.py` (material of one chat), `ask.py` (what it is asked).
"""
