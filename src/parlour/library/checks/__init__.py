"""Tests of content before learners meet it: what is wrong, how bad it is, and what would mend it.

`findings` is what every test says; the lints are rules over values, without a model; the trials play the content with
the model of the server: graders rank transcripts, personas are talked to. `running` keeps what came of them.
"""
