"""Date, time and weekday (lab protocol 8.2), in the member's time zone or another one."""

from datetime import datetime

from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Do, Flow, Outcome, Tool
from parlour.kernel.decoding import convert


def _tell(call: Call) -> Flow:
    name = given.words(call, "timezone") or call.member.timezone
    zone = given.zone(name)
    now_ms = convert((yield Do(name="look at the clock", act=lambda tx: tx.now_ms)), int)
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    weekday = f"{now:%A}" if call.member.language == "en" else f"星期{'一二三四五六日'[now.weekday()]}"
    return Outcome(status="done", text=f"{weekday} {now:%Y-%m-%d %H:%M:%S} ({name}, UTC{now:%z})")


TOOL = Tool(
    name="date_time",
    description="Tells the current date, time and weekday.",
    parameters=given.schema(
        timezone=given.text_of("An IANA time zone, as Europe/Berlin; the person's own by default.", longest=60)
    ),
    titles=given.titles("date_time"),
    run=_tell,
)
