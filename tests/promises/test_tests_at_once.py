"""Tests of models that one account starts at once, on PostgreSQL through two servers: no more than its bound go on."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.conftest import STORES, make_site
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.wire import benches

ASKED = 24
MOST = 3
AUTOMATIC = {"parallel": 1}


@pytest.mark.promise("P25")
@pytest.mark.parametrize("store", STORES)
async def test_of_many_starts_at_once_only_as_many_succeed_as_may_run(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    benches.install(site)
    headers = {"Authorization": f"Bearer {site.tokens['instructor']}"}
    with Nursery(site) as nursery:
        count = 2 if store == "postgresql" else 1
        urls = [nursery.start(limits__tests_running_max=MOST).url for _ in range(count)]
        async with httpx.AsyncClient(headers=headers, timeout=60) as http:
            body = {"benchmark_id": benches.bench("hanging"), "plan": AUTOMATIC}
            asked = [http.post(f"{urls[number % count]}/api/v1/tests", json=body) for number in range(ASKED)]
            answers = await asyncio.gather(*asked)
            begun = [each.json()["test_id"] for each in answers if each.status_code == 201]
            refused = [each.json()["code"] for each in answers if each.status_code != 201]
            assert (len(begun), refused) == (MOST, ["rate_limited"] * (ASKED - MOST))
            assert (await http.post(f"{urls[0]}/api/v1/tests/{begun[0]}/stop")).status_code == 200
            asked = [http.post(f"{urls[number % count]}/api/v1/tests", json=body) for number in range(ASKED)]
            assert sorted(each.status_code for each in await asyncio.gather(*asked)) == [201, *[429] * (ASKED - 1)]
    figure("P25", f"{2 * ASKED} tests of models started at once: {MOST} ran, as many as may, the others were refused")
