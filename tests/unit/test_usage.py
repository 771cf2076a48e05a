"""Prices, meters and sums of what requests to models used."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from parlour.accounts.actions import create_account
from parlour.accounts.entities import NewAccount
from parlour.attempts.usage import MICROS, grouped
from parlour.catalog.actions import price_of
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.prices import Rate
from parlour.catalog.publishing import publish
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.entities import Grouping, UsageOf
from parlour.turns.ports import Request, Said, Text, ToolCall, Usage
from parlour.turns.usage import Meter, Payer, Used
from tests.unit.test_cli import parlour

PACK = "pack: {id: p, name: P}\nprices:\n"
PRICE = "currency: EUR, input_per_million: 2.5, output_per_million: 10"


def bundle(tmp_path: Path, *prices: str, pack: str = "p") -> Path:
    file = tmp_path / f"{pack}.yaml"
    lines = [f"  p{number}: {{{price}}}" for number, price in enumerate(prices)]
    file.write_text(PACK.replace("id: p", f"id: {pack}") + "\n".join(lines), encoding="utf-8")
    return file


@pytest.fixture
def database(store_url: str) -> Database:
    clock = SystemClock()
    made = Database(store_url, clock, TimeOrderedIds(clock))
    made.migrate()
    return made


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        ("model: m, currency: euro, input_per_million: 1, output_per_million: 1", "ISO 4217"),
        ("model: m, currency: EUR, input_per_million: -1, output_per_million: 1", "between 0 and 1000000"),
        ("model: m, currency: EUR, input_per_million: 1, output_per_million: 1e9", "expected a number"),
        ("model: m, currency: EUR, input_per_million: .nan, output_per_million: 1", "expected a number"),
        ("model: m, currency: EUR, input_per_million: cheap, output_per_million: 1", "expected a number"),
        (f"model: m, valid_from: soon, {PRICE}", "is no time"),
        ("model: m, currency: EUR, input_per_million: 1", "'output_per_million' is missing"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path, price: str, fault: str) -> None:
    with pytest.raises(BundleErrors) as caught:
        load_bundle(bundle(tmp_path, price))
    (error,) = caught.value.errors
    assert error.line == 3
    assert fault in error.message


def test_two_prices_of_a_model_begin_at_different_times(tmp_path: Path) -> None:
    with pytest.raises(BundleErrors, match="another price from the same time"):
        load_bundle(bundle(tmp_path, f"model: m, {PRICE}", f"model: m, {PRICE}"))
    later = f'model: m, valid_from: "2030-01-01T00:00:00Z", {PRICE}'
    (price,) = load_bundle(bundle(tmp_path, later, f"model: m, {PRICE}")).prices
    assert [rate.valid_from for rate in price.rates] == [None, 1_893_456_000_000]
    assert price.at(1_893_455_999_999) == price.rates[0]
    assert price.at(1_893_456_000_000) == price.rates[1]


def test_a_price_per_million_tokens_is_millionths_per_token() -> None:
    rate = Rate(currency="EUR", input_per_million=2.5, output_per_million=10.0)
    assert rate.cost_micros(1_000_000, 0) == 2.5 * MICROS
    assert rate.cost_micros(3, 1) == 18


def test_the_price_imported_last_holds_whatever_its_pack(tmp_path: Path, database: Database) -> None:
    first = load_bundle(bundle(tmp_path, f"model: m, {PRICE}"))
    second = load_bundle(bundle(tmp_path, f"model: m, {PRICE.replace('EUR', 'USD')}", pack="q"))
    for each, currency in ((first, "EUR"), (second, "USD"), (first, "EUR")):
        database.write_here(lambda tx, each=each: publish(tx, each))
        rate = database.read_here(lambda tx: price_of(tx, "m"))
        assert rate is not None
        assert rate.currency == currency


def used(model: str, account_id: str, *, attempt_id: str | None = None) -> Used:
    payer = Payer(account_id=AccountId(account_id), attempt_id=attempt_id, subject_id="s")  # type: ignore[arg-type]
    return Used(
        payer=payer, task="reply", model=model, input_tokens=10, output_tokens=5, estimated=False, milliseconds=250
    )


def test_sums_keep_currencies_apart_and_say_what_had_no_price(tmp_path: Path, database: Database) -> None:
    prices = (f"model: m, {PRICE}", f"model: d, {PRICE.replace('EUR', 'USD')}")
    priced = load_bundle(bundle(tmp_path, *prices))

    def fill(tx: Tx) -> None:
        publish(tx, priced)
        usage.note_all(tx, [used("m", "a"), used("m", "a"), used("d", "a"), used("none", "a"), None, used("m", "b")])

    database.write_here(fill)

    def by(group: Grouping, which: UsageOf) -> dict[str, tuple[int, list[tuple[str, float]], int]]:
        found = database.read_here(lambda tx: grouped(tx, which, group))
        return {
            each.key: (each.requests, [(cost.currency, cost.cost) for cost in each.costs], each.unpriced)
            for each in found
        }

    micros = (10 * 2.5 + 5 * 10) / MICROS
    assert by("task", UsageOf(account_id=AccountId("a"))) == {
        "reply": (4, [("EUR", pytest.approx(2 * micros)), ("USD", pytest.approx(micros))], 1)
    }
    assert {key: requests for key, (requests, *_) in by("person", UsageOf()).items()} == {"a": 4, "b": 1}
    assert by("model", UsageOf(at_until=0)) == {}
    (day,) = by("day", UsageOf())
    assert len(day) == len("2026-01-31")


def test_more_attempts_than_fit_a_statement_are_summed(database: Database) -> None:
    ids = tuple(f"attempt-{number}" for number in range(usage.ATTEMPTS_AT_ONCE + 2))
    database.write_here(lambda tx: usage.note_all(tx, [used("m", "a", attempt_id=each) for each in ids]))
    (total,) = database.read_here(lambda tx: grouped(tx, UsageOf(attempt_ids=ids), "task"))
    assert (total.requests, total.seconds) == (len(ids), pytest.approx(len(ids) / 4))


async def test_a_meter_takes_the_providers_count_or_estimates() -> None:
    request = Request(model="m", messages=[Said(role="user", content="x" * 9)], task="hints")
    payer = Payer(account_id=AccountId("a"), subject_id="s")
    began = time.monotonic()
    meter = Meter(request)
    assert meter.used(payer) is None
    meter.see(Text(text="four"))
    meter.see(ToolCall(call_id="c", name="n", arguments="{}"))
    estimated = meter.used(payer)
    assert estimated is not None
    assert (estimated.input_tokens, estimated.output_tokens, estimated.estimated) == (3, 2, True)
    meter.see(Usage(input_tokens=7, output_tokens=1))
    meter.end()
    ended = time.monotonic()
    await asyncio.sleep(0.05)
    counted = meter.used(payer)
    assert counted is not None
    assert (counted.input_tokens, counted.output_tokens, counted.estimated) == (7, 1, False)
    assert counted.task == "hints"
    assert counted.milliseconds <= (ended - began) * 1000 + 1


def test_the_operator_sees_what_it_came_to(tmp_path: Path) -> None:
    clock = SystemClock()
    database = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock))
    database.migrate()

    def fill(tx: Tx) -> None:
        made = create_account(tx, NewAccount(user_id="ada", name="Ada", role="member"))
        usage.note(tx, used("m", made.account_id))

    database.write_here(fill)
    where = ("--database-url", sqlite_url(tmp_path), "--data", str(tmp_path))
    shown = parlour("usage", "--by", "person", "--json", *where)
    assert shown.returncode == 0, shown.stderr
    (row,) = json.loads(shown.stdout)
    assert (row["name"], row["requests"], row["unpriced"], row["costs"]) == ("ada", 1, 1, [])
    table = parlour("usage", *where).stdout
    assert "Requests" in table
    assert " 10 " in table
    assert json.loads(parlour("usage", "--to", "2001-01-01", "--json", *where).stdout) == []
    wrong = parlour("usage", "--from", "soon", *where)
    assert (wrong.returncode, "is no day" in wrong.stderr) == (1, True)
