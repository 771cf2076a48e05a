"""The library: what authors write, from the first draft to the published version and back.

`access` says who may do what. `drafting` is what people do to a draft, `making` what a model does, begun by
`generating`. `forms` turns typed values into artifacts and back; `checks` finds defects before learners do.
`publishing` makes versions (`applying`: of what lives with the accounts); `reading`, `describing` and `differences`
show them, `shelving` archives and duplicates them, `bundles` carries them elsewhere. `trainings`, with `templates`,
`adopting` and `trainings_shown`, brings them to `cohorts`; `trying` lets an author play a draft.
"""
