package detect

// nameGate turns away nearly every name that no secret has, before it is taken
// apart: by a hash of three bytes, case folded, it tells whether one of
// sureParts begins with them (bit 0), and whether a name may end with them
// (bit 1).
type nameGate [slots]uint8

const (
	gateBegins uint8 = 1 << iota
	gateEnds
)

var names = func() *nameGate {
	g := new(nameGate)
	for _, part := range sureParts {
		g[foldSlot(part[0], part[1], part[2])] |= gateBegins
	}
	for word := range lastWords {
		if n := len(word); n >= 3 {
			g[foldSlot(word[n-3], word[n-2], word[n-1])] |= gateEnds
		}
	}
	for _, end := range [...]string{"ode", "des"} { // code, codes
		g[foldSlot(end[0], end[1], end[2])] |= gateEnds
	}
	return g
}()

func foldSlot(a, b, c byte) uint32 {
	return slotOf((uint32(a) | uint32(b)<<8 | uint32(c)<<16 | 0x20202020) & lowThree)
}

// mayBeSecret reports false for names that secretName calls no secret.
func (g *nameGate) mayBeSecret(name string) bool {
	if len(name) < 3 || len(name) > maxParamName {
		return len(name) > 1
	}
	var kinds, union uint8
	for i := range len(name) - 2 {
		kinds |= g[foldSlot(name[i], name[i+1], name[i+2])] & gateBegins
		union |= name[i]
	}
	n := len(name)
	switch last := uint16(name[n-2])<<8 | uint16(name[n-1]) | 0x2020; last {
	case 'p'<<8 | 'w', 'i'<<8 | 'd': // the id may be a session's
		return true
	}
	kinds |= g[foldSlot(name[n-3], name[n-2], name[n-1])] & gateEnds
	return kinds != 0 || (union|name[n-2]|name[n-1]) >= 0x80
}
