"""Answers questions about the graph, for commands, the explorer and Python; nothing here writes."""
