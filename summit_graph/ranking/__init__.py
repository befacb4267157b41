"""PageRank in GDS or in this process (``engine``), graphs (``pagerank``), ``communities`` of classes."""
