"""Counts on disk: from per-image counts to count folders, and from hops to influences (SPEC 3 and 4).

``manifest`` defines tables and manifest, ``writer`` writes count folders, ``folder`` reads them, ``checks``
and ``manifest_checks`` validate them, ``row_groups`` reads one class of a Parquet file, ``merging`` merges
hops over inner stops into influences, ``add_up`` adds count folders. ``format_1`` reads older folders, with
the stops of ``inception``.
"""
