// The tooltips that explain the terms of the panel.

export const COUNT =
  "Aggregated activation A (paper 5.1): in how many of the class's images this channel is a top channel";
export const INFLUENCE =
  "Aggregated influence I (paper 5.2): in how many of the class's images the lower channel is a top " +
  "influence on the upper one";
export const PAGERANK =
  "Personalized PageRank (paper 5.3): the channel's share of the whole network's score for this class";
export const BOTTLENECK =
  "The channel of the 1x1 convolution in front of the 3x3 or 5x5 convolution that the strongest path leads " +
  "through (via)";
export const PATCHES = "Dataset examples: the image patches that activate the channel most";
export const FACES =
  "Diversity images: optimized from several starts at once, so that each shows another pattern that " +
  "activates the channel. Move the pointer along the channel in the graph to step through them";
