"""The clocks of the benchmarks: they measure the outside, so they use the machine's own."""

import sys
import time  # noqa: TID251 - a benchmark measures real time


def now() -> float:
    """Seconds of the monotonic clock, which all processes of the machine share."""
    return time.monotonic()


def now_ns() -> int:
    """The same in nanoseconds: what a stamp in a piece of text holds."""
    return time.monotonic_ns()


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, user and system; exact to nanoseconds on Linux, else to ticks."""
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | 2)
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
