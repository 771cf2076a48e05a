"""What a model does to a draft of an artifact (Glow 6.10): the other side of `drafts.work`.

`workshop` lays out the bench of a run and ends it; `bench` is one. `shapes` says what a value of each type is,
`planning` how many there will be, `linking` what may be chosen instead, `grounding` which words of a source a value
rests on, `keeping` how it goes into the draft, `tools` what the model may look up, `prompts` what it is asked.
"""
