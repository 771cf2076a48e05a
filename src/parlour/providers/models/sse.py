"""The lines of a server-sent event stream, as language models send them."""


class LineTooLong(Exception):
    """A line of the stream is longer than was allowed."""


class EventLines:
    """Cuts a byte stream into the payloads of its `data:` lines.

    Each `data:` line is taken as one event: models send one JSON text a line. Comments, other
    fields and blank lines are passed over. Memory is bounded by `line_bytes_max` and one chunk.
    """

    def __init__(self, line_bytes_max: int) -> None:
        self._line_bytes_max = line_bytes_max
        self._held: list[bytes] = []
        self._held_bytes = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The payloads of the lines that end in `chunk`. Raises `LineTooLong`."""
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            self._hold(chunk)
            return []
        if self._held:
            head = b"".join(self._held) + head
            self._held = []
            self._held_bytes = 0
        if tail:
            self._hold(tail)
        payloads: list[bytes] = []
        for line in head.split(b"\n"):
            if len(line) > self._line_bytes_max:
                raise LineTooLong
            if line.startswith(b"data:"):
                payloads.append(line[5:].strip())
        return payloads

    def _hold(self, part: bytes) -> None:
        self._held.append(part)
        self._held_bytes += len(part)
        if self._held_bytes > self._line_bytes_max:
            raise LineTooLong
