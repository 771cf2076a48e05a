"""The Glow Socket V5 wire: Socket.IO events and their HTTP twins, over one core.

Promises: the names, payloads, acknowledgements, errors, rooms and recovery of the specification
(`docs/protocol/`); every member connection gets every entry of its rooms once, in order.
Read next: `names.py` (the table of operations), `commands.py` (how one is carried out),
`connection.py` (how events reach a socket), `streams.py` (how they reach an HTTP client).
"""
