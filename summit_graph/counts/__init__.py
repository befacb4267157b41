"""Counts on disk: from per-image counts to count folders, and from hops to influences (SPEC 3 and 4).

``folder`` reads and writes count folders, ``row_groups`` reads one class of a Parquet file, ``two_hops``
merges the two hops over a bottleneck into influences, ``add_up`` adds count folders.
"""
