"""The explorer's pages and what they share. Pages ask ``summit_graph.views`` and show its answers."""
