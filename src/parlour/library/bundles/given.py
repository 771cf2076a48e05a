"""What may be given as quiz questions: in which formats, and how much."""

from typing import Literal

GivenFormat = Literal["gift", "qti", "auto"]
BYTES_MAX = 2 * 1024 * 1024
