"""Files, locks, processes and progress on this machine; nothing here knows what a class or a channel is."""
