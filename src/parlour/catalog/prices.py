"""What models cost, as content: a price per model, with what it was and will be (`prices:` in a bundle)."""

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id

MICROS = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Units of `currency` (ISO 4217) per million tokens, from an instant in milliseconds on (None = always)."""

    currency: str
    input_per_million: float
    output_per_million: float
    valid_from: int | None = None

    def cost_micros(self, input_tokens: int, output_tokens: int) -> int:
        """Millionths of the currency that this many tokens cost.

        A unit per million tokens is a millionth per token, so no conversion is needed.
        """
        return round(input_tokens * self.input_per_million + output_tokens * self.output_per_million)


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """The rates of one model, by its name in the settings, oldest first."""

    id: str
    model: str
    rates: tuple[Rate, ...]

    def at(self, now_ms: int) -> Rate | None:
        """The rate in force; None before the first one."""
        return next((rate for rate in reversed(self.rates) if (rate.valid_from or 0) <= now_ms), None)


def price_id(model: str) -> str:
    """The id of a model's price: the same from every pack, so the price published last holds."""
    return named_id("prices", model)
