"""From pictures to exact counts: top activations and top influences of every class (paper 5.1, 5.2)."""
