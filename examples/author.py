# pip install "python-socketio[asyncio_client]" && python author.py URL TOKEN "what you want"
import asyncio
import sys

import socketio

TYPES = ["names", "descriptions", "instructions", "examples"]


async def main(url: str, token: str, wish: str) -> None:
    client, over = socketio.AsyncClient(), asyncio.Future[str]()
    client.on("generation_complete", lambda event: over.set_result(f"draft {event['draft_id']}"))
    client.on("generation_error", lambda event: over.set_result(event["message"]))  # also if it was refused
    for kind in TYPES:
        client.on(f"{kind}_generation_started", lambda _, kind=kind: print(f"\n{kind}: ", end=""))
        client.on(f"{kind}_generation_progress", lambda event: print(event["arguments_delta"], end="", flush=True))
        client.on(f"{kind}_generation_error", lambda event: print(event["message"], end=""))
    await client.connect(url, auth={"token": token})
    await client.call("generate", {"artifact_types": ["persona"], "resource_types": TYPES, "user_instructions": [wish]})
    print(f"\n{await over}")
    await client.disconnect()


asyncio.run(main(*sys.argv[1:4]))
