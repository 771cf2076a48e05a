"""How long the longest test files take, so that they are begun first: seconds as measured, three at a time.

The figures need not be exact, and a file that is not here is short. `make test ARGS=--durations=50` shows what is long.
"""

from collections.abc import Mapping

SHORT = 5
SECONDS: Mapping[str, int] = {
    "tests/lab/test_flows.py": 135,
    "tests/access/test_matrix.py": 117,
    "tests/promises/test_questions_killed.py": 79,
    "tests/wire/test_http_operations.py": 69,
    "tests/promises/test_poison.py": 63,
    "tests/stories/test_assessment.py": 62,
    "tests/wire/test_attempts.py": 56,
    "tests/access/test_lab_canaries.py": 55,
    "tests/wire/test_openapi.py": 54,
    "tests/promises/test_recovery.py": 47,
    "tests/docs/test_docs.py": 43,
    "tests/lab/test_killed_laboratory.py": 41,
    "tests/browser/test_page.py": 40,
    "tests/access/test_canaries.py": 39,
    "tests/lab/test_races_servers.py": 39,
    "tests/wire/test_dialect.py": 39,
    "tests/wire/test_http_streams.py": 39,
    "tests/lab/test_accounts.py": 37,
    "tests/lab/test_problems.py": 37,
    "tests/wire/test_delivery.py": 36,
    "tests/promises/test_files.py": 34,
    "tests/wire/test_generated_chats.py": 33,
    "tests/wire/test_handshake.py": 33,
    "tests/lab/test_loop.py": 32,
    "tests/lab/test_mailbox_life.py": 31,
    "tests/abuse/test_new_edges.py": 30,
    "tests/promises/test_cluster.py": 30,
    "tests/promises/test_snapshot.py": 30,
    "tests/wire/test_recovery.py": 29,
    "tests/promises/test_killed_messages.py": 28,
    "tests/promises/test_work_ends.py": 28,
    "tests/promises/test_lab_logs.py": 27,
    "tests/lab/test_callers.py": 26,
    "tests/unit/test_accepting.py": 26,
    "tests/unit/test_questions.py": 26,
    "tests/wire/test_commands.py": 26,
    "tests/lab/test_loop_crashes.py": 24,
    "tests/wire/test_uploads.py": 24,
    "tests/lab/test_access.py": 22,
    "tests/lab/test_drops.py": 22,
    "tests/promises/test_store_gone.py": 22,
    "tests/wire/test_presence.py": 22,
    "tests/lab/test_mailbox.py": 21,
    "tests/lab/test_snapshots.py": 19,
    "tests/wire/test_failures.py": 19,
    "tests/wire/test_jwt.py": 19,
    "tests/wire/test_personas.py": 18,
    "tests/wire/test_search.py": 17,
    "tests/lab/test_messages_wire.py": 15,
    "tests/promises/test_stop.py": 15,
    "tests/browser/test_talk.py": 14,
    "tests/unit/test_removal.py": 14,
    "tests/lab/test_conformance_details.py": 13,
    "tests/wire/test_time.py": 13,
    "tests/browser/test_waiting.py": 12,
}


def heaviness(file: str) -> tuple[int, str]:
    """What to sort files by; the name keeps the tests of a file together."""
    return -SECONDS.get(file, SHORT), file
