# pip install "python-socketio[asyncio_client]" && python client.py URL TOKEN
import asyncio
import sys

import socketio

PRACTICE = "91c771fd-88d2-5f0d-9f3b-e9785af15db9"  # "Practice: office hours"; GET /api/v1/practice lists all


async def main(url: str, token: str) -> None:
    client, answered, graded = socketio.AsyncClient(), asyncio.Event(), asyncio.Future[dict[str, int]]()
    quotes: list[dict[str, str]] = []
    client.on("attempt_progress", lambda event: print(event["content"], end="", flush=True))
    client.on("attempt_assistant_complete", lambda _: answered.set())
    client.on("attempt_grading_progress", lambda event: quotes.extend((event["entry"] or {}).get("evidence", [])))
    client.on("attempt_graded", graded.set_result)
    await client.connect(url, auth={"token": token})
    started = await client.call("attempt_start", {"practice_id": PRACTICE})
    chat = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
    await client.call("attempt_message", {**chat, "message": "I am glad that you came. What have you tried so far?"})
    await answered.wait()
    await client.call("attempt_end", chat)
    print("\n{score} of {total_points} points, partly for:".format(**await graded), quotes[0]["quote"])
    await client.disconnect()


asyncio.run(main(sys.argv[1], sys.argv[2]))
