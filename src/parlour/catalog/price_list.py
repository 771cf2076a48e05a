"""From the `prices` of a bundle to one price a model, and what may be wrong with them."""

import re
from collections.abc import Mapping

from parlour.catalog.prices import Price, Rate, price_id
from parlour.catalog.sources import PriceSource
from parlour.catalog.yaml_reader import Errors
from parlour.kernel.clock import instant

PER_MILLION_MAX = 1_000_000.0
_CURRENCY = re.compile(r"[A-Z]{3}")


def resolve_prices(sources: Mapping[str, PriceSource], errors: Errors) -> tuple[Price, ...]:
    """One price for every model, its rates by time. What is wrong is noted; then the result is not used."""
    found: dict[str, list[Rate]] = {}
    for source in sources.values():
        rate = _rate(source, errors)
        known = found.setdefault(source.model, [])
        if any(each.valid_from == rate.valid_from for each in known):
            errors.add(source.place, f"'{source.model}' has another price from the same time on")
        known.append(rate)
    return tuple(
        Price(id=price_id(model), model=model, rates=tuple(sorted(rates, key=lambda rate: rate.valid_from or 0)))
        for model, rates in found.items()
    )


def _rate(source: PriceSource, errors: Errors) -> Rate:
    if not _CURRENCY.fullmatch(source.currency):
        errors.add(source.place, f"'{source.currency}' is no currency; write three capital letters (ISO 4217)")
    for name in ("input_per_million", "output_per_million"):
        if not 0 <= getattr(source, name) <= PER_MILLION_MAX:
            errors.add(source.place, f"{name} must be between 0 and {PER_MILLION_MAX:.0f}")
    valid_from: int | None = None
    if source.valid_from is not None:
        try:
            valid_from = instant(source.valid_from)
        except ValueError:
            errors.add(source.place, f"'{source.valid_from}' is no time; write it like 2026-01-31T09:00:00Z")
    return Rate(
        currency=source.currency,
        input_per_million=source.input_per_million,
        output_per_million=source.output_per_million,
        valid_from=valid_from,
    )
