"""What a child of speech gives up before it touches anything of a stranger's: network, files, processes, and all
but a bounded amount of time and memory. What the system does not offer is left out.
"""

import ctypes
import resource
import signal

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 1, 38


def confine(*, cpu_seconds: int, memory_bytes: int) -> None:
    """Give it up, for good. Load what needs files before. Linux offers all of it; others the limits only."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "unshare"):
        if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:
            libc.unshare(_NEW_NETWORK)
        libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # its three streams, nothing else
