package redact

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// maxCachedKey is the length in bytes above which a key is judged anew each
// time, so that long keys can't fill the cache's memory.
const maxCachedKey = 128

// A location's cache holds hashSlots keys; hashShift turns a hash into a slot.
const (
	hashBits  = 12
	hashSlots = 1 << hashBits
	hashShift = 64 - hashBits
)

// keyCache remembers decisions by key.
//
//   - It is read and written without a lock: a slot is one atomic pointer to
//     an immutable decision.
//   - It is bounded: a key that falls on a taken slot replaces it.
//   - The hash is seeded, so that a sender can't aim at a slot.
type keyCache struct {
	seed  maphash.Seed
	slots []atomic.Pointer[Decision]
}

func (c *keyCache) init(used bool) {
	c.seed = maphash.MakeSeed()
	if used {
		c.slots = make([]atomic.Pointer[Decision], hashSlots)
	}
}

func (c *keyCache) slot(path string, nested bool) *atomic.Pointer[Decision] {
	if len(path) > maxCachedKey || c.slots == nil {
		return nil
	}
	h := maphash.String(c.seed, path)
	if nested {
		h = ^h
	}
	return &c.slots[h>>hashShift]
}

// keyed judges a top-level key through the cache.
func (e *Engine) keyed(loc Location, key string) *Decision {
	if key == "" {
		return e.nameless[loc]
	}
	slot := e.caches[loc].slot(key, false)
	if slot == nil {
		return e.decide(loc, key, key, nil)
	}
	if d := slot.Load(); d != nil && !d.nested && d.beside == nil && d.path == key {
		return d
	}
	// The key is cloned: it may point into a whole message.
	own := strings.Clone(key)
	d := e.decide(loc, own, own, nil)
	slot.Store(d)
	return d
}

// keyedChild judges a key inside the map under parent. fresh: it was not known.
func (e *Engine) keyedChild(loc Location, parent *Decision, path []byte, leaf string) (d *Decision, fresh bool) {
	slot := e.caches[loc].slot(string(path), true)
	if slot != nil {
		if d := slot.Load(); d != nil && d.nested && d.beside == nil && d.path == string(path) && len(d.leaf) == len(leaf) && d.inherited == parent.allowed {
			return d, false
		}
	}
	own := string(path)
	d = e.decide(loc, own, own[len(own)-len(leaf):], parent)
	if slot != nil {
		slot.Store(d)
	}
	return d, true
}

// keyedBeside judges the value of d's key together with the name beside it, which is at
// most maxCachedKey bytes long.
func (e *Engine) keyedBeside(loc Location, d *Decision, name string) *Decision {
	c := &e.caches[loc]
	var slot *atomic.Pointer[Decision]
	if c.slots != nil && len(d.path) <= maxCachedKey {
		slot = &c.slots[(maphash.String(c.seed, name)+3*maphash.String(c.seed, d.path))>>hashShift]
		if p := slot.Load(); p != nil && p.beside == d && p.leaf == name {
			return p
		}
	}
	p := e.decideBeside(loc, d, strings.Clone(name))
	if slot != nil {
		slot.Store(p)
	}
	return p
}
