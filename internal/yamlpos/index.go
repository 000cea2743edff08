package yamlpos

import "strings"

// Index finds paths over all files of a configuration, in merge order.
type Index []*Document

// Find returns where path is written: its own key, else that of its nearest
// written ancestor, else the top of the last file that is not empty. Later files win over earlier
// ones, as they do in the collector's merge. The second result says that the
// whole path was found.
func (ix Index) Find(path string) (Position, bool) {
	segments := Split(path)
	var best Position
	depth := 0
	for _, doc := range ix {
		if at, matched := doc.Find(segments); matched > 0 && matched >= depth {
			best, depth = at, matched
		}
	}
	if depth == 0 {
		return ix.top(), false
	}
	return best, depth == len(segments)
}

func (ix Index) top() Position {
	for i := len(ix) - 1; i >= 0; i-- {
		if !ix[i].Empty() {
			return ix[i].position(ix[i].root.Content[0])
		}
	}
	if len(ix) > 0 {
		return Position{File: ix[len(ix)-1].name, Line: 1, Column: 1, EndColumn: 2}
	}
	return Position{}
}

// Has says that some file writes the whole path.
func (ix Index) Has(path string) bool {
	_, found := ix.Find(path)
	return found
}

// Split takes a path apart. Lists are addressed as a::0 or as a[0].
func Split(path string) []string {
	path = strings.ReplaceAll(path, "[", Separator)
	path = strings.ReplaceAll(path, "]", "")
	return strings.Split(path, Separator)
}
