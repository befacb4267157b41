"""The explorer's pages and their shared parts. Pages read data through ``summit_graph.views``."""
