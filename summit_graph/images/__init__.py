"""Images as people have them -> the 224x224 pictures that the model sees, good and bad files told apart.

``datasets`` lists classes and their files (a folder of class folders, tar files, a list), ``decoding`` reads
one file's picture, ``pixels`` resizes and crops it.
"""

from summit_graph.images.datasets import Dataset, read_dataset
from summit_graph.images.decoding import decode_image
from summit_graph.images.files import File, Member, Skipped, name_of, readable_name, state_of, unreadable
from summit_graph.images.formats import readable_formats
from summit_graph.images.pixels import CROPPED_SIDE, Batch, read_batch, read_pixels, resized_shape

__all__ = [
    "CROPPED_SIDE",
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
