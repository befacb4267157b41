"""A GPU whose memory is too small for some images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from summit_graph.model.program.running import ForwardPass


@contextmanager
def little_memory(monkeypatch: pytest.MonkeyPatch, *, images: int) -> Iterator[None]:
    """A forward pass of more images than these fails, as torch's do."""
    run = ForwardPass.__call__

    def run_few(self: ForwardPass, given: Tensor) -> dict[str, Tensor]:
        if len(given) > images:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return run(self, given)

    with monkeypatch.context() as patched:
        patched.setattr(ForwardPass, "__call__", run_few)
        yield
