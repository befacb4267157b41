"""Attribution graphs as text: ``graph_text`` has our own formats, ``published`` Summit's."""
