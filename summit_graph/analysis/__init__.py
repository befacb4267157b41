"""Mathematics on counts and graphs, without files, database or model.

``selection`` selects a graph's channels by their scores (paper 5.3), ``comparison`` intersects graphs,
``embedding`` computes positions of classes, ``specificity`` tests which channels are specific to a class,
``motifs`` finds recurring structures, ``statistics`` has the tests that these share.
"""
