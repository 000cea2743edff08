// Package detect finds sensitive values in text.
//
// A [Detector] names its anchors: literals, digit runs, or mixed runs of
// letters and digits. A [Scanner] compiles the anchors of a set of detectors
// into byte tables and reads a value once; wherever an anchor stands it calls
// the detector's Find, which validates the surroundings and reports spans.
//
// Rules that every detector keeps:
//
//   - Find looks at a bounded window around its anchor, or calls
//     [Hits.SkipTo] past what it has read, so that a hostile value costs time
//     linear in its length.
//   - Find allocates nothing unless it reports a span.
//   - A span is the sensitive value alone: no quotes, key, scheme or separator.
//   - The cheap check comes first: shape, then checksum, then [Hits.Near].
package detect
