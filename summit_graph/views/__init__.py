"""A question -> an answer: what the commands, the explorer and Python users read; nothing here writes."""
