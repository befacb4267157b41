"""Tests whether the channels of a graph matter: some are replaced by their means, and the log-odds measured.

``rankings`` orders the channels of each layer (the graph's score and the baselines), ``replacement`` runs
the model with channels replaced, ``node_curve`` measures all of it for one class. ``edge_replacement``
runs it with influences taken out, ``edge_curve`` measures these, ``completeness`` what they bring. What
the numbers mean is in ``analysis.faithfulness`` and ``analysis.edge_faithfulness``.
"""
