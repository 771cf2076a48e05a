"""What authors try in order to reach more than they may: by publishing, by naming, by files (Glow 1.1, P20)."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from tests.wire.authors import Author
from tests.wire.house import House

TEXT = "Judges how a learner listens."


def rubric_changes() -> list[dict[str, Any]]:
    """A rubric that may be published."""
    group = "10000000-0000-7000-8000-000000000001"
    levels = ("asks nothing and talks of other things", "asks one closed question", "asks and repeats what was said")
    return [
        {"op": "put", "type": "names", "fields": {"name": "Hidden rubric"}},
        {"op": "put", "type": "descriptions", "fields": {"description": TEXT}},
        {"op": "add", "type": "standard_groups", "value_id": group, "fields": {"name": "Listening", "points": 2}},
        *(
            {
                "op": "add",
                "type": "standards",
                "fields": {
                    "name": f"Level {points}",
                    "description": said,
                    "points": points,
                    "standard_group_id": group,
                },
            }
            for points, said in enumerate(levels)
        ),
    ]


async def elsewhere(house: House, author: Author) -> tuple[str, str]:
    """A department that nobody of the house is in but the outsider, and a rubric of the instructor."""

    def fill(tx: Any) -> str:
        known = {each.name: each.department_id for each in accounts.list_departments(tx)}
        made = known.get("Far away") or accounts.create_department(tx, "Far away").department_id
        accounts.set_account_departments(tx, house.site.ids["outsider"], [made])
        return made

    department = house.site.write(fill)
    draft = await author.begin("rubric")
    draft = await author.change(draft, *rubric_changes())
    done = await author.post(draft, "publish")
    return department, done["artifact_id"]


@pytest.mark.case(6)
async def test_nobody_publishes_what_is_not_theirs_to_use(house: House) -> None:
    async with (
        Author(house.site, house.process, "instructor") as author,
        Author(house.site, house.process, "outsider") as other,
    ):
        department, rubric_id = await elsewhere(house, author)
        await other.ask("GET", f"/artifacts/{rubric_id}", status=404)
        draft = await other.begin("eval")
        draft = await other.change(
            draft,
            {"op": "put", "type": "names", "fields": {"name": "An eval"}},
            {"op": "put", "type": "descriptions", "fields": {"description": rubric_id}},
        )
        done = await other.post(draft, "publish")
        draft = await other.begin("eval", artifact_id=done["artifact_id"])
        for change in (
            {"op": "link", "type": "rubrics", "artifact_id": rubric_id},
            {"op": "link", "type": "departments", "artifact_id": own_department(house, "instructor")},
        ):
            await other.change(draft, change, status=404)
        pairs = {"op": "add", "type": "run_rubrics", "fields": {"runs_id": "x", "rubric_id": rubric_id}}
        draft = await other.change(draft, pairs)
        refused = await other.post(draft, "publish", status=422)
        assert refused["code"] == "draft_invalid"
        assert [each["pointer"] for each in refused["errors"]] == ["/values/run_rubrics/0/rubric_id"]
        assert "Hidden" not in json.dumps([refused, await other.read(draft)])

        # What a superadmin joined is read with the names of one's own side only.
        async with Author(house.site, house.process, "root") as root:
            joined = await root.begin("eval")
            joined = await root.change(
                joined,
                {"op": "put", "type": "names", "fields": {"name": "A joined eval"}},
                {"op": "link", "type": "departments", "artifact_id": department},
                {"op": "link", "type": "departments", "artifact_id": own_department(house, "instructor")},
                {"op": "link", "type": "rubrics", "artifact_id": rubric_id},
            )
            published = await root.post(joined, "publish")
        shown = await other.ask("GET", f"/artifacts/{published['artifact_id']}")
        assert [each["name"] for each in shown["values"]["rubrics"]] == [None]
        assert sorted(str(each["name"]) for each in shown["values"]["departments"]) == ["Far away", "None"]
        assert "Hidden" not in json.dumps(shown)
        carried = await other.http.get(f"/api/v1/artifacts/{published['artifact_id']}/export")
        assert "Hidden" not in carried.text
        duplicate = await other.ask("POST", f"/artifacts/{published['artifact_id']}/duplicate", {}, status=201)
        await other.post(duplicate, "publish", status=422)


def own_department(house: House, user_id: str) -> str:
    """The department of somebody."""
    actor = house.site.write(lambda tx: accounts.actor_by_id(tx, house.site.ids[user_id]))
    assert actor is not None
    return next(iter(actor.department_ids))


@pytest.mark.case(6)
async def test_a_draft_is_no_way_into_what_one_may_not_read_any_more(house: House) -> None:
    async with (
        Author(house.site, house.process, "instructor") as author,
        Author(house.site, house.process, "outsider") as other,
        Author(house.site, house.process, "root") as root,
    ):
        department, _ = await elsewhere(house, author)
        text = "You are Ada, who comes late every morning because of the early bus, and says so only when asked kindly."
        draft = await root.begin()
        draft = await root.change(
            draft,
            {"op": "put", "type": "names", "fields": {"name": "Ada"}},
            {"op": "put", "type": "instructions", "fields": {"template": text}},
            {"op": "link", "type": "departments", "artifact_id": department},
        )
        persona_id = (await root.post(draft, "publish"))["artifact_id"]
        kept = await other.begin(artifact_id=persona_id)
        house.site.write(lambda tx: accounts.set_account_departments(tx, house.site.ids["outsider"], []))
        newer = await root.begin(artifact_id=persona_id)
        secret = {"op": "put", "type": "descriptions", "fields": {"description": "Written for others."}}
        newer = await root.change(newer, secret)
        await root.post(newer, "publish")
        assert (await other.read(kept))["values"]["names"][0]["fields"] == {"name": "Ada"}  # what was copied before
        missing = [await other.post(kept, "rebase", status=404), await other.post(kept, "publish", status=404)]
        missing.append(await other.ask("GET", f"/artifacts/{persona_id}", status=404))
        assert {each["detail"] for each in missing} == {"Artifact not found."}
        told = await other.ask("GET", f"/authoring/drafts/{kept['id']}/differences")
        assert "Written for others." not in json.dumps([told, await other.read(kept)])


@pytest.mark.case(6)
async def test_what_is_for_everybody_is_not_taken_by_one_department(house: House) -> None:
    async with Author(house.site, house.process, "admin") as admin:
        cards = (await admin.ask("GET", "/artifacts?type=simulation&limit=200"))["items"]
        shared = next(card for card in cards if not card["department_ids"] and card["pack"])
        draft = await admin.begin("simulation", artifact_id=shared["id"])
        own = {"op": "link", "type": "departments", "artifact_id": own_department(house, "admin")}
        draft = await admin.change(draft, own)
        refused = await admin.post(draft, "publish", status=422)
        assert [each["pointer"] for each in refused["errors"]] == ["/values/departments"]
        await admin.ask("DELETE", f"/authoring/drafts/{draft['id']}", status=204)


BOMBS = ("9" * 30, "1e400", '"\\ud800"', '"\\u0000"', "[" * 40 + "]" * 40, '"' + "x" * 20_000 + '"', "NaN", "[]", '"a"')


@pytest.mark.case(13, 104)
@pytest.mark.promise("P20")
async def test_metadata_and_messages_are_bounded_and_plain(house: House) -> None:
    async with Author(house.site, house.process, "instructor") as author, house.client("instructor") as client:
        asked = '{"artifact_types":["persona"],"resource_types":["names"],"draft_id":"%s",%s}'
        draft = await author.begin()
        for member in ("metadata", "extra_messages", "user_instructions", "run_id"):
            for bomb in BOMBS:
                inner = f'{{"x":{bomb}}}' if member == "metadata" else bomb
                body = asked % ("00000000-0000-7000-8000-000000000000", f'"{member}":{inner}')
                answer = await author.http.post(
                    "/socket/v5/client/generate", content=body, headers={"content-type": "application/json"}
                )
                assert answer.status_code in (400, 404, 409, 422, 429), (member, bomb[:20], answer.text)
        for bad in ({"x": 10**18}, {"value_id": [1]}, {"count": 10**18, "add": "yes"}):
            said: dict[str, Any] = {"artifact_types": ["persona"], "resource_types": ["names"], "metadata": bad}
            answer = await client.call("generate", {**said, "draft_id": draft["id"]})
            assert answer["ok"] or answer["error"]["code"] in ("invalid_request", "too_many_requests")


XML = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "%s"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;&c;</a>'


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, spoil: bool = False) -> str:
    """The base64 of an archive, with its packed bytes spoilt or not."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    found = bytearray(made.getvalue())
    if spoil:
        found[45:60] = b"\xff" * 15
    return base64.b64encode(bytes(found)).decode()


@pytest.mark.promise("P20")
async def test_files_of_questions_are_refused_whole(house: House) -> None:
    nested = "<a>" * 100 + "</a>" * 100
    files = (
        XML % "x",
        XML % "&c;" * 3,
        nested,
        "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd' parse='text'/></a>",
        "<" + "a" * 100_000,
        packed(("a.xml", b"<a>" + b"x" * 20_000_000 + b"</a>")),
        packed(*((f"{number}.xml", b"<a/>") for number in range(700))),
        packed(("../../../etc/cron.d/x.xml", b"<a/>")),
        packed(("a.xml", b"<a/>" * 20), method=zipfile.ZIP_LZMA, spoil=True),
        packed(("a.xml", b"<a/>" * 20), method=zipfile.ZIP_BZIP2, spoil=True),
        packed(("a.xml", b"<a/>" * 20), spoil=True),
        "UEsDBnot base64 at all",
        "UEsDBBQAAAAIA",
        "{" * 50_000,
        "\\" * 50_000,
        "<!" * 20_000 + " {=a ~b}",
        "a {=" + "~%50%" * 10_000 + "}",
    )
    async with Author(house.site, house.process, "instructor") as author:
        draft = await author.begin("scenario")
        for text in files:
            for given in ("auto", "gift", "qti"):
                body = {"format": given, "text": text}
                refused = await author.ask("POST", f"/authoring/drafts/{draft['id']}/questions", body, status=422)
                assert "root:" not in json.dumps(refused)
        assert (await author.read(draft))["values"] == {}
