package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect/detecttest"
)

// FuzzDetectors holds every detector to the promises of [Detector]: no panic
// at any place of any text, spans in bounds, and nothing kept between values.
func FuzzDetectors(f *testing.F) {
	for _, p := range detecttest.HostilePieces {
		f.Add(strings.Repeat(p, 9), "user.phone", uint16(3))
	}
	for _, s := range []string{
		"ssn 078-05-1120, DE89 3704 0044 0532 0130 00; +1 (415) 555-2671", `{"cpf":"529.982.247-25","iban":"GB82WEST12345698765432"}`, "SELECT * FROM t WHERE a='b''c' AND d=1.5e3 -- x",
		"aws_secret_access_key=" + strings.Repeat("aB3/", 10), "2001:db8::1 00:00:5e:00:53:af 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "AB 12 34 56 C 12.ABC.345/01DE-35 RSS MRA 85T10 A562S",
	} {
		f.Add(s, "k", uint16(0))
	}
	f.Add("000A0", "0", uint16(3)) // the letter of a phrase without its space
	f.Add("0000=z\xc42ggggg", "0", uint16(48))
	all := All()
	sc := NewScanner(all)
	var h Hits
	f.Fuzz(func(t *testing.T, s, key string, place uint16) {
		if len(s) > 1<<12 {
			return
		}
		check := func() {
			for _, sp := range h.Spans {
				if sp.Start < 0 || sp.End > len(s) || sp.Start >= sp.End || sp.Detector < 0 || sp.Detector >= len(all) {
					t.Fatalf("span %v of %d bytes", sp, len(s))
				}
			}
		}
		h.Reset(key)
		sc.Scan(&h, s)
		check()
		first := append([]Span(nil), h.Spans...)
		h.Reset(key)
		sc.Scan(&h, s)
		assert.Equal(t, first, append([]Span(nil), h.Spans...), "a second scan differs")
		for i := range all {
			h.Reset(key)
			if all[i].Key != nil && all[i].Key(strings.ToLower(key)) {
				sc.Start(&h, s, i)
				check()
			}
			// Any place is as good as an anchor, but for detectors that are
			// never called without their literal.
			if len(s) > 0 && (all[i].Key != nil || i >= len(structured())) {
				h.Reset(key)
				from := int(place) % len(s)
				h.Run = RunEnd(s, from, len(s), IsAlnum) - from
				all[i].Find(&h, s, from)
				for _, sp := range h.Spans {
					if sp.Start < 0 || sp.End > len(s) {
						t.Fatalf("%s: span %v of %d bytes", all[i].Name, sp, len(s))
					}
				}
			}
		}
	})
}

// TestHostileTextIsReadInOnePass scans megabytes that would take hours if a
// detector read them again from each of its anchors.
func TestHostileTextIsReadInOnePass(t *testing.T) {
	t.Parallel()
	size := 1 << 15
	if testing.Short() {
		size = 1 << 14
	}
	sc := NewScanner(All())
	var h Hits
	for _, p := range detecttest.HostilePieces {
		s := strings.Repeat(p, size/len(p)+1)
		h.Reset("user.phone")
		sc.Scan(&h, s)
		for _, sp := range h.Spans {
			if sp.Start < 0 || sp.End > len(s) || sp.Start >= sp.End {
				t.Fatalf("%q: span %v of %d bytes", p, sp, len(s))
			}
		}
		h.Spans = nil
	}
}

// BenchmarkHostile shows the cost per byte of one megabyte of each piece, and
// of a quarter of it: the two are alike where time is linear.
func BenchmarkHostile(b *testing.B) {
	sc := NewScanner(All())
	for _, p := range detecttest.HostilePieces {
		for _, size := range []int{1 << 18, 1 << 20} {
			name := strings.NewReplacer("/", "|", " ", "_", "\n", "LF", "\t", "TAB").Replace(p)
			b.Run(name+"/"+map[int]string{1 << 18: "256KiB", 1 << 20: "1MiB"}[size], func(b *testing.B) {
				s := strings.Repeat(p, size/len(p)+1)[:size]
				var h Hits
				b.SetBytes(int64(size))
				for b.Loop() {
					h.Reset("")
					sc.Scan(&h, s)
				}
			})
		}
	}
}
