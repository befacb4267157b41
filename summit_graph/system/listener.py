"""What a function that handles many classes reports while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Called with the name of each class when it is done.
OnClass = Callable[[str], None]
#: Called with the bytes received so far and the total.
OnBytes = Callable[[int, int], None]


@dataclass(frozen=True)
class Listener:
    """Callbacks for progress: a stage with its number of classes (0 if unknown), then each class.

    Attributes:
        on_download: the progress of a download of the local database; None to show it in its own bar.
    """

    on_stage: Callable[[str, int], None] = lambda stage, total: None
    on_class: OnClass = lambda name: None
    on_download: OnBytes | None = None


#: Reports nothing.
SILENT = Listener()
