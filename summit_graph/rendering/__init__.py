"""Makes pictures of channels: feature visualizations and patches of dataset examples. Needs torch."""
