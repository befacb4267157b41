"""One module for each address: ``show`` draws the page for a scene."""
