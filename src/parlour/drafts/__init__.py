"""Drafts: what is not published yet, and the machine that has a model write it (Glow 1.5, 6.10).

A draft belongs to one account and says what changes about one artifact; every write raises its version. A generation
fills a draft value by value, one job each, so that a crash loses at most the value at hand and doubles none.
Start with `entities` and `values`, then `actions`. `work` is the machine, `making` its ports; `artifacts` and
`registry` are the appendices of Glow as data. `chats` is about drafts of chats; what people and models do to drafts
of all other artifacts is in `library`.
"""
