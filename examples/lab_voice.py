# python lab_voice.py URL USER PASSWORD question.wav answer.wav      (nothing to install)
import json
import secrets
import sys
from pathlib import Path
from urllib.request import Request, urlopen

URL, USER, PASSWORD, QUESTION, ANSWER = sys.argv[1:]
HEADERS: dict[str, str] = {}


def ask(path: str, data: bytes | None = None, kind: str = "application/json") -> bytes:
    with urlopen(Request(f"{URL}/{path}", data, {**HEADERS, "Content-Type": kind}), timeout=40) as answer:
        return answer.read()


signed_in = json.loads(ask("accounts/log-up", json.dumps({"user_id": USER, "password": PASSWORD}).encode()))
HEADERS["Authorization"] = f"Bearer {signed_in['token']}"

boundary = secrets.token_hex()
part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="question.wav"\r\n\r\n'
form = part.encode() + Path(QUESTION).read_bytes() + f"\r\n--{boundary}--\r\n".encode()
HEADERS["Idempotency-Key"] = boundary  # the same one if it has to be sent again
ask(f"users/{USER}/chat_speech", form, f"multipart/form-data; boundary={boundary}")

while not (reply := json.loads(ask(f"users/{USER}/response?wait=30")))["valid"]:
    pass
said = json.loads(ask(f"users/{USER}/messages"))["messages"]
print("heard:", [message["text"] for message in said if message["kind"] == "speech"][-1])
print("answer:", (reply["transcript"] or reply["reply_text"]).splitlines()[0])
if reply["reply_speech"]:
    HEADERS["Idempotency-Key"] = secrets.token_hex()
    sound = ask(f"users/{USER}/files/bytes", json.dumps({"filepath": reply["reply_speech"]}).encode())
    Path(ANSWER).write_bytes(sound)
    print(f"saved: {ANSWER}, {len(sound)} bytes")
else:
    print("not spoken:", reply["error"])
