"""Pictures of channels that exist already; ``summit_graph.rendering`` makes them.

``index`` finds them, ``sheet`` draws an attribution graph with them.
"""
