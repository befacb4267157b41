"""What each channel sees: pictures found by optimisation, and the images that excite it. Needs torch."""
