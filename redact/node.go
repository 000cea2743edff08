package redact

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

// node is a part of a policy document and the path that leads to it.
type node struct {
	path string
	v    any
}

// problems collects what is wrong with a document, each with its path.
type problems struct {
	list []string
}

func (p *problems) add(path, format string, args ...any) {
	p.list = append(p.list, path+": "+fmt.Sprintf(format, args...))
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &DocumentError{Problems: p.list}
}

// DocumentError lists everything that is wrong with a policy document. Each
// entry begins with the path of the bad setting.
type DocumentError struct {
	Problems []string
}

func (e *DocumentError) Error() string { return strings.Join(e.Problems, "\n") }

func (n node) child(key string, v any) node { return node{n.path + "::" + key, v} }

func (n node) index(i int, v any) node { return node{n.path + "[" + strconv.Itoa(i) + "]", v} }

// fields returns the entries of a map in the order of their keys, so that
// errors come in the same order each time.
func (n node) fields(p *problems) []field {
	if n.v == nil {
		return nil
	}
	m, ok := n.v.(map[string]any)
	if !ok {
		p.add(n.path, "want a map, got %s", kind(n.v))
		return nil
	}
	out := make([]field, 0, len(m))
	for k, v := range m {
		out = append(out, field{k, n.child(k, v)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out
}

type field struct {
	key  string
	node node
}

func (n node) items(p *problems) []node {
	if n.v == nil {
		return nil
	}
	switch l := n.v.(type) {
	case []any:
		out := make([]node, len(l))
		for i, v := range l {
			out[i] = n.index(i, v)
		}
		return out
	case []string:
		out := make([]node, len(l))
		for i, v := range l {
			out[i] = n.index(i, v)
		}
		return out
	}
	p.add(n.path, "want a list, got %s", kind(n.v))
	return nil
}

func (n node) str(p *problems) string {
	s, ok := n.v.(string)
	if !ok {
		p.add(n.path, "want a string, got %s", kind(n.v))
	}
	return s
}

func (n node) boolean(p *problems) bool {
	b, ok := n.v.(bool)
	if !ok {
		p.add(n.path, "want true or false, got %s", kind(n.v))
	}
	return b
}

// integer reads a whole number between lo and hi.
func (n node) integer(p *problems, lo, hi int) int {
	var f float64
	switch v := n.v.(type) {
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case uint64:
		f = float64(v)
	case float64:
		f = v
	default:
		p.add(n.path, "want a whole number, got %s", kind(n.v))
		return lo
	}
	if f != math.Trunc(f) || f < float64(lo) || f > float64(hi) {
		p.add(n.path, "want a whole number from %d to %d, got %v", lo, hi, f)
		return lo
	}
	return int(f)
}

func (n node) number(p *problems) float64 {
	switch v := n.v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
	p.add(n.path, "want a number, got %s", kind(n.v))
	return 0
}

// size reads a number of bytes: 4096, "64KiB", "4MiB".
func (n node) size(p *problems, lo, hi int) int {
	s, ok := n.v.(string)
	if !ok {
		return n.integer(p, lo, hi)
	}
	unit := 1
	for _, u := range [...]struct {
		suffix string
		n      int
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}} {
		if strings.HasSuffix(s, u.suffix) {
			s, unit = strings.TrimSpace(strings.TrimSuffix(s, u.suffix)), u.n
			break
		}
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < 0 || v > hi/unit || v*unit < lo {
		p.add(n.path, "want a size from %d bytes to %d MiB, such as 64KiB or 4MiB", lo, hi>>20)
		return lo
	}
	return v * unit
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int, int64, uint64, float64:
		return "a number"
	case map[string]any:
		return "a map"
	case []any, []string:
		return "a list"
	}
	return fmt.Sprintf("a %T", v)
}
