"""How much the tests of this folder try: a little in ``make test``, much in ``make torture``."""

from __future__ import annotations

import os

#: Number of killed commands.
KILLS = int(os.environ.get("SUMMIT_GRAPH_TORTURE", "6"))
#: Number of killed servers; each takes half a minute.
SERVER_KILLS = KILLS // 10 if KILLS > 6 else 0
#: Number of damaged images.
IMAGES = max(2_000, 100 * KILLS)
