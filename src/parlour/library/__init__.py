"""The library: what authors write, from the first draft to the published version and back.

`access` says who may do what, `media` with files. `drafting` is what people do to a draft, `making` what a model
does, begun by `generating`. `forms` turns typed values into artifacts and back, `links` says what names what;
`checks` finds defects before learners do. `publishing` makes versions (`applying`: of what lives with the accounts);
`reading`, `describing` and `differences` show them, `shelving` archives and duplicates them, `bundles` carries them
elsewhere. `trainings` brings them to cohorts; `trying` lets an author play a draft, as far as that author may read
what is in it (`seen`).
"""
