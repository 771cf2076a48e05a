"""Passwords and tokens as pure rules."""

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from parlour.accounts import passwords, tokens
from parlour.kernel.ids import digest_of
from parlour.kernel.refusals import Refusal

GOOD = "correct horse"


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257, "𝄞" * 257, "lone surrogate \ud800"])
def test_a_password_out_of_bounds_is_refused(password: str) -> None:
    with pytest.raises(Refusal, match="password_invalid"):
        passwords.hash_password(password)
    assert passwords.verify_password(None, password) is False


def test_a_hash_is_argon2id_with_the_promised_parameters_and_its_own_salt() -> None:
    one, other = passwords.hash_password(GOOD), passwords.hash_password(GOOD)
    found = extract_parameters(one)
    assert (found.type, found.memory_cost >= 19 * 1024, found.time_cost >= 2) == (Type.ID, True, True)
    assert one != other
    assert passwords.verify_password(one, GOOD)
    assert not passwords.verify_password(one, GOOD + "!")
    assert passwords.stronger_hash(one, GOOD) is None


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_nobody_can_sign_in_without_a_usable_hash(stored: str | None) -> None:
    assert passwords.verify_password(stored, GOOD) is False
    assert passwords.verify_password(stored, "") is False


def test_an_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work: one verification against a hash with the same parameters."""
    work: list[object] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, stored: str | bytes, password: str | bytes) -> bool:
        work.append(extract_parameters(str(stored)))
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    assert not passwords.verify_password(None, "wrong horse")
    assert not passwords.verify_password(passwords.hash_password(GOOD), "wrong horse")
    unknown, wrong = work
    assert unknown == wrong


async def test_workers_leave_the_event_loop_free() -> None:
    workers = passwords.PasswordWorkers()
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    turning = asyncio.create_task(turn())
    stored = await workers.hash(GOOD)
    assert await asyncio.gather(*(workers.verify(stored, GOOD) for _ in range(4))) == [True] * 4
    turning.cancel()
    workers.close()
    assert turns > 50


def test_tokens_are_long_random_and_recognisable() -> None:
    made = {tokens.new_token("session") for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith("pls_") and len(token) == 47 for token in made)
    assert tokens.new_token("api_key").startswith("plk_")
    assert not any(tokens.looks_like_jwt(token) for token in made)
    assert tokens.looks_like_jwt("a.b.c")
    assert digest_of("x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
