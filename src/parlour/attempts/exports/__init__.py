"""Attempts as files: JSON Lines, CSV, Markdown and xAPI statements.

A file is made from the attempt detail that the same reader would be shown, so nothing is exported
that may not be read: no answer key before the answer, no persona instructions for the owner.
`records` reads, `formats` knows the four forms, the other modules are pure and each write one.
"""
