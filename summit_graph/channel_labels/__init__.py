"""Labels of channels: what a channel responds to, in words.

Each source labels channels on its own: concepts from the counts (``concepts``), a list of words and the
user's own model of images and text (``vocabulary``), statistics of its pictures (``appearance``).
``choose_labels`` takes, for each channel, the first source that has a good text.
"""
