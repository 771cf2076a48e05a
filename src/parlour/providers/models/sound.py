"""What every model's pieces are made fit for, whatever its provider sent: stores, logs and counters."""

from dataclasses import replace

from parlour.turns.ports import Piece, Text, Usage

TOKENS_MAX = 2**31 - 1


def sound(piece: Piece) -> Piece:
    """The piece without NUL (PostgreSQL keeps none), without halves of surrogate pairs (no UTF-8), and
    with token counts from 0 to 2,147,483,647."""
    match piece:
        case Text():
            text = sound_text(piece.text)
            return piece if text == piece.text else replace(piece, text=text)
        case Usage():
            counts = [min(max(0, count), TOKENS_MAX) for count in (piece.input_tokens, piece.output_tokens)]
            return replace(piece, input_tokens=counts[0], output_tokens=counts[1])
        case _:
            return piece


def sound_text(text: str) -> str:
    """A text as every store keeps it."""
    text = text.replace("\0", "")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
