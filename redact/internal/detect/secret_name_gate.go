package detect

// nameGate turns away nearly every name that no secret has, before it is taken
// apart: by hashes of three and then four bytes, case folded, it tells whether
// one of sureParts begins with them, and whether a name may end with them.
type nameGate [Slots]uint8

const (
	// gateBegins: three bytes begin a sure part. gateWhole: they are all of it.
	gateBegins uint8 = 1 << iota
	gateWhole
	// gateGoesOn: four bytes begin one.
	gateGoesOn
	// gateEnds: three bytes end a last word. gateWord: they are all of it.
	gateEnds
	gateWord
	// gateTail: four bytes end one.
	gateTail
	// gateKind: three bytes end a word of kindWords.
	gateKind
)

var names = func() *nameGate {
	g := new(nameGate)
	for _, part := range sureParts {
		g[FoldSlot(part[0], part[1], part[2])] |= gateBegins
		if len(part) == 3 {
			g[FoldSlot(part[0], part[1], part[2])] |= gateWhole
			continue
		}
		g[slotOf(fold4(part, 0))] |= gateGoesOn
	}
	ends := func(word string) {
		n := len(word)
		if n < 3 {
			return // "pw": see mayEnd
		}
		g[FoldSlot(word[n-3], word[n-2], word[n-1])] |= gateEnds
		if n == 3 {
			g[FoldSlot(word[0], word[1], word[2])] |= gateWord
			return
		}
		g[slotOf(fold4(word, n-4))] |= gateTail
	}
	for word := range lastWords {
		ends(word)
	}
	ends("code")
	ends("codes")
	ends("key")
	for _, word := range kindWords {
		n := len(word)
		g[FoldSlot(word[n-3], word[n-2], word[n-1])] |= gateKind
	}
	return g
}()

// FoldSlot hashes three bytes, without the case of ASCII letters, to below Slots.
func FoldSlot(a, b, c byte) uint32 {
	return slotOf((uint32(a) | uint32(b)<<8 | uint32(c)<<16 | 0x20202020) & lowThree)
}

// mayBeSecret reports false for names that judgeName calls no secret.
func (g *nameGate) mayBeSecret(name string) bool {
	n := len(name)
	switch {
	case n < 2:
		return false
	case n > maxParamName:
		return true
	}
	var kinds, union uint8
	for i := range n - 2 {
		kinds |= g[FoldSlot(name[i], name[i+1], name[i+2])]
		union |= name[i]
	}
	return kinds&gateBegins != 0 && g.holdsPart(name) || (union|name[n-2]|name[n-1]) >= 0x80 || g.mayEnd(name)
}

// holdsPart reports whether a sure part may begin in a name.
func (g *nameGate) holdsPart(name string) bool {
	for i := range len(name) - 2 {
		slot := g[FoldSlot(name[i], name[i+1], name[i+2])]
		if slot&gateWhole != 0 || slot&gateBegins != 0 && i+4 <= len(name) && g[slotOf(fold4(name, i))]&gateGoesOn != 0 {
			return true
		}
	}
	return false
}

// mayEnd reports whether a name that holds no sure part may be told by its end.
func (g *nameGate) mayEnd(name string) bool {
	// A number, or a word of a few letters, may stand behind: see unnumbered.
	n := len(name)
	if n < 2 {
		return false
	}
	if IsDigit(name[n-1]) || n > 3 && g[FoldSlot(name[n-3], name[n-2], name[n-1])]&gateKind != 0 {
		if cut := numberedAt(name); cut > 0 && g.mayEnd(name[:cut]) {
			return true
		}
	}
	switch last := uint16(name[n-2])<<8 | uint16(name[n-1]) | 0x2020; {
	case last == 'p'<<8|'w':
		return mayStartWord(name, n-2)
	case last == 'i'<<8|'d' && n > len("session") && (Lower(name[n-3]) == 'n' || Lower(name[n-4]) == 'n'):
		return true // a session's
	case n < 3:
		return false
	}
	slot := g[FoldSlot(name[n-3], name[n-2], name[n-1])]
	if slot&gateEnds == 0 {
		return false
	}
	return slot&gateWord != 0 && mayStartWord(name, n-3) || n >= 4 && g[slotOf(fold4(name, n-4))]&gateTail != 0
}

// numberedAt returns where a name ends that has a number or a word of its kind
// behind it, or 0.
func numberedAt(name string) int {
	n := len(name)
	if IsDigit(name[n-1]) {
		for n > 0 && IsDigit(name[n-1]) {
			n--
		}
		if n > 1 && (Lower(name[n-1]) == 'v' || Lower(name[n-1]) == 'b') && !IsAlnum(name[n-2]) {
			n -= 2
		}
		for n > 0 && !IsAlnum(name[n-1]) {
			n--
		}
		return n
	}
	for _, word := range kindWords {
		if at := n - len(word); at > 1 && HasFold(name[at:], word) && (!IsAlnum(name[at-1]) || IsUpper(name[at])) {
			for at > 0 && !IsAlnum(name[at-1]) {
				at--
			}
			return at
		}
	}
	return 0
}

// mayStartWord reports whether the last word of a name may begin at i.
func mayStartWord(name string, i int) bool {
	return i == 0 || IsUpper(name[i]) || !IsAlnum(name[i-1])
}
