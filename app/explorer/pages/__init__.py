"""One module per page: ``show`` draws the page for a scene."""
