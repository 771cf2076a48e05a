"""Every lab route and what it is sent (lab protocol, case A8). Each route below `/users/` has its row here.

A row is what `httpx` is given besides method and path, so that the request is one that the route takes. Further
members of a path are filled in with ids that do not exist.
"""

from collections.abc import Mapping
from typing import Any

ACCOUNTS = (
    "POST /accounts/log-up",
    "POST /accounts/log-in",
    "POST /accounts/sign-up",
    "POST /accounts/log-out",
)

_TEXT = {"json": {"text": "Good morning"}}
_FILE = {"files": {"file": ("notes.txt", b"a note")}, "data": {"text": "Keep this"}}
_WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\0\0\0\0"
_SPEECH = {"files": {"file": ("speech.wav", _WAV)}}
_HANDLE = "files/00000000-0000-7000-8000-000000000000/nothing.pdf"
_NOTE = {"doi": "10.1000/xyz", "page_label": 1, "chunk_info": "a passage", "note": "a note"}

USERS: Mapping[str, Mapping[str, Any]] = {
    "POST /users/{id}/chat_text": _TEXT,
    "POST /users/{id}/inner_chat_text": _TEXT,
    "POST /users/{id}/chat_with_file": _FILE,
    "POST /users/{id}/inner_chat_with_file": _FILE,
    "POST /users/{id}/chat_speech": _SPEECH,
    "POST /users/{id}/inner_chat_speech": _SPEECH,
    "GET /users/{id}/response": {},
    "POST /users/{id}/cancel": {"json": {}},
    "POST /users/{id}/clear_history": {},
    "GET /users/{id}/conversation": {},
    "GET /users/{id}/messages": {},
    "GET /users/{id}/turns/{turn_id}": {},
    "GET /users/{id}/questions": {},
    "GET /users/{id}/questions/{question_id}": {},
    "POST /users/{id}/questions/{question_id}/answer": {"json": {"text": "yes"}},
    "POST /users/{id}/questions/{question_id}/assign": {"json": {"to": None}},
    "POST /users/{id}/files/bytes": {"json": {"filepath": _HANDLE}},
    "GET /users/{id}/files/{handle:path}": {},
    "GET /users/{id}/files": {},
    "DELETE /users/{id}/files/{handle:path}": {},
    "POST /users/{id}/paper_notes/add_note": {"json": _NOTE},
    "GET /users/{id}/paper_notes/get_note": {"params": {"doi": "10.1000/xyz"}},
    "POST /users/{id}/paper_notes/get_note": {"json": {"doi": "10.1000/xyz"}},
    "GET /users/{id}/events": {},
}
