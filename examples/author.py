# pip install "python-socketio[asyncio_client]" && python author.py URL TOKEN "what you want"
import asyncio
import sys

import socketio

TYPES = ["names", "descriptions", "instructions", "examples"]


async def main(url: str, token: str, wish: str) -> None:
    client, over = socketio.AsyncClient(), asyncio.Future[str]()
    client.on("generation_complete", lambda event: over.set_result(event["draft_id"]))
    client.on("generation_error", lambda event: over.set_exception(RuntimeError(event["message"])))
    for kind in TYPES:
        client.on(f"{kind}_generation_started", lambda _, kind=kind: print(f"\n{kind}: ", end=""))
        client.on(f"{kind}_generation_progress", lambda event: print(event["arguments_delta"], end="", flush=True))
    await client.connect(url, auth={"token": token})
    answer = await client.call(
        "generate", {"artifact_types": ["persona"], "resource_types": TYPES, "user_instructions": [wish]}
    )
    print(f"\ndraft {await over}" if answer["ok"] else answer["error"]["detail"])
    await client.disconnect()


asyncio.run(main(*sys.argv[1:4]))
