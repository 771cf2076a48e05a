"""The HTTP side of somebody who writes content."""

from typing import Any

import httpx

from tests.harness.site import Process, Site

DRAFTS = "/authoring/drafts"


class Author:
    """Asks the routes of authoring; every answer must have the status that is expected."""

    def __init__(self, site: Site, process: Process, user_id: str) -> None:
        headers = {"authorization": f"Bearer {site.tokens[user_id]}"}
        self.http = httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60)
        self.user_id = user_id
        self.profile_id = site.ids[user_id]

    async def __aenter__(self) -> "Author":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """The body of an answer."""
        answer = await self.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def begin(self, artifact_type: str = "persona", status: int = 201, **about: object) -> Any:
        """A new draft."""
        return await self.ask("POST", DRAFTS, {"artifact_type": artifact_type, **about}, status)

    async def read(self, draft: Any, status: int = 200) -> Any:
        """A draft as it is now."""
        return await self.ask("GET", f"{DRAFTS}/{draft['id']}", status=status)

    async def change(self, draft: Any, *changes: object, status: int = 200) -> Any:
        """Changes for the version that was read."""
        body = {"expected_version": draft["version"], "changes": list(changes)}
        return await self.ask("PATCH", f"{DRAFTS}/{draft['id']}", body, status)

    async def post(self, draft: Any, path: str, status: int = 200, **more: object) -> Any:
        """Something that is done to the version that was read."""
        body = {"expected_version": draft["version"], **more}
        return await self.ask("POST", f"{DRAFTS}/{draft['id']}/{path}", body, status)

    async def name(self, draft: Any, name: str, status: int = 200) -> Any:
        """The draft with this name."""
        return await self.change(draft, {"op": "put", "type": "names", "fields": {"name": name}}, status=status)


def fields(draft: Any, type_name: str) -> list[dict[str, Any]]:
    """The fields of the values of a type."""
    return [value["fields"] for value in draft["values"].get(type_name, [])]
