"""The model: weights from any source (``weights``, ``checkpoints``), the forward pass (``architecture``)."""
