package bulk

// Drop is what Sweep does with a draft that it found.
var Drop = (*Bulks).drop
