"""How much the tests of this folder try: a little in ``make test``, much in ``make torture``."""

from __future__ import annotations

import os

#: Number of killed commands, of each kind in turn.
KILLS = int(os.environ.get("SUMMIT_GRAPH_TORTURE", "4"))
#: Number of killed servers; each takes half a minute.
SERVER_KILLS = KILLS // 10 if KILLS > 10 else 0
#: Number of damaged images.
IMAGES = max(2_000, 100 * KILLS)
