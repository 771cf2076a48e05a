from collections import Counter
import pytest, schemathesis
from schemathesis.core.result import Ok
from tests.wire.test_openapi import *  # noqa
from tests.wire.test_openapi import explore, Real
import tests.wire.test_openapi as T
for name in [n for n in list(globals()) if n.startswith("test_")]:
    del globals()[name]

@pytest.mark.parametrize("mode", list(T.GenerationMode), ids=lambda m: m.value)
def test_mine(server, site, http, mode):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    real = Real(http, site)
    for found in schema.get_all_operations():
        operation = found.ok()
        if "drafts" not in operation.path and not operation.path.endswith(("choices", "attempt/next")):
            continue
        answered = explore(site, operation, mode, real)
        print(operation.method, operation.path, dict(answered))
