"""The laboratory assistant: it answers from papers, logs and instruments, and asks before it acts.

`messages/` holds what was said and the state of turns; `accepting/` takes what a person sends;
`questions/` asks and understands answers; `loop/` does the work step by step; `tools/` is what it
can do; `spoken/` hears and speaks; `mailbox/` delivers. `experiments/`, `papers/`, `notes/`,
`instruments/` are the laboratory's own things. Promise: no effect that needs a yes happens without
a stored one. Read next: `entities.py`.
"""
