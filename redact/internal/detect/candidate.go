package detect

// repeated reports the second one of two bytes before which a name or a local
// part stands: none does.
func repeated(s string, i int) bool {
	c := s[i]
	return i > 0 && s[i-1] == c && (c == '@' || c == '=' || c == ':' || c == '>')
}

// other judges a byte that may begin a literal or a hidden form.
func (sc *Scanner) other(h *Hits, s string, i int) {
	c := s[i]
	if i < h.dateEnd && i >= h.dateStart {
		return
	}
	if sc.trigger[c] {
		h.trigger(s, i)
		if c == '\\' {
			sc.escapedWord(h, s, i+1)
		}
	}
	if list := sc.special[c]; len(list) != 0 {
		sc.literals(h, s, i, list)
	}
}

// longRun judges a run of letters and digits that leaves its block.
func (sc *Scanner) longRun(h *Hits, s string, start int) {
	end, letters, digits := start, false, false
	if start == h.hexStart && !h.uuid && h.hexEnd > start {
		// A hash: its extent is known, and it holds letters.
		end, letters = h.hexEnd, true
		for i := start; i < end && !digits; i++ {
			digits = IsDigit(s[i])
		}
	}
	for ; end+8 <= len(s); end += 8 {
		l, d := alnumBits(Load8(s, end))
		if l|d != 0xff {
			break
		}
		letters = letters || l != 0
		digits = digits || d != 0
	}
	for ; end < len(s) && IsAlnum(s[end]); end++ {
		digit := IsDigit(s[end])
		letters = letters || !digit
		digits = digits || digit
	}
	sc.run(h, s, start, end-start, letters && digits)
}

// run judges the run of n letters and digits at start; mixed tells that it
// holds both.
func (sc *Scanner) run(h *Hits, s string, start, n int, mixed bool) {
	// A hash is no base64 of a text.
	if n >= minEncodedRun && !(start == h.hexStart && start+n == h.hexEnd) {
		h.encodedRun(s, start, start+n)
	}
	if mixed {
		if list := sc.runs[min(n, 63)]; len(list) != 0 {
			h.Run = n
			sc.call(h, s, start, list)
		}
	}
}

// escapedWord begins a word after the letter of a written \n, which belongs to
// the escape.
func (sc *Scanner) escapedWord(h *Hits, s string, start int) {
	if c := At(s, start); (c == 'n' || c == 't' || c == 'r') && start+1 < len(s) && IsAlnum(s[start+1]) {
		sc.wordStart(h, s, start+1)
		sc.escapedRun(h, s, start+1)
	}
}

// escapedRun judges the letters and digits of such a word.
func (sc *Scanner) escapedRun(h *Hits, s string, start int) {
	letters, digits := false, false
	end := start
	for ; end < len(s) && end-start < 64 && IsAlnum(s[end]); end++ {
		digits = digits || IsDigit(s[end])
		letters = letters || !IsDigit(s[end])
	}
	if n := end - start; letters && digits && n < 63 {
		if list := sc.runs[n]; len(list) != 0 {
			h.Run = n
			sc.call(h, s, start, list)
		}
	}
}

func (sc *Scanner) digitRun(h *Hits, s string, at, n int) {
	if n == 255 {
		n = RunEnd(s, at, len(s), IsDigit) - at
	}
	k := min(n, 63)
	for _, d := range sc.digits[k] {
		if g := sc.detectors[d].Joined; g != nil && k < gateLimit && At(s, at+n) != '%' && g[k]>>anyJoined(s, at+n)&1 == 0 {
			continue
		}
		h.Run = n
		sc.one(h, s, at, d)
	}
	if k < gateLimit && sc.gates[k] && WordStart(s, at) {
		if list := sc.gated[k][joined(s, at+n)]; len(list) != 0 {
			h.Run = n
			sc.call(h, s, at, list)
		}
	}
}

func (sc *Scanner) wordStart(h *Hits, s string, i int) {
	if i+3 > len(s) {
		return // no value is that short
	}
	slot := FoldSlot(s[i], s[i+1], s[i+2])
	if i+4 <= len(s) && sc.starts[slot]&startsShort == 0 && sc.goesOn[slotOf(fold4(s, i))] == 0 {
		return
	}
	if list := sc.literalsAt[sc.startIndex[slot]]; len(list) != 0 {
		sc.literals(h, s, i, list)
	}
}

func (sc *Scanner) literals(h *Hits, s string, i int, list []anchor) {
	rest := s[i:]
	var head uint64
	if len(rest) >= 8 {
		head = Load8(rest, 0)
	} else {
		for k := range len(rest) {
			head |= uint64(rest[k]) << (8 * k)
		}
	}
	head |= caseBits
	h.Work += len(list) / 2 // most are turned away by one comparison
	for k := range list {
		a := &list[k]
		// One comparison turns most literals away that begin alike.
		if (head^a.head)&a.width != 0 || len(rest) < len(a.text) {
			continue
		}
		if a.fold {
			if !HasFold(rest, a.text) {
				continue
			}
		} else if rest[:len(a.text)] != a.text {
			continue
		}
		sc.one(h, s, i, a.detector)
	}
}

func (sc *Scanner) call(h *Hits, s string, at int, list []int) {
	run := h.Run
	for _, d := range list {
		h.Run = run
		sc.one(h, s, at, d)
	}
}

func (sc *Scanner) one(h *Hits, s string, at, d int) {
	if d < len(h.skip) && at < h.skip[d] {
		h.Work++
		return
	}
	h.current = d
	det := &sc.detectors[d]
	h.spend(1 + int(det.Cost))
	det.Find(h, s, at)
}

// Start calls detector d at the beginning of s because of the key.
func (sc *Scanner) Start(h *Hits, s string, d int) {
	if len(s) == 0 {
		return
	}
	h.current, h.ByKey = d, true
	sc.detectors[d].Find(h, s, 0)
	h.ByKey = false
}
