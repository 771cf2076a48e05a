"""What the pages say of the laboratory and the shared demo cannot show: clients without a credential, a restart."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.docs.demo import Demo, running_demo, without_settings
from tests.docs.pages import ROOT, blocks
from tests.docs.test_docs import check_output, said_after

PAGE = ROOT / "docs" / "how-to" / "lab-clients.md"


def test_a_client_without_a_credential_is_served_on_its_own_machine(tmp_path: Path) -> None:
    program = next(block for block in blocks(PAGE) if block.language == "python" and not block.is_run)
    file = tmp_path / "program.py"
    file.write_text(program.text, encoding="utf-8")
    with running_demo(tmp_path / "demo", PARLOUR_LAB__TRUST_PATH_USER_ID="true") as demo:
        ended = subprocess.run(
            [sys.executable, file.name, demo.url],
            cwd=tmp_path,
            env=without_settings(),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    shown = said_after(program)
    assert shown
    check_output(shown.text.splitlines(), ended.stdout, shown.name)


def test_an_open_question_is_still_there_after_a_kill(tmp_path: Path) -> None:
    """As the tutorial says: and it is answered with another token than the one that was asked."""
    with running_demo(tmp_path / "demo") as demo:
        ask(demo, "chat_text", text="create an experiment called Oxygen")
        question = ask(demo, "response?wait=20")["question"]
        os.kill(demo.process_id, signal.SIGKILL)
    with running_demo(tmp_path / "demo") as again:
        assert again.token("learner") != demo.token("learner")
        [still] = ask(again, "questions")["questions"]
        assert (still["question_id"], still["state"]) == (question["question_id"], "open")
        ask(again, f"questions/{still['question_id']}/answer", answer={"abandon": True})
        assert ask(again, "response?wait=20")["inner_chat"] is False


def ask(demo: Demo, path: str, **body: object) -> Any:
    """GET without a body, POST with one, as the learner."""
    data = json.dumps(body).encode() if body else None
    headers = {"Authorization": f"Bearer {demo.token('learner')}", "Content-Type": "application/json"}
    wanted = urllib.request.Request(f"{demo.url}/users/learner/{path}", data, headers)  # noqa: S310
    with urllib.request.urlopen(wanted, timeout=60) as answer:  # noqa: S310
        return json.load(answer)
