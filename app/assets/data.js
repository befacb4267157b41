// The data that Python passes to each component. summit_graph/display/page_data.py declares the same types
// under the same names; tests/test_page_data.py compares the two files.

/**
 * Which of the compared classes have a channel or an influence: all, several, or one.
 * @typedef {"shared" | "some" | "only"} Part
 */

/**
 * What a channel responds to, in words.
 * @typedef {object} NodeLabel
 * @property {string | null} text
 * @property {string} shown
 * @property {string} about
 */

/**
 * A channel of an attribution graph.
 * @typedef {object} GraphNode
 * @property {string} id
 * @property {number} count
 * @property {number | null} pagerank
 * @property {string | null} branch
 * @property {number | null} graphs
 * @property {number | null} lift
 * @property {number | null} q
 * @property {boolean} extra
 * @property {string[]} diversity
 * @property {number} examples
 * @property {NodeLabel | null} label
 * @property {Part | null} part
 * @property {string | null} owner
 * @property {Record<string, number> | null} counts
 */

/**
 * An influence of a channel on one of the layer above it.
 * @typedef {object} GraphEdge
 * @property {string} lower
 * @property {string} upper
 * @property {number} count
 * @property {number | null} via
 * @property {string | null} via_stop
 * @property {boolean} skip
 * @property {boolean} extra
 * @property {Part | null} part
 * @property {string | null} owner
 * @property {Record<string, number> | null} counts
 */

/**
 * In how many images a channel of the last layer is among the largest contributions to the class.
 * @typedef {object} GraphSupport
 * @property {string} channel
 * @property {number} count
 */

/**
 * The class itself, at the top of its graph.
 * @typedef {object} GraphOutput
 * @property {number} top
 * @property {GraphSupport[]} supports
 * @property {number} further
 */

/**
 * A class of the shown graph.
 * @typedef {object} GraphClass
 * @property {string} name
 * @property {string} title
 * @property {number} images
 * @property {number[] | null} histogram
 */

/**
 * A class whose graph shares channels with the shown one.
 * @typedef {object} SimilarClass
 * @property {string} name
 * @property {string} title
 * @property {number} shared
 * @property {number} jaccard
 */

/**
 * A channel that the user has pinned.
 * @typedef {object} PinnedChannel
 * @property {string} channel
 * @property {string} label
 * @property {string} note
 */

/**
 * Channels that are drawn as one node.
 * @typedef {object} Supernode
 * @property {string} label
 * @property {string[]} channels
 * @property {string} note
 * @property {boolean} open
 */

/**
 * What the user has pinned, labelled and grouped in a graph, as docs/subgraph.schema.json has it.
 * @typedef {object} Subgraph
 * @property {string} format
 * @property {number} version
 * @property {string} network
 * @property {string} class
 * @property {string} note
 * @property {boolean} only_pinned
 * @property {PinnedChannel[]} pinned
 * @property {Supernode[]} supernodes
 * @property {Record<string, string>} provenance
 */

/**
 * A stored group of channels that do the same work.
 * @typedef {object} GroupNode
 * @property {string} id
 * @property {string} label
 * @property {string[]} channels
 */

/**
 * The groups of a graph's channels.
 * @typedef {object} ChannelGroups
 * @property {boolean} shown
 * @property {string[]} opened
 * @property {GroupNode[]} groups
 * @property {string} missing
 */

/**
 * The graph of one class, or of several compared ones.
 * @typedef {object} GraphData
 * @property {string} key
 * @property {string} network
 * @property {string} file
 * @property {string[]} layers
 * @property {GraphClass[]} classes
 * @property {GraphNode[]} nodes
 * @property {GraphEdge[]} edges
 * @property {GraphOutput | null} output
 * @property {string[][]} runs
 * @property {boolean} against
 * @property {string} heading
 * @property {string} explanation
 * @property {[string, string][]} facts
 * @property {number} class_count
 * @property {SimilarClass[]} similar
 * @property {number} answered
 * @property {string} place
 * @property {string[]} highlight
 * @property {string} highlighted_by
 * @property {string | null} selected
 * @property {string} channel_url_prefix
 * @property {string | null} examples_command
 * @property {boolean} expandable
 * @property {string[]} expanded
 * @property {Subgraph | null} subgraph
 * @property {ChannelGroups | null} channel_groups
 * @property {boolean} embedded
 * @property {Record<string, string>} provenance
 */

/**
 * A class, and further texts that find it.
 * @typedef {object} SearchedClass
 * @property {string} name
 * @property {string} title
 * @property {string[]} names
 */

/**
 * What the classes of a network are found by.
 * @typedef {object} ClassSearchData
 * @property {SearchedClass[]} classes
 * @property {Concept[]} concepts
 */

/**
 * A chosen class, and its title as it is shown.
 * @typedef {object} ChosenClass
 * @property {string} name
 * @property {string} shown
 */

/**
 * A field that chooses one class, or several; `url` is the address of ClassSearchData.
 * @typedef {object} ClassChoiceData
 * @property {string} label
 * @property {boolean} labelled
 * @property {string} placeholder
 * @property {boolean} several
 * @property {ChosenClass[]} chosen
 * @property {string[] | null} only
 * @property {string} url
 */

/**
 * A class in the overview.
 * @typedef {object} OverviewClass
 * @property {string} name
 * @property {string} title
 * @property {string[]} names
 * @property {number} images
 * @property {number | null} top1
 * @property {number[] | null} histogram
 */

/**
 * A concept above some classes.
 * @typedef {object} Concept
 * @property {string[]} names
 * @property {number[]} members
 */

/**
 * Similar classes.
 * @typedef {object} Community
 * @property {string} title
 * @property {string[]} members
 */

/**
 * All classes of a network.
 * @typedef {object} OverviewData
 * @property {string} key
 * @property {string} network
 * @property {string[]} layers
 * @property {OverviewClass[]} classes
 * @property {Concept[]} concepts
 * @property {Record<string, ([number, number] | null)[] | null>} positions
 * @property {string} note
 * @property {string} layer
 * @property {string | null} chosen
 * @property {Record<string, number[]> | null} similarity
 * @property {string | null} order
 * @property {string[]} group
 * @property {Community[] | null} communities
 * @property {boolean} trajectory
 * @property {Record<string, number[]> | null} movement
 * @property {string} aspects
 * @property {Record<string, string>} provenance
 */

/**
 * A picture, with a link to its channel where it names one.
 * @typedef {object} GalleryItem
 * @property {string} picture
 * @property {string} alt
 * @property {string | null} name
 * @property {string[]} captions
 * @property {string | null} channel
 */

/**
 * Pictures of one size under a title.
 * @typedef {object} GalleryGroup
 * @property {string | null} title
 * @property {string | null} hint
 * @property {number} side
 * @property {GalleryItem[]} items
 * @property {string | null} more
 */

/**
 * Groups of pictures.
 * @typedef {object} GalleryData
 * @property {string} key
 * @property {string | null} file
 * @property {string} heading
 * @property {GalleryGroup[]} groups
 * @property {string} channel_url_prefix
 * @property {Record<string, string>} provenance
 */

/**
 * A channel of a motif.
 * @typedef {object} MotifChannel
 * @property {string} channel
 * @property {string} name
 * @property {string | null} label
 */

/**
 * In how many classes of a group something is, and in how many others.
 * @typedef {object} InGroup
 * @property {number} inside
 * @property {number} size
 * @property {number} outside
 * @property {number} others
 * @property {number | null} lift
 */

/**
 * A motif: its channels from the lowest layer up, and the signs between them.
 * @typedef {object} Motif
 * @property {string} id
 * @property {string} shape
 * @property {number} support
 * @property {number | null} expected
 * @property {number | null} q
 * @property {InGroup | null} group
 * @property {string[]} joins
 * @property {MotifChannel[]} channels
 */

/**
 * A list of motifs.
 * @typedef {object} MotifsData
 * @property {string} key
 * @property {string} network
 * @property {string} file
 * @property {string} heading
 * @property {Motif[]} motifs
 * @property {string | null} chosen
 * @property {Record<string, string>} provenance
 */

/**
 * A measure of each layer, from 0 to 1; null where it is unknown.
 * @typedef {object} ChartMeasure
 * @property {string} name
 * @property {(number | null)[]} values
 */

/**
 * Measures of the layers, from the lowest layer up.
 * @typedef {object} ChartData
 * @property {string[]} layers
 * @property {ChartMeasure[]} measures
 * @property {string} heading
 * @property {string} file
 * @property {Record<string, string>} provenance
 */

/**
 * A channel's pictures as data: URLs.
 * @typedef {object} InlinePictures
 * @property {Record<string, string>} kinds
 * @property {string[]} examples
 */

/**
 * What a page without a server has besides the data of its component.
 * @typedef {object} StandaloneData
 * @property {string} component
 * @property {string} css
 * @property {Record<string, InlinePictures>} pictures
 */

export {};
