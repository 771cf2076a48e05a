"""An import that stops with everything written and nothing committed: it prints `written`, and waits to be killed.

`python -m tests.promises.import_program URL FILES`
"""

import sys
import time
from pathlib import Path

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.harness.site import PACK


def main(url: str, files: str) -> None:
    clock = SystemClock()
    bundle = load_bundle(PACK)
    keep_files(bundle, FolderBlobs(Path(files)))

    def bring(tx: Tx) -> None:
        publish(tx, bundle)
        print("written", flush=True)
        time.sleep(600)

    Database(url, clock, TimeOrderedIds(clock)).write_here(bring)


if __name__ == "__main__":
    main(*sys.argv[1:])
