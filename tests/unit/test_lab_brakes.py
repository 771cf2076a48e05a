"""The brakes of lab routes, and the languages that a request accepts."""

import pytest

from parlour.kernel.refusals import Refusal
from parlour.wire.http.problems import CODES
from parlour.wire.lab.brakes import Buckets, RegistrationBrake, RequestBrake
from parlour.wire.lab.titles import ZH, accepted_language, title_of


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now_ms(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = SetClock()
    brake = RequestBrake(clock, per_second_max=20, burst_max=100)
    for _ in range(100):
        brake.count("ada")
    with pytest.raises(Refusal) as caught:
        brake.count("ada")
    assert (caught.value.code, caught.value.retry_after_seconds) == ("too_many_requests", 1)
    brake.count("lin")
    clock.seconds += 0.5
    assert [brake.wait("ada") == 0 for _ in range(11)] == [True] * 10 + [False]
    clock.seconds += 1_000
    assert sum(brake.wait("ada") == 0 for _ in range(200)) == 100
    clock.seconds -= 500
    assert brake.wait("ada") > 0


def test_buckets_stay_few() -> None:
    buckets = Buckets(SetClock(), per_second=1, burst=1, entries_max=10)
    for n in range(1_000):
        assert buckets.take(str(n)) == 0
    assert len(buckets._full) == 10


def test_registrations_of_a_network_are_counted_for_a_minute() -> None:
    clock = SetClock()
    brake = RegistrationBrake(clock)
    for n in range(60):
        brake.count(f"2001:db8::{n:x}")
    with pytest.raises(Refusal, match="too_many_attempts"):
        brake.count("2001:db8::ffff")
    brake.count("2001:db8:0:1::1")
    clock.seconds += 59
    with pytest.raises(Refusal, match="too_many_attempts"):
        brake.count("2001:db8::1")
    clock.seconds += 1
    brake.count("2001:db8::1")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-Hans-CN, en;q=0.9", "zh"),
        ("en, zh", "en"),
        ("fr, zh;q=0.5, en;q=0.4", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=7", "en"),
        ("zh;q=nan", "en"),
        ("*", "en"),
    ],
)
def test_the_language_that_is_accepted_most(header: str | None, language: str) -> None:
    assert accepted_language(header) == language


def test_titles_are_of_codes_that_there_are() -> None:
    assert set(ZH) <= set(CODES)
    assert title_of("not_found", "zh") == "未找到"
    assert title_of("chat_completed", "zh") == "Chat completed"
