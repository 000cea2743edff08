package redact

import (
	"encoding/json"
	"io"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Catalog observes which attribute keys were seen where, and which rules acted
// on them. It holds no values and at most as many keys as it was made for.
type Catalog struct {
	now   func() time.Time
	limit int

	mu sync.Mutex
	// mu guards everything declared below.
	entries map[catalogKey]*CatalogEntry
	dropped int64
}

type catalogKey struct {
	location Location
	key      string
}

// CatalogEntry is what was observed of one key at one location.
type CatalogEntry struct {
	catalog *Catalog
	signals [numSignals]struct {
		seen, first, last atomic.Int64
	}

	mu sync.Mutex
	// mu guards everything declared below.
	byRule [numSignals]map[int]int64
}

// NewCatalog makes a catalogue of at most limit keys. The clock is the wall
// clock if it is nil.
func NewCatalog(limit int, clock func() time.Time) *Catalog {
	if clock == nil {
		clock = time.Now
	}
	return &Catalog{now: clock, limit: limit, entries: map[catalogKey]*CatalogEntry{}}
}

func (c *Catalog) clock() int64 { return c.now().Unix() }

// entry returns the key's entry, or nil if the catalogue is full: an attacker
// who invents keys must not choose its size.
func (c *Catalog) entry(l Location, path string) *CatalogEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[catalogKey{l, path}]; e != nil {
		return e
	}
	if len(c.entries) >= c.limit || len(path) > maxCachedKey {
		c.dropped++
		return nil
	}
	e := &CatalogEntry{catalog: c}
	c.entries[catalogKey{l, strings.Clone(path)}] = e
	return e
}

func (e *CatalogEntry) see(s Signal, now int64) {
	c := &e.signals[s]
	c.seen.Add(1)
	if c.last.Load() != now {
		c.last.Store(now)
		c.first.CompareAndSwap(0, now)
	}
}

func (e *CatalogEntry) redacted(s Signal, rule int) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byRule[s] == nil {
		e.byRule[s] = map[int]int64{}
	}
	e.byRule[s][rule]++
}

// CatalogRow is one line of the written catalogue.
type CatalogRow struct {
	Signal    string           `json:"signal"`
	Location  string           `json:"location"`
	Key       string           `json:"key"`
	Seen      int64            `json:"seen"`
	Redacted  map[string]int64 `json:"redacted,omitempty"`
	FirstSeen time.Time        `json:"first_seen"`
	LastSeen  time.Time        `json:"last_seen"`
}

// CatalogFile is the document that [Catalog.WriteTo] writes.
type CatalogFile struct {
	Policy string `json:"policy"`
	// NotListed counts keys that found no place in the catalogue.
	NotListed int64        `json:"not_listed"`
	Fields    []CatalogRow `json:"fields"`
}

// Write writes the catalogue as JSON, ordered by signal, location and key.
// Keys that themselves hold something sensitive are left out.
func (c *Catalog) Write(w io.Writer, p *Policy) error {
	f := c.snapshot(p)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(f)
}

func (c *Catalog) snapshot(p *Policy) CatalogFile {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := CatalogFile{Policy: p.name, NotListed: c.dropped, Fields: []CatalogRow{}}
	for k, e := range c.entries {
		for s := range numSignals {
			sig := &e.signals[s]
			n := sig.seen.Load()
			if n == 0 {
				continue
			}
			f.Fields = append(f.Fields, CatalogRow{
				Signal: s.String(), Location: k.location.String(), Key: k.key, Seen: n,
				Redacted:  e.named(s, p),
				FirstSeen: time.Unix(sig.first.Load(), 0).UTC(), LastSeen: time.Unix(sig.last.Load(), 0).UTC(),
			})
		}
	}
	sort.Slice(f.Fields, func(i, j int) bool {
		a, b := &f.Fields[i], &f.Fields[j]
		if a.Signal != b.Signal {
			return a.Signal < b.Signal
		}
		if a.Location != b.Location {
			return a.Location < b.Location
		}
		return a.Key < b.Key
	})
	return f
}

func (e *CatalogEntry) named(s Signal, p *Policy) map[string]int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.byRule[s]) == 0 {
		return nil
	}
	out := make(map[string]int64, len(e.byRule[s]))
	for rule, n := range e.byRule[s] {
		out[p.RuleName(rule)] += n
	}
	return out
}
