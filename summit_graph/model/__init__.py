"""InceptionV1 and its weights: what a network computes for a batch of images. Needs torch."""
