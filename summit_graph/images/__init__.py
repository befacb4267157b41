"""Image datasets -> uint8 batches for the model, and a list of the files that do not decode.

- ``datasets`` lists classes and their files, from class folders, tar files (``tars``) or a list (``lists``).
- ``decoding`` decodes one file; ``pixels`` resizes and crops it and builds batches.
- ``labels`` matches class names with the outputs of a model.
- ``input_rule`` describes how pixels become the input of a model.
- ``downloads`` downloads datasets by name.
"""

from summit_graph.images.datasets import Dataset, read_dataset
from summit_graph.images.decoding import decode_image
from summit_graph.images.files import File, Member, Skipped, name_of, readable_name, state_of, unreadable
from summit_graph.images.formats import readable_formats
from summit_graph.images.pixels import Batch, read_batch, read_pixels, resized_shape

__all__ = [
    "Batch",
    "Dataset",
    "File",
    "Member",
    "Skipped",
    "decode_image",
    "name_of",
    "read_batch",
    "read_dataset",
    "read_pixels",
    "readable_formats",
    "readable_name",
    "resized_shape",
    "state_of",
    "unreadable",
]
