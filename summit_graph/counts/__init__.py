"""Counts on disk: from per-image counts to count folders, and from hops to influences (SPEC 3 and 4).

``manifest`` defines tables and manifest, ``writer`` writes count folders, ``folder`` reads and ``checks``
validates them, ``row_groups`` reads one class of a Parquet file, ``two_hops`` merges two hops over a
bottleneck into influences, ``add_up`` adds count folders.
"""
