"""P30 for tests of models: a recording, prompts, outputs and titles full of marked words; none of them is in a log."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.wire import benches

MARK = "canary9kTv"
PROVIDERS = json.dumps([{"name": "gone", "base_url": f"http://127.0.0.1:9/{MARK}", "api_key": f"{MARK}-key"}])
API = "/api/v1"


async def story(http: httpx.AsyncClient) -> str:
    """A test with a candidate that repeats what it hears, one whose provider is gone, checks that fail, and a person's
    mark; refused bodies; an estimate; then the consent is withdrawn. All that was read on the way."""
    plain = (await http.get(f"{API}/benchmarks/{benches.bench('plain')}")).json()
    rubric = plain["candidates"][0]["rubric"]["id"]
    candidates = [
        {"title": f"{MARK} {model}", "model": model, "rubric_id": rubric, "prompt": f"You are {MARK}."}
        for model in ("scripted", "scripted-echo", "gone:x")
    ]
    checks = [{"key": MARK, "kind": "contains", "text": MARK}, {"key": "none", "kind": "not_regex", "pattern": MARK}]
    values = {"department_ids": plain["department_ids"], "candidates": candidates, "checks": checks,
              "judges": ["scripted"], "prefer": True}  # fmt: skip
    body = {"eval_id": benches.evaluation(), "name": f"{MARK} benchmark", "values": values}
    made = (await http.post(f"{API}/benchmarks", json=body)).json()
    path = f"{API}/benchmarks/{made['benchmark_id']}"
    messages = [{"role": "user", "content": f"My secret is {MARK}."}, {"role": "assistant", "content": f"Oh, {MARK}?"}]
    given = {"recording": {"title": f"{MARK} talk", "messages": messages}, "consent": f"{MARK} agreed"}
    added = (await http.post(f"{path}/recordings", json=given)).json()
    for wrong in ({"recording": {"title": MARK, "messages": []}}, {MARK: MARK}, {"chat_id": MARK}):
        assert (await http.post(f"{path}/recordings", json=wrong)).status_code == 422
    assert (await http.post(f"{path}/estimate", json={"name": MARK})).status_code == 200
    test = (await http.post(f"{API}/tests", json={"benchmark_id": made["benchmark_id"], "name": MARK})).json()
    tests = f"{API}/tests/{test['test_id']}"
    head: Any = {}
    for _ in range(300):
        head = (await http.get(f"{API}/tests", params={"benchmark_id": made["benchmark_id"]})).json()["items"][0]
        if head["halted"] or head["state"] == "completed":
            break
        await asyncio.sleep(0.1)
    assert head["halted"] == "failures", head  # of the candidate whose provider is gone
    paths = ("", "/results", "/cells", "/export?format=markdown", "/export?format=junit", "/export?format=json")
    read = "".join([(await http.get(f"{tests}{each}")).text for each in paths])
    assert (await http.get(f"{tests}/cells", params={"after": MARK})).status_code == 422
    assert (await http.delete(f"{API}/recordings/{added['recording_id']}")).status_code == 200
    return read


@pytest.mark.promise("P30")
@pytest.mark.parametrize("store", STORES)
async def test_no_word_of_a_recording_a_prompt_or_an_output_is_in_any_log(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site: Site = make_site(store, tmp_path, request)
    benches.install(site)
    with Nursery(site) as nursery:
        child = nursery.start(providers=PROVIDERS)
        headers = {"authorization": f"Bearer {site.tokens['instructor']}"}
        async with httpx.AsyncClient(base_url=child.url, headers=headers, timeout=60) as http:
            assert MARK in await story(http)
            metrics = (await http.get("/metrics")).text
        child.kill(15)
        logs = nursery.logs()
    assert MARK.lower() not in (logs + metrics).lower()
    assert site.tokens["instructor"] not in logs + metrics
    figure(
        "P30",
        "tests of models: a recording, prompts, checks, titles, outputs and a key with marked words, a provider that "
        f"is gone, a withdrawn consent: {len(logs.splitlines())} log lines and the metrics, 0 marked words",
    )
