"""``python -m summit_graph``, which ``torchrun`` starts on every process.

``-m`` puts the current folder first on the import path: a ``random.py`` among the images would be run.
"""

import os
import sys

if __name__ == "__main__":
    if not sys.flags.safe_path and sys.path[0] == os.getcwd():
        del sys.path[0]
    from summit_graph.cli import main

    main()
