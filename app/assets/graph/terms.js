// The tooltips that explain the terms of the panel.

export const COUNT =
  "Aggregated activation A (paper 5.1): in how many of the class's images this channel is a top channel";
export const INFLUENCE =
  "Aggregated influence I (paper 5.2): in how many of the class's images the lower channel is a top " +
  "influence on the upper one";
export const PAGERANK =
  "Personalized PageRank (paper 5.3): the channel's share of the network's total score for this class";
export const BOTTLENECK =
  "The channel between the two layers that the strongest path passes through: in GoogLeNet the channel of " +
  "the 1x1 convolution before the 3x3 or 5x5 convolution";
export const PATCHES = "Dataset examples: the image patches that activate the channel most";
export const FACES =
  "The image optimized for the channel, and diversity images: each shows another pattern that " +
  "activates the channel. Move the pointer across the channel in the graph to step through them";
export const SUPPORT =
  "In how many of the class's images this channel of the last layer is one of the largest contributions to " +
  "the class's output (its logit)";
export const RUN =
  "Skip connections pass the channel on unchanged through these layers: in the graph it is one bar, with a " +
  "small mark for each layer between";
export const GRAPHS = "In how many classes' attribution graphs this channel is";
export const SPECIFICITY =
  "How many times as often it is a top channel as in the images of all other classes; q: the false " +
  "discovery rate over this graph's channels (Fisher's exact test)";
