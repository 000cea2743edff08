package detect

import "strings"

// labels is a set of short words in lower case, each in the bytes of a number.
type labels map[uint64]struct{}

func labelsOf(list string) labels {
	l := labels{}
	for _, word := range strings.Fields(list) {
		l[packed(word)] = struct{}{}
	}
	return l
}

// maxLabel is the most bytes of a word in labels.
const maxLabel = 8

func packed(word string) (n uint64) {
	for k := range len(word) {
		n = n<<8 | uint64(Lower(word[k]))
	}
	return n
}

// has looks a word up in any case. No byte of it may be 0.
func (l labels) has(word string) bool {
	if len(word) > maxLabel {
		return false
	}
	_, ok := l[packed(word)]
	return ok
}
