"""How results are shown: the data of the explorer's components, and the same components as one HTML file."""
