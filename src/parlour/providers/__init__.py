"""The outside, behind the ports of the core: `models` (language models) and `speech`.

Everything here fails as `ProviderFault`, never with the outside's own exceptions, and says
nothing of keys or conversations when it does. What may wait, waits with a limit.
Read next: `models/__init__.py`, and `parlour.turns.ports` for what a model promises.
"""
