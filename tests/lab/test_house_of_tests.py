"""The fixtures themselves: a server of this process answers over HTTP, members have sessions."""

import httpx

from tests.lab.house import LabHouse


async def test_a_server_of_this_process_answers_and_knows_its_members(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http, httpx.AsyncClient(base_url=lab.url, timeout=60) as bare:
        assert (await http.get("/readyz")).status_code == 200
        assert (await http.get("/api/v1/attempts")).status_code == 200
        assert (await bare.get("/api/v1/attempts")).status_code == 401
