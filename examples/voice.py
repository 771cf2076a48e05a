# pip install "python-socketio[asyncio_client]" && python voice.py URL TOKEN question.wav answer.wav
import asyncio
import sys
import wave

import socketio

PRACTICE = "91c771fd-88d2-5f0d-9f3b-e9785af15db9"  # "Practice: office hours"; GET /api/v1/practice lists all
RATE, FRAME_MS = 24_000, 40
FRAME = RATE * FRAME_MS // 1000 * 2


async def main(url: str, token: str, question: str, answer: str) -> None:
    with wave.open(question) as file:
        if file.getparams()[:3] != (1, 2, RATE):
            sys.exit(f"{question}: one channel, 16 bits and {RATE} samples a second are needed")
        sound = file.readframes(file.getnframes())
    client, spoken = socketio.AsyncClient(), bytearray()
    ready, answered, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    client.on("attempt_audio_ready", lambda _: ready.set())
    client.on("attempt_user_complete", lambda event: print("heard:", event["content"]))
    client.on("attempt_assistant_audio", lambda event: spoken.extend(event["audio"]))
    client.on("attempt_assistant_complete", lambda event: (print("answer:", event["content"]), answered.set()))
    client.on("attempt_error", lambda event: print("error:", event["message"], file=sys.stderr))
    client.on("attempt_audio_ended", lambda _: ended.set())
    await client.connect(url, auth={"token": token})
    started = await client.call("attempt_start", {"practice_id": PRACTICE})
    chat = {"chat_id": started["attempt_chat_id"]}
    opened = await client.call("attempt_audio_start", chat)
    if not opened["ok"]:
        sys.exit(opened["error"]["detail"])
    async with asyncio.timeout(60):
        await ready.wait()
        sound += bytes(RATE * 2)  # a second of silence: the turn is over
        for at in range(0, len(sound), FRAME):
            await client.emit("attempt_audio_frame", {**chat, "audio": sound[at : at + FRAME]})
            await asyncio.sleep(FRAME_MS / 1000)  # as a microphone would
        await answered.wait()
        await client.call("attempt_audio_stop", chat)
        await ended.wait()
    with wave.open(answer, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(spoken)
    print(f"saved: {answer}, {len(spoken) / 2 / RATE:.0f} seconds, of chat {chat['chat_id']}")
    await client.disconnect()


asyncio.run(main(*sys.argv[1:]))
