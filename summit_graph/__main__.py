"""``python -m summit_graph``, which ``torchrun`` starts on every process."""

from summit_graph.cli import main

if __name__ == "__main__":
    main()
