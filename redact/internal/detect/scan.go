package detect

import "math/bits"

// wanted reports whether some detector may want the run of n digits that
// begins at base+p, which the block shows. at is base+p.
func (sc *Scanner) wanted(s string, digits, starts uint64, p, n, at int) bool {
	if n >= 63 || p+n >= 63 {
		return sc.anyDigits[min(n, 63)] != 0
	}
	joint := At(s, at+n)
	way := bits.TrailingZeros64(^(digits >> (p + n + 1)))
	if p+n+1+way >= 64 || joint == '%' {
		return sc.anyDigits[n] != 0
	}
	f := sc.follows[n][min(way, gateJoined)]
	if f&followAny != 0 {
		return true
	}
	if way > 0 && isGroupSep(joint) {
		f &= followSep
	} else {
		f &= followNone
	}
	return f != 0 && (starts>>p&1 != 0 || WordStart(s, at))
}

// MaxSpans bounds the spans of one value. A scan that finds more stops, as one
// that reaches [Hits.Limit] does.
const MaxSpans = 1 << 16

// denseWords is how many words of a block of 64 bytes are not counted as work.
const denseWords = 16

// LookBehind is how far before its anchor a value may begin, in bytes: the local
// part of an address before its '@' (RFC 5321 section 4.5.3.1.1), and some.
const LookBehind = 80

// Scan reads s once and leaves what it finds in h.Spans.
//
// It works in blocks of 64 bytes and on masks of them: all words of a block
// take the same few instructions, without a branch that depends on the text.
// What may begin a value is then looked at in the order of its position, on
// which [Hits.SkipTo] relies.
func (sc *Scanner) Scan(h *Hits, s string) {
	if len(s) == uuidLength && isUUID(s) {
		return
	}
	var inWord, inDigits uint64 // 1 if the byte before the block is one
	for base := 0; base < len(s); base += 64 {
		b := readBlock(s, base)
		all := b.letters | b.digits
		starts := all &^ (all<<1 | inWord)
		var words, digits, others uint64
		// Literals that begin with a digit are rare: see Scanner.digitWords.
		for rest := starts & (b.letters | sc.digitWords); rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			i := base + p
			if i+4 > len(s) {
				words |= 1 << (p & 63)
				continue
			}
			words |= uint64(sc.starts[slotOf(fold4(s, i)&lowThree)]&startsLiteral) << (p & 63)
		}
		pairs := &sc.pairs[h.Forms&triggered]
		for rest := b.others; rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			t := uint(s[base+p])<<8 | uint(At(s, base+p+1))
			others |= pairs[t/64] >> (t % 64) & 1 << (p & 63)
		}
		runs := sc.blockRuns(s, base, &b, starts)
		for rest := runs; rest != 0; rest &= rest - 1 {
			// A UUID or a hash holds digits by chance only.
			h.skipHex(s, base+bits.TrailingZeros64(rest))
		}
		// A run that the block does not end may be of any length.
		atLeast2 := b.digits>>1 | 1<<63
		atLeast3 := b.digits>>2 | 3<<62
		for rest := b.digits &^ (b.digits<<1 | inDigits) & (atLeast2 | sc.digits1) & (atLeast3 | sc.digits2); rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			n := bits.TrailingZeros64(^(b.digits >> (p & 63)))
			if sc.lengths>>(n&63)&1 == 0 && p+n < 64 {
				continue
			}
			at := base + p
			if p+n >= 64 {
				n = RunEnd(s, base+64, len(s), IsDigit) - at
			}
			if at < h.hexEnd && at >= h.hexStart {
				continue
			}
			if n == 4 && at+11 < len(s) && s[at+4] == '-' && s[at+7] == '-' {
				if end := timestampEnd(s, at); end > 0 {
					h.dateStart, h.dateEnd = at, end
				}
			}
			if at < h.dateEnd && at >= h.dateStart {
				continue
			}
			if sc.wanted(s, b.digits, starts, p, n, at) {
				digits |= 1 << (p & 63)
				h.lengths[p&63] = uint8(min(n, 255))
			}
		}
		candidates := words | runs | digits | others
		h.Work += bits.OnesCount64(candidates) + bits.OnesCount64(others|digits|runs)
		// Text has ten words in a block. Each of many more costs a look at its
		// beginning, though it is none of a candidate.
		h.Work += max(0, bits.OnesCount64(starts)-denseWords)
		for rest := candidates; rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			bit := uint64(1) << (p & 63)
			if words&bit != 0 {
				sc.wordStart(h, s, base+p)
			}
			if at := base + p; runs&bit != 0 && !(h.uuid && at < h.hexEnd && at >= h.hexStart) && !(at < h.dateEnd && at >= h.dateStart) {
				n := bits.TrailingZeros64(^(all >> (p & 63)))
				if extent := (uint64(1)<<n - 1) << (p & 63); p+n < 64 {
					sc.run(h, s, base+p, n, b.letters&extent != 0 && b.digits&extent != 0)
				} else {
					sc.longRun(h, s, base+p)
				}
			}
			if digits&bit != 0 {
				sc.digitRun(h, s, base+p, int(h.lengths[p&63]))
			}
			if others&bit != 0 && !repeated(s, base+p) {
				sc.other(h, s, base+p)
			}
		}
		if h.overfull {
			h.Stopped = min(base+64, len(s))
			return
		}
		if len(h.Spans) > MaxSpans || h.Limit > 0 && h.Work > h.Limit {
			if base+64 < len(s) {
				h.Stopped = base + 64
			}
			return
		}
		inWord, inDigits = all>>63, b.digits>>63
	}
}

// blockRuns returns the starts of the words of a block that are long or mix
// letters and digits, the one that goes on in the next block included.
func (sc *Scanner) blockRuns(s string, base int, b *block, starts uint64) uint64 {
	all := b.letters | b.digits
	long := all & (all >> 1)
	long &= long >> 2
	long &= long >> 4
	long &= long >> 4
	marks := long | b.letters&(b.digits<<1) | b.digits&(b.letters<<1)
	if all>>63 != 0 && starts != 0 {
		// The last word: its rest stands in the next block.
		from := 63 - bits.LeadingZeros64(starts)
		if marks>>from == 0 {
			digit := b.digits>>63 != 0
			for i := base + 64; ; i++ {
				c := At(s, i)
				if !IsAlnum(c) {
					break
				}
				if IsDigit(c) != digit || i-base-from >= minEncodedRun-1 {
					marks |= 1 << from
					break
				}
			}
		}
	}
	runs := uint64(0)
	for rest := marks; rest != 0; {
		p := bits.TrailingZeros64(rest)
		if before := starts & (2<<p - 1); before != 0 {
			from := 63 - bits.LeadingZeros64(before)
			// Without a start in the block, the word began in the one before.
			if all>>from&(2<<(p-from)-1) == 2<<(p-from)-1 {
				runs |= 1 << from
			}
		}
		end := p + bits.TrailingZeros64(^(all >> p))
		if end >= 64 {
			break
		}
		rest &^= uint64(1)<<end - 1
	}
	return runs
}
