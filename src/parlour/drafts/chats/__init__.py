"""Drafts of chats: what is chosen, or made by a model, for the one chat that waits in a lobby (Glow 6.1.6 to 6.1.8).

`kinds` says what each type of value is, `material` turns a draft into what a chat plays with, `choosing` is what
a person may change, `prompt` what a model is asked. `bench` is where the machine of `drafts.work` makes them.
"""
