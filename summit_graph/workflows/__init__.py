"""The work of commands that combine count files, graph, ranking and pictures.

Each module is one command's work: ``load``, ``bulk_load`` (input in ``bulk_csv``), ``import_network``,
``export_network``, ``embed``, ``remove``, ``demo``, ``doctor``.
"""
