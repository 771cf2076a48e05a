"""The story of a practice: start, talk, be graded with evidence. On both stores."""

from tests.harness.site import Process, Site
from tests.harness.socket import Client

GOOD = [
    "Hi Maya, thanks for coming. What have you tried so far?",
    "That sounds frustrating. Which part of it makes sense to you, and where do you get stuck?",
    "Let us look at that step together. What do you think happens first, and why?",
    "Good thinking. Can you say in your own words what that means for the next step?",
]


async def test_a_learner_practises_and_is_graded(server: Process, site: Site) -> None:
    practice = next(iter(site.practices.values()))
    async with Client(server.url, site.tokens["learner"]) as client:
        attempt, chat = await client.start_practice(practice)
        for text in GOOD:
            await client.say(attempt, chat, text)
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        graded = await client.wait_for("attempt_graded", chat_id=chat)
        assert graded["grade_id"] == ended["grade_id"]
        feedbacks = [f["entry"] for f in client.payloads("attempt_grading_progress") if f["entry"]]
        assert sum(feedback["total"] for feedback in feedbacks) == graded["score"]
        said = {m["message_id"]: m["content"] for m in client.payloads("attempt_user_complete")}
        quotes = [evidence for feedback in feedbacks for evidence in feedback["evidence"]]
        assert quotes
        assert all(quote["quote"] in said[quote["message_id"]] for quote in quotes)
