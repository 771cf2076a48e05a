"""Drafts: what is not published yet, and the machine that has a model write it (Glow 1.5, 6.10).

A draft belongs to one account and says what changes about one artifact; every write raises its
version. A generation fills a draft value by value, one job each, so that a crash loses at most the
value at hand and doubles none. Start with `entities`, then `actions`; `kinds` says what each type of
value is, `work` makes it, `material` turns a draft into what a chat plays with.
"""
