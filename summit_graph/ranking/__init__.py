"""Personalized PageRank in GDS (``pagerank``: project, rank, select, drop) and ``communities`` of classes."""
