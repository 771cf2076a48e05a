# The seams of google-re2 that Parlour uses; the library is untyped.

class error(Exception): ...

class Options:
    case_sensitive: bool
    log_errors: bool
    max_mem: int

class _Match:
    def start(self, group: int = 0) -> int: ...

class Pattern:  # `_Regexp` at run time, never imported
    def search(self, text: str) -> _Match | None: ...

def compile(pattern: str, options: Options | None = None) -> Pattern: ...
