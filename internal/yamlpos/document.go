// Package yamlpos finds the line and the column where a setting of a collector
// configuration is written.
//
// A setting is named the way the collector names it,
// receivers::otlp::protocols::http, over all files that the collector merges.
// A path that no file spells out, because a default or a ${file:…} reference
// supplies it, is found at its nearest written ancestor: that is the line to
// edit. Only positions and key names are kept, never a value.
package yamlpos

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Separator joins the segments of a path, as in confmap.
const Separator = "::"

// An anchor may contain aliases to itself: depth bounds the descent, and steps
// bound the number of branches, which doubles with each level of such a file.
const (
	maxDepth = 256
	maxSteps = 100_000
)

// Position is a place in a file. Lines and columns count from 1; a column is a
// number of characters, not bytes.
type Position struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndColumn int    `json:"-"`
}

// IsZero says that nothing was found.
func (p Position) IsZero() bool { return p.Line == 0 }

// String is file:line:column, which terminals and editors make clickable.
func (p Position) String() string {
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Document is one parsed YAML file.
type Document struct {
	name string
	root *yaml.Node
}

// SyntaxError says where a file stops being YAML. It never quotes the file.
type SyntaxError struct {
	File   string
	Line   int // 0 when the parser names no line
	Reason string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: not valid YAML: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s:%d: not valid YAML: %s", e.File, e.Line, e.Reason)
}

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	// quoted matches what the parser repeats of its input. Part of a secret can
	// stand there, for instance the name of an undefined anchor.
	// A quoted single character is the parser's own: did not find expected ','.
	quoted = regexp.MustCompile(`'[^']*'|"[^"]*"|` + "`[^`]*`")
)

func hide(quotation string) string {
	if len(quotation) == len("','") {
		return quotation
	}
	return "…"
}

// Parse reads one file. The name is what positions and errors show for it.
// Empty input is an empty document.
func Parse(name string, data []byte) (*Document, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		syntax := &SyntaxError{File: name, Reason: "unreadable"}
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			syntax.Line, _ = strconv.Atoi(m[1]) // empty means that no line is known
			syntax.Reason = quoted.ReplaceAllStringFunc(m[2], hide)
		}
		return nil, syntax
	}
	doc := &Document{name: name}
	if len(root.Content) > 0 {
		doc.root = root.Content[0]
	}
	if doc.root != nil && doc.root.Kind != yaml.MappingNode && !isNull(doc.root) {
		return nil, &SyntaxError{File: name, Line: doc.root.Line, Reason: "the top of a configuration is a mapping"}
	}
	if key := doc.duplicate(); key != nil {
		return nil, &SyntaxError{File: name, Line: key.Line, Reason: "a key is written twice in one mapping"}
	}
	return doc, nil
}

// ErrNoMapping is returned by callers that need at least one written setting.
var ErrNoMapping = errors.New("the configuration is empty")

// Empty says that the document holds no setting at all.
func (d *Document) Empty() bool { return d.root == nil || len(d.root.Content) == 0 }

// Name is the name given to Parse.
func (d *Document) Name() string { return d.name }

// Find looks a path up in this document. It returns the position of the deepest
// key on the way and the number of segments that were matched.
func (d *Document) Find(segments []string) (Position, int) {
	if d.root == nil {
		return Position{}, 0
	}
	key, depth := (&descent{steps: maxSteps}).into(d.root, segments, 0)
	if key == nil {
		return Position{}, 0
	}
	return d.position(key), depth
}

func (d *Document) position(n *yaml.Node) Position {
	end := n.Column + len([]rune(n.Value))
	if n.Kind != yaml.ScalarNode || strings.ContainsAny(n.Value, "\r\n") || n.Value == "" {
		end = n.Column + 1
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		end += 2
	}
	return Position{File: d.name, Line: n.Line, Column: n.Column, EndColumn: end}
}

type descent struct{ steps int }

// into returns the key node of the deepest match and the count of segments
// matched. A key may hold several segments (yaml:service::telemetry::… style),
// so every key that is a prefix of the rest is tried and the deepest wins.
func (d *descent) into(n *yaml.Node, segments []string, level int) (*yaml.Node, int) {
	if d.steps--; d.steps < 0 || len(segments) == 0 || level > maxDepth {
		return nil, 0
	}
	for n.Kind == yaml.AliasNode && level <= maxDepth {
		n, level = n.Alias, level+1
	}
	switch n.Kind {
	case yaml.MappingNode:
		return d.intoMapping(n, segments, level)
	case yaml.SequenceNode:
		index, err := strconv.Atoi(strings.Trim(segments[0], "[]"))
		if err != nil {
			return findItem(n, segments[0])
		}
		if index < 0 || index >= len(n.Content) {
			return nil, 0
		}
		item := n.Content[index]
		if key, depth := d.into(item, segments[1:], level+1); key != nil {
			return key, depth + 1
		}
		return item, 1
	}
	return nil, 0
}

// findItem finds a list entry by its text: service::pipelines::traces::exporters
// lists component ids, and a finding about one of them names the id.
func findItem(n *yaml.Node, text string) (*yaml.Node, int) {
	for _, item := range n.Content {
		if item.Kind == yaml.ScalarNode && item.Value == text {
			return item, 1
		}
	}
	return nil, 0
}

func (d *descent) intoMapping(n *yaml.Node, segments []string, level int) (best *yaml.Node, depth int) {
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		width := prefix(key.Value, segments)
		if width == 0 {
			continue
		}
		at, total := key, width
		if deeper, more := d.into(value, segments[width:], level+1); deeper != nil {
			at, total = deeper, width+more
		}
		if total >= depth { // the last writer wins, as in a merge
			best, depth = at, total
		}
	}
	if best != nil {
		return best, depth
	}
	for _, m := range merged {
		for _, source := range mergeSources(m) {
			if at, total := d.into(source, segments, level+1); total > depth {
				best, depth = at, total
			}
		}
	}
	return best, depth
}

func mergeSources(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// prefix is the number of segments that key stands for when it opens the path,
// else 0.
func prefix(key string, segments []string) int {
	parts := strings.Split(key, Separator)
	if len(parts) > len(segments) {
		return 0
	}
	for i, part := range parts {
		if part != segments[i] {
			return 0
		}
	}
	return len(parts)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// duplicate returns the second key of a pair of equal keys, or nil.
func (d *Document) duplicate() *yaml.Node {
	if d.root == nil {
		return nil
	}
	return duplicateIn(d.root, 0)
}

func duplicateIn(n *yaml.Node, level int) *yaml.Node {
	if level > maxDepth || n.Kind == yaml.AliasNode {
		return nil // an alias is walked where its anchor stands
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]struct{}, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if _, twice := seen[key.Value]; twice && key.Kind == yaml.ScalarNode && key.Tag != "!!merge" {
				return key
			}
			seen[key.Value] = struct{}{}
		}
	}
	for _, child := range n.Content {
		if key := duplicateIn(child, level+1); key != nil {
			return key
		}
	}
	return nil
}
