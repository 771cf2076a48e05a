"""The page's files as the server hands them out, and the pure modules under Node's own test runner."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parlour.wire.web import routes
from parlour.wire.web.routes import STATIC, Assets

HERE = Path(__file__).parent
MARKUP_FROM_TEXT = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(")


@pytest.fixture(name="client")
def a_client() -> TestClient:
    """The page alone."""
    app = FastAPI()
    app.include_router(routes())
    return TestClient(app)


@pytest.mark.parametrize("path", ["/", "/assets/app.js", "/assets/vendor/socket.io.js", "/assets/missing.js"])
def test_an_injected_script_has_nothing_to_run(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-src blob:;" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_browser_that_has_the_file_is_not_sent_it_again(client: TestClient) -> None:
    first = client.get("/assets/app.js")
    again = client.get("/assets/app.js", headers={"If-None-Match": f'W/{first.headers["etag"]}, "other"'})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_head_says_what_get_would(client: TestClient) -> None:
    answer = client.head("/")
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(client.get("/").content)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../routes.py",
        "/assets/..%2froutes.py",
        "/assets/%2e%2e/routes.py",
        "/assets//etc/passwd",
        "/assets/",
        "/assets/vendor/README.md",
    ],
)
def test_only_the_page_s_own_files_can_be_asked_for(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_no_markup_of_ours_needs_what_the_policy_forbids() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)", page)
    for name, file in Assets().files.items():
        if name.endswith(".js") and not name.startswith("vendor/"):
            assert not MARKUP_FROM_TEXT.search(file.read_text()), name


def test_every_import_is_a_file_that_is_served() -> None:
    assets = Assets().files
    for name, file in assets.items():
        if name.endswith(".js"):
            for wanted in re.findall(r'(?:from|import)\s*"([^"]+)"', file.read_text()):
                target = (STATIC / name).parent.joinpath(wanted).resolve().relative_to(STATIC.resolve()).as_posix()
                assert target in assets, f"{name} imports {wanted}"


def test_vendored_files_are_the_pinned_ones() -> None:
    table = (STATIC / "vendor" / "README.md").read_text()
    pinned = dict(re.findall(r"^\| (\S+\.js) \|.*`([0-9a-f]{64})`", table, re.MULTILINE))
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (STATIC / "vendor").glob("*.js")}
    assert found == pinned


@pytest.mark.node
def test_the_pure_modules_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here: the page's pure modules were NOT tested on their own")
    files = sorted(str(file) for file in HERE.glob("*.test.mjs"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
