"""Renders pictures of channels: feature visualizations and patches of dataset examples. Needs torch.

``render_folder`` renders missing pictures by ``ascent`` on ``spectra`` through ``maps``; ``examples`` cuts
patches of the size of a position's receptive field.
"""
