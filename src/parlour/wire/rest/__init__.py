"""The REST interface under `/api/v1`: what is read or managed without a conversation.

Promises: every route authenticates by token, never by cookie; every refusal is a problem of
Glow 4.4; an object that the caller may not see is not there.
Read next: `sessions.py` (signing in and out), `practice/`, `authoring/`, `testing/`, `people/`. A module has the routes
of one thing; `*_shapes` and `*_bodies` what they answer and take.
"""
