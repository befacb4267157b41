"""Counts on disk: from per-image counts to count folders, and from hops to influences (SPEC 3 and 4).

``manifest`` defines the tables and the manifest, ``writer`` writes count folders, ``folder`` reads and checks
them, ``row_groups`` reads one class of a Parquet file, ``two_hops`` merges the two hops over a bottleneck
into influences, ``add_up`` adds count folders.
"""
