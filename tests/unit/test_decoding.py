"""Typed JSON may be decoded by many threads at once, also the first time a type is met."""

import subprocess
import sys

import msgspec

from parlour.catalog.bundles import load_bundle
from tests.harness.site import PACK

PROGRAM = """
import sys, threading
import msgspec
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import Entry, Rubric, Scenario
from parlour.kernel.decoding import decode

sys.setswitchinterval(0.000001)
texts = sys.stdin.buffer.read().splitlines()
together = threading.Barrier(6)

def learn():
    for kind, text in zip((Dialogue, Scenario, Rubric, Entry), texts):
        together.wait()
        DECODE

threads = [threading.Thread(target=learn) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def endings(decode: str, times: int) -> list[int]:
    """How fresh processes end in which threads meet types together."""
    bundle = load_bundle(PACK)
    things = (bundle.dialogues[0].dialogue, bundle.scenarios[0], bundle.rubrics[0], bundle.entries[0])
    texts = b"\n".join(msgspec.json.encode(thing) for thing in things)
    program = PROGRAM.replace("DECODE", decode)
    command = [sys.executable, "-c", program]
    return [subprocess.run(command, input=texts, capture_output=True, check=False).returncode for _ in range(times)]


def test_threads_may_meet_a_type_together() -> None:
    assert set(endings("decode(text, kind)", 15)) == {0}
