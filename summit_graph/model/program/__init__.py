"""Any convolutional classifier as data: its program captured, read as sums, stops and layers."""
