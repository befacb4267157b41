"""Finding and using the pictures of channels that ``summit_graph.rendering`` makes.

``index`` finds pictures, ``sheet`` draws an attribution graph with them.
"""
