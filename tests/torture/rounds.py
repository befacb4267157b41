"""How much the tests of this folder try: a little in ``make test``, much in ``make torture``."""

from __future__ import annotations

import os

#: Number of killed commands, of each kind in turn.
KILLS = int(os.environ.get("SUMMIT_GRAPH_TORTURE", "7"))
#: Number of killed servers; each takes some ten seconds.
SERVER_KILLS = KILLS // 10 if KILLS > 10 else 0
#: Number of killed bulk loads; each takes a minute.
BULK_KILLS = SERVER_KILLS // 5
#: Number of damaged images.
IMAGES = max(2_000, 100 * KILLS)
