"""A8: each route below `/users/` and each kind of credential; what is foreign answers like what is not there."""

import re
from urllib.parse import quote

import httpx
import pytest

from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.kernel.ids import digest_of
from tests.access.laboratory import USERS
from tests.lab.house import LabHouse, Member

UNKNOWN = "00000000-0000-7000-8000-000000000000"


async def ask(house: LabHouse, route: str, user_id: str, member: Member | None) -> httpx.Response:
    """One request; of an endless answer only its head."""
    method, path = route.split(" ", 1)
    address = re.sub(r"\{[^}]+\}", UNKNOWN, path.replace("{id}", quote(user_id, safe="")))
    async with house.http(member) as http:
        answer = await http.send(http.build_request(method, address, **USERS[route]), stream=True)
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            await answer.aclose()
            return httpx.Response(answer.status_code, headers=answer.headers, content=b"")
        await answer.aread()
        return answer


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All by which a caller could tell answers apart."""
    headers = [(name, value) for name, value in answer.headers.items() if name not in ("date", "x-request-id")]
    return answer.status_code, headers, answer.content


@pytest.mark.lab("A8")
@pytest.mark.parametrize("route", USERS)
async def test_a_route_is_open_to_its_owner_and_to_recorded_admins(lab: LabHouse, route: str) -> None:
    ada, lin, gone, boss = lab.member(), lab.member(), lab.member(), lab.member(role="admin")
    lab.write(lambda tx: tx.run("UPDATE sessions SET expires_at = 1 WHERE digest = :d", d=digest_of(gone.token)))
    for member, name in ((None, ada.user_id), (None, "nobody"), (gone, gone.user_id)):
        answer = await ask(lab, route, name, member)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), answer.text
    foreign = await ask(lab, route, ada.user_id, lin)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found"), foreign.text
    for name in ("nobody", "x" * 65, "李雷"):
        assert told(await ask(lab, route, name, lin)) == told(foreign)
    of_missing = re.sub(r"\{id\}", "", route).count("{") or "files/bytes" in route
    for member in (ada, boss):
        answer = await ask(lab, route, ada.user_id, member)
        allowed = (404, 415) if of_missing else (200, 415)
        assert answer.status_code in allowed, (answer.status_code, answer.text)
        assert answer.headers["x-request-id"]
    method, path = route.split(" ", 1)
    (row,) = lab.read(lambda tx: audit.list_rows(tx, Wanted(actor=boss.account_id)))
    assert (row.acted_for, row.route) == (ada.account_id, f"{method} {path}")
