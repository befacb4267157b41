"""Default values of options and parameters. Each is defined here once; importing them costs nothing."""

from __future__ import annotations

#: Default of --model.
DEFAULT_MODEL = "inceptionv1"
#: Its default of --weights: the paper's kind of InceptionV1 that can be downloaded and verified.
DEFAULT_WEIGHTS = "bvlc"
#: How weights from a file are recorded, where nothing else tells it.
OF_FILE = "file"
#: Weights that --weights takes by name.
NAMED_WEIGHTS = (DEFAULT_WEIGHTS, "torchvision", "inception5h")
#: Images kept and shown for each channel.
EXAMPLES = 10
#: Channels listed that fire often for a class and contribute little.
LESS_CONTRIBUTING = 20
#: Similar classes listed for each layer.
NEIGHBOURS = 5
#: Classes, and channels, listed for a word.
FOUND = 50
#: Motifs: smallest support (a motif of one class does not recur), rewirings of the null model, number listed.
LOWEST_SUPPORT, REWIRINGS, MOTIFS = 2, 100, 100
#: Of embeddings, communities and the motifs' null model.
SEED = 20190801
