"""Trials: content is played with the models of the server before a learner meets it.

Each trial is a pure function of what is tried and of the answers so far: it asks for the next answer, or says how it
ended. So a trial goes on after a crash where it stood, and the same code runs as a job and at the command line.
`plan` says which trials there are for what, `subjects` what they need, `answering` asks the models.
"""
