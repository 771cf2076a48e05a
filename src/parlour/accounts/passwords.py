"""Passwords: argon2id, 19 MiB and two passes, off the event loop and off the writer.

Hashing takes tens of milliseconds on purpose. The plain functions are for a command line;
servers use `PasswordWorkers`, which hashes at most two at once, and open a transaction only
afterwards.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from parlour.kernel.ids import new_secret
from parlour.kernel.refusals import Refusal

PASSWORD_CHARS_MIN = 8
PASSWORD_CHARS_MAX = 256
PASSWORD_BYTES_MAX = 1024
_WORKERS = 2

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_NOBODY = _hasher.hash(new_secret())


def check_password(password: str, chars_min: int = PASSWORD_CHARS_MIN) -> None:
    """Refuse a new password that is too short or too long (`password_invalid`)."""
    if not chars_min <= len(password) <= PASSWORD_CHARS_MAX or _bytes(password) is None:
        raise Refusal("password_invalid", f"A password has {chars_min} to {PASSWORD_CHARS_MAX} characters.")


def hash_password(password: str, chars_min: int = PASSWORD_CHARS_MIN) -> str:
    """The argon2id hash of a new password, with its own salt. `Refusal` if it is out of bounds."""
    check_password(password, chars_min)
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. No account, or none with a password, costs the same as a real one."""
    if _bytes(password) is None:
        return False
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and bool(password_hash)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def stronger_hash(password_hash: str, password: str) -> str | None:
    """A new hash of a verified password whose hash was made with weaker parameters, else `None`."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(password_hash) else None


class PasswordWorkers:
    """Two threads that hash, so that a rush of sign-ins takes neither the loop nor all memory."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="password")

    async def hash(self, password: str, chars_min: int = PASSWORD_CHARS_MIN) -> str:
        """`hash_password` in a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, hash_password, password, chars_min)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """`verify_password` in a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, verify_password, password_hash, password)

    async def stronger(self, password_hash: str, password: str) -> str | None:
        """`stronger_hash` in a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, stronger_hash, password_hash, password)

    def close(self) -> None:
        """Let the threads end; work in hand is finished."""
        self._pool.shutdown(wait=False)


def _bytes(password: str) -> bytes | None:
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) <= PASSWORD_BYTES_MAX else None
