"""The library: what authors write, from the first draft to the published version and back.

`forms` turns typed values into artifacts and artifacts into values; `reading` lists, searches and compares what is
published; `drafting` is what a person does to a draft; `making` is what a model does; `checks` finds defects before
learners do; `publishing` makes versions; `trainings` brings them to cohorts; `bundles` carries them elsewhere.
"""
