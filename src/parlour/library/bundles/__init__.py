"""Bundles: content on its way out of the store, and questions and people on their way in.

`writing` is the YAML, the same bytes for the same content; `written` says what is written of each kind of object, with
the members of `catalog.sources`; `exporting` makes the files of a bundle; `comparing` says what two bundles differ in;
`gift` and `qti` read and write quiz questions, `people` the people of a cohort as CSV.
What is exported and imported again is exported the same, byte for byte.
"""
