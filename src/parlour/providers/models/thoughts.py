"""Thinking aloud: some models begin an answer with `<think>…</think>`, and not every service takes that out."""

_OPENS, _CLOSES = "<think>", "</think>"


class Thoughts:
    """Passes the text of one answer on, without thoughts at its beginning.

    It holds no more than white space and what may still become a tag. An answer that ends in its thoughts is empty.
    """

    def __init__(self) -> None:
        self._held = ""
        self._where = "beginning"

    def without(self, text: str) -> str:
        """What is said of the next piece."""
        if self._where == "said":
            return text
        self._held += text
        if self._where == "beginning" and not self._begun():
            return ""
        if self._where == "thinking":
            self._think()
        if self._where == "after" and self._held.strip():
            self._where, self._held = "said", self._held.lstrip()
        if self._where != "said":
            return ""
        said, self._held = self._held, ""
        return said

    def rest(self) -> str:
        """What was held back at the end of the answer, if it has become no tag."""
        return self._held if self._where == "beginning" else ""

    def _begun(self) -> bool:
        start = self._held.lstrip()
        if start.startswith(_OPENS):
            self._where, self._held = "thinking", start[len(_OPENS) :]
            return True
        if _OPENS.startswith(start):
            return False
        self._where = "said"
        return True

    def _think(self) -> None:
        _, closed, after = self._held.partition(_CLOSES)
        if closed:
            self._where, self._held = "after", after
        else:
            self._held = self._held[-len(_CLOSES) + 1 :]
