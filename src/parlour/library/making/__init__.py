"""What a model does to a draft of an artifact (Glow 6.10): the other side of `drafts.work`.

`workshop` lays out the bench of a run and ends it; `bench` is one, `table` what lies on it. `shapes` says what a value
of each type is (`flags`: the switches), `planning` and `counting` how many there will be, `linking` what may be chosen
instead, `grounding` which words of a source a value rests on, `tools` what the model may look up, `prompts` what it is
asked, `reading_answers` whether it answered that. `keeping` puts a value into the draft; `media` has files made, and
`keeping_media` keeps them. `saving` publishes the draft at the end.
"""
