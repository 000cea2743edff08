package planted

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Hit says what was found and where, without repeating it.
type Hit struct {
	Kind   Kind
	Form   string
	Where  string
	Offset int
}

func (h Hit) String() string {
	return fmt.Sprintf("%s (%s) in %s at byte %d", h.Kind, h.Form, h.Where, h.Offset)
}

// Scanner finds needles in bytes. It is immutable and safe for concurrent use.
type Scanner struct {
	// gate has a bit for each hash of a needle's first bytes: one look at it
	// rules out nearly every position.
	gate    [1 << 16 / 8]byte
	byStart map[uint32][]needle
	count   int
}

// startBytes decide whether a position is looked at closely; no needle is
// shorter.
const startBytes = 4

// Scanner for every form of every value of the set.
func (s *Set) Scanner() *Scanner { return newScanner(s.needles()) }

// Markers is a scanner for texts as they are, for telemetry that nobody
// redacts but that must not lie on a disk in clear. Texts shorter than four
// bytes are not looked for: they occur by chance.
func Markers(texts []string) *Scanner {
	needles := make([]needle, 0, len(texts))
	for _, text := range texts {
		if len(text) >= startBytes {
			needles = append(needles, needle{"marker", "raw", []byte(text)})
		}
	}
	return newScanner(needles)
}

func newScanner(needles []needle) *Scanner {
	scanner := &Scanner{byStart: make(map[uint32][]needle), count: len(needles)}
	for _, n := range needles {
		start := first(n.bytes)
		scanner.byStart[start] = append(scanner.byStart[start], n)
		h := hash(start)
		scanner.gate[h>>3] |= 1 << (h & 7)
	}
	return scanner
}

// Needles is how many different byte strings are looked for.
func (s *Scanner) Needles() int { return s.count }

func first(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func hash(start uint32) uint16 { return uint16(start * 0x9E3779B1 >> 16) } // the upper half is what is wanted

// mostHits of one kind bound a report: after that many the answer is clear.
const mostHits = 5

// Bytes looks through data and reports at most five hits of each kind.
func (s *Scanner) Bytes(where string, data []byte) []Hit {
	var hits []Hit
	var reported map[Kind]int
	for i := 0; i+startBytes <= len(data); i++ {
		start := first(data[i:])
		if h := hash(start); s.gate[h>>3]&(1<<(h&7)) == 0 {
			continue
		}
		for _, n := range s.byStart[start] {
			if reported[n.kind] < mostHits && bytes.HasPrefix(data[i:], n.bytes) {
				hits = append(hits, Hit{n.kind, n.form, where, i})
				if reported == nil {
					reported = map[Kind]int{}
				}
				reported[n.kind]++
			}
		}
	}
	return hits
}

// Folder looks through every byte and every name below root and returns how
// many bytes and files that were.
func (s *Scanner) Folder(root string) (hits []Hit, size int64, files int, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		hits = append(hits, s.Bytes("the name of "+name, []byte(name))...)
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		size += int64(len(content))
		hits = append(hits, s.Bytes(name, content)...)
		return nil
	})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("scan folder: %w", err)
	}
	return hits, size, files, nil
}
