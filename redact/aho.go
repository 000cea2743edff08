package redact

// gate is a dense Aho-Corasick automaton over the texts that user regexes
// require. One pass over a value tells which regexes may match. It ignores
// ASCII case: a gate may let through too much, never too little.
type gate struct {
	// class maps a byte to a column; 0 is every byte that no text holds.
	class  [256]uint8
	width  int
	next   []uint32 // state*width + class → state
	output []uint64 // state → regexes, a bit each, that the state lets through
	always uint64   // regexes without required text
}

// maxGated is the number of regexes that have a bit of their own; further ones
// share the last bit.
const maxGated = 63

func gateBit(i int) uint64 { return 1 << min(i, maxGated) }

// newGate compiles, per regex, its required texts; nil means none.
func newGate(texts [][]string) *gate {
	g := &gate{width: 1}
	for i, list := range texts {
		if list == nil {
			g.always |= gateBit(i)
		}
		for _, t := range list {
			for k := range len(t) {
				if g.class[t[k]] == 0 {
					g.class[t[k]] = uint8(g.width)
					g.width++
				}
			}
		}
	}
	for c := byte('A'); c <= 'Z'; c++ {
		g.class[c] = g.class[c|0x20]
	}
	g.grow()
	for i, list := range texts {
		for _, t := range list {
			state := uint32(0)
			for k := range len(t) {
				at := int(state)*g.width + int(g.class[t[k]])
				if g.next[at] == 0 {
					n := g.grow()
					g.next[at] = n
				}
				state = g.next[at]
			}
			g.output[state] |= gateBit(i)
		}
	}
	g.link()
	return g
}

func (g *gate) grow() uint32 {
	g.next = append(g.next, make([]uint32, g.width)...)
	g.output = append(g.output, 0)
	return uint32(len(g.output) - 1)
}

// link replaces failure links by transitions, breadth first.
func (g *gate) link() {
	fail := make([]uint32, len(g.output))
	var queue []uint32
	for c := range g.width {
		if s := g.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		g.output[s] |= g.output[fail[s]]
		for c := range g.width {
			at := int(s)*g.width + c
			down := g.next[int(fail[s])*g.width+c]
			if t := g.next[at]; t != 0 {
				fail[t] = down
				queue = append(queue, t)
			} else {
				g.next[at] = down
			}
		}
	}
}

// pass returns the regexes that may match s.
func (g *gate) pass(s string) uint64 {
	found := g.always
	if len(g.output) == 1 {
		return found
	}
	state, w := uint32(0), g.width
	for i := range len(s) {
		state = g.next[int(state)*w+int(g.class[s[i]])]
		found |= g.output[state]
	}
	return found
}
