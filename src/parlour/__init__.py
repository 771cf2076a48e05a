"""Parlour: a self-hosted server for conversations between people and AI.

Folders are capabilities (`attempts`, `grading`, `catalog`, ...) over one spine (`jobs`, `events`,
`storage`, `kernel`); `wire` holds what clients speak, `providers` the models, and `app` is the only
module that knows everything. Imports go downwards only; `lint-imports` checks it.
Read next: `docs/index.md`, then `parlour.kernel` and `parlour.storage`.
"""
