"""The library over HTTP: types, cards, artifacts with their versions, copies, the shelf, what attempts keep."""

from typing import Any

from parlour.catalog import actions as catalog
from parlour.storage.tx import Tx
from tests.abuse.edges import TEXTS
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.wire.authors import Author

ID = "00000000-0000-7000-8000-000000000000"


def put(type_name: str, **fields: object) -> dict[str, object]:
    """Write the one value of a type."""
    return {"op": "put", "type": type_name, "fields": fields}


def add(type_name: str, **fields: object) -> dict[str, object]:
    """A further value of a type."""
    return {"op": "add", "type": type_name, "fields": fields}


async def made(author: Author, artifact_type: str, *changes: object) -> Any:
    """Something new, published."""
    draft = await author.change(await author.begin(artifact_type), *changes)
    return await author.post(draft, "publish")


async def test_a_persona_is_written_published_read_changed_and_compared(site: Site, server: Process) -> None:
    async with Author(site, server, "instructor") as author, Author(site, server, "learner") as learner:
        types = await author.ask("GET", "/authoring/types")
        kinds = {each["type"]: each for each in types["types"]}
        assert kinds["persona"]["may_create"]
        assert "agent" not in kinds
        assert (types["offline"], types["two_person"], types["modalities"][:2]) == (True, False, ["call", "text"])
        instructions = next(each for each in kinds["persona"]["resource_types"] if each["name"] == "instructions")
        assert instructions == {
            "name": "instructions",
            "label": "Instructions",
            "single": True,
            "link_to": None,
            "can_generate": True,
            "fields": [{"name": "template", "kind": "string", "long": True, "choices": None}],
        }
        linked = next(each for each in kinds["scenario"]["resource_types"] if each["name"] == "personas")
        assert linked["link_to"] == "persona"
        assert (await learner.ask("GET", "/authoring/types"))["types"] == []

        first = await made(
            author,
            "persona",
            put("names", name="Ünal"),
            put("descriptions", description="A student who is late."),
            put("instructions", template="You are Ünal. You are late, you are sorry, and you ask what you missed."),
            put("colors", hex_code="#336699"),
            add("examples", example="Sorry!"),
        )
        assert (first["artifact_type"], first["version"], first["written"], first["trainings"]) == (
            "persona",
            1,
            True,
            [],
        )
        path = f"/artifacts/{first['artifact_id']}"
        card = (await author.ask("GET", "/artifacts?type=persona&search=%C3%BCNAL"))["items"][0]
        assert (card["name"], card["color"], card["version"], card["may_edit"]) == ("Ünal", "#336699", 1, True)
        assert card["published_by"] == {"profile_id": author.profile_id, "name": card["published_by"]["name"]}
        assert card["draft_id"] is None
        await learner.ask("GET", "/artifacts", status=403)
        await learner.ask("GET", path, status=404)

        draft = await author.begin("persona", artifact_id=first["artifact_id"])
        shown = await author.ask("GET", path)
        assert (shown["draft_id"], shown["shown_version"]) == (draft["id"], 1)
        assert [value["fields"] for value in shown["values"]["examples"]] == [{"example": "Sorry!"}]
        assert shown["values"]["examples"][0]["by"] == {"example": "person"}
        draft = await author.change(draft, put("names", name="Ünal Ersoy"))
        second = await author.post(draft, "publish", note="His full name.")
        assert second["version"] == 2
        versions = (await author.ask("GET", f"{path}/versions"))["items"]
        assert [(each["version"], each["current"], each["note"]) for each in versions] == [
            (2, True, "His full name."),
            (1, False, ""),
        ]
        changes = (await author.ask("GET", f"{path}/differences?from=1&to=2"))["changes"]
        assert [(each["type"], each["kind"], each["before"], each["after"]) for each in changes] == [
            ("names", "changed", "Ünal", "Ünal Ersoy")
        ]
        old = await author.ask("GET", f"{path}?version=1")
        assert (old["name"], old["values"]["names"][0]["fields"]["name"]) == ("Ünal Ersoy", "Ünal")
        await author.ask("GET", f"{path}?version=9", status=404)
        await author.ask("GET", f"{path}/differences?from=1&to=9", status=404)
        await author.ask("GET", f"{path}/differences?from=x&to=9", status=422)
        await author.ask("GET", "/artifacts/x", status=422)
        await author.ask("GET", f"/artifacts/{ID}", status=404)


async def test_what_cannot_be_published_says_where_it_is_wrong(site: Site, server: Process) -> None:
    async with Author(site, server, "instructor") as author:
        draft = await author.change(
            await author.begin("rubric"),
            put("names", name="Listening"),
            put("points", value=3),
            add("anchors", level="x"),
        )
        answer = await author.post(draft, "publish", status=422)
        assert answer["code"] == "draft_invalid"
        assert "/values/anchors/0/level" in {each["pointer"] for each in answer["errors"]}
        assert all(each["message"] for each in answer["errors"])
        assert not (await author.read(draft))["closed"]


async def test_copies_and_the_shelf(site: Site, server: Process) -> None:
    async with Author(site, server, "instructor") as author:
        first = await made(author, "document", put("names", name="Rules of the house"), put("texts", text="Be kind."))
        path = f"/artifacts/{first['artifact_id']}"
        copy = await author.ask("POST", f"{path}/duplicate", status=201)
        assert (copy["artifact_id"], copy["name"], copy["base_version"]) == (None, "Rules of the house (copy)", 0)
        assert copy["values"]["texts"][0]["fields"] == {"text": "Be kind."}
        card = await author.ask("POST", f"{path}/archive", {"archived": True})
        assert card["archived"]
        listed = await author.ask("GET", "/artifacts?type=document&search=house")
        assert first["artifact_id"] not in {each["id"] for each in listed["items"]}
        listed = await author.ask("GET", "/artifacts?type=document&archived=true&mine=true")
        assert first["artifact_id"] in {each["id"] for each in listed["items"]}
        assert not (await author.ask("POST", f"{path}/archive", {"archived": False}))["archived"]
        await author.ask("POST", f"{path}/archive", {"archived": "yes"}, status=422)
        await author.ask("GET", "/artifacts?type=spaceship", status=422)
        await author.ask("GET", "/artifacts?cursor=nonsense", status=422)
        await author.ask("GET", "/artifacts?limit=0", status=422)


async def test_a_new_version_reaches_trainings_when_somebody_adopts_it(site: Site, server: Process) -> None:
    def pinned(tx: Tx) -> tuple[str, int]:
        template = catalog.all_entries(tx, "home")[0].templates[0]
        return template.scenario_id, template.scenario_version

    scenario_id, before = site.write(pinned)
    async with Author(site, server, "root") as author:
        path = f"/artifacts/{scenario_id}"
        draft = await author.begin("scenario", artifact_id=scenario_id)
        published = await author.post(await author.name(draft, "Another name"), "publish")
        assert published["version"] == before + 1
        shown = await author.ask("GET", path)
        assert {each["version"] for each in shown["trainings"]} == {before}
        assert {each["newest"] for each in shown["trainings"]} == {before + 1}
        assert {each["type"] for each in shown["used_by"]} >= {"simulation"}
        assert site.write(pinned)[1] == before
        adopted = await author.ask("POST", f"{path}/adopt")
        assert {each["version"] for each in adopted["trainings"]} == {before + 1}
        assert site.write(pinned)[1] == before + 1


async def test_an_attempt_and_its_grade_stay_what_they_were_when_its_content_changes(
    site: Site, server: Process
) -> None:
    practice = site.practices["Practice: office hours"]

    def played(tx: Tx) -> tuple[str, str]:
        entry = catalog.entry_for(tx, "practice", practice)
        assert entry is not None
        assert entry.templates[0].rubric_id is not None
        return entry.templates[0].scenario_id, entry.templates[0].rubric_id

    scenario_id, rubric_id = site.write(played)
    async with Author(site, server, "root") as author, Client(server.url, site.tokens["learner"]) as learner:
        attempt, chat = await learner.start_practice(practice)
        await learner.say(attempt, chat, "What have you tried so far?")
        await learner.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await learner.wait_for("attempt_graded", chat_id=chat)
        before = await author.ask("GET", f"/attempts/{attempt}")
        assert before["rubric_structure"]
        assert str(before["entries"]).count("score") >= 1

        draft = await author.begin("rubric", artifact_id=rubric_id)
        gone = draft["values"]["standard_groups"][-1]
        points = draft["values"]["points"][0]["fields"]["value"] - gone["fields"]["points"]
        draft = await author.change(
            draft,
            {"op": "remove", "type": "standard_groups", "value_id": gone["id"]},
            put("points", value=points),
            put("pass_points", value=points - 1),
        )
        rubric = await author.post(draft, "publish", update_trainings=True)
        assert rubric["trainings"]
        draft = await author.name(await author.begin("scenario", artifact_id=scenario_id), "A new name for it")
        await author.post(draft, "publish", update_trainings=True)

        after = await author.ask("GET", f"/attempts/{attempt}")
        moved = [name for name in before if name != "timer" and after[name] != before[name]]  # time goes on
        assert moved == []
        attempt, chat = await learner.start_practice(practice)
        await learner.say(attempt, chat, "What have you tried so far?")
        await learner.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        graded = await learner.wait_for("attempt_graded", chat_id=chat)
        assert graded["total_points"] == points
        again = await author.begin("rubric", artifact_id=rubric_id, version=1)
        assert gone["id"] in {each["id"] for each in again["values"]["standard_groups"]}


async def test_any_search_is_answered(site: Site, server: Process) -> None:
    async with Author(site, server, "instructor") as author:
        for text in TEXTS:
            for name in ("search", "cursor", "type"):
                answer = await author.http.get("/api/v1/artifacts", params={name: text})
                assert answer.status_code in (200, 422), (name, text, answer.text)
