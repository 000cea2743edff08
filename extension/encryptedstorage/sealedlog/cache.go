package sealedlog

import (
	"slices"
	"sort"
)

// cacheOverhead stands for the memory of an item beside its value, in bytes.
const cacheOverhead = 64

// cache keeps values of queued items, in clear, from their insertion until they
// are read: a queue that keeps up takes what it has just put, and need not read
// and open it for that. It holds the first ones that fit, because they are asked
// for first; others come in as those leave. A value is handed out once and is the
// caller's then: who asks again is answered from the disk.
//
// It is guarded by Log.mu.
type cache struct {
	limit int64        // of bytes; 0 keeps nothing
	fresh *freshMemory // nil if copies make their own
	bytes int64
	items []cachedItem // in the order of their numbers
	left  int          // of items: how many have left
}

type cachedItem struct {
	number uint64
	loc    location // of the frame that says the same
	value  []byte   // nil if it has left
}

func (c *cachedItem) cost() int64 { return int64(cap(c.value)) + cacheOverhead }

// add keeps a copy of the value of n, which was written at loc, if there is room.
func (c *cache) add(n uint64, loc location, value []byte) {
	room := c.limit - c.bytes - cacheOverhead
	if len(value) == 0 || int64(len(value)) > room {
		return
	}
	if last := len(c.items) - 1; last >= 0 && c.items[last].number >= n {
		return // no queue counts back
	}
	// The caller may use its memory again.
	item := cachedItem{number: n, loc: loc, value: c.fresh.clone(value, room)}
	c.items = append(c.items, item)
	c.bytes += item.cost()
}

// find returns the place of n.
func (c *cache) find(n uint64) (int, bool) {
	if len(c.items) == 0 || n < c.items[0].number {
		return 0, false
	}
	i := 0
	if c.items[0].number != n { // else in turn
		i = sort.Search(len(c.items), func(i int) bool { return c.items[i].number >= n })
	}
	return i, i < len(c.items) && c.items[i].number == n && c.items[i].value != nil
}

func (c *cache) holds(n uint64) bool {
	_, ok := c.find(n)
	return ok
}

// take hands the value of n out, with the place of its frame; nil if it is not
// there.
func (c *cache) take(n uint64) ([]byte, location) {
	i, ok := c.find(n)
	if !ok {
		return nil, location{}
	}
	item := c.items[i]
	c.bytes -= item.cost()
	c.items[i].value = nil
	c.left++
	for len(c.items) > 0 && c.items[0].value == nil {
		c.items = c.items[1:]
		c.left--
	}
	// One that nobody asks for must not keep the places of all that followed it.
	if c.left > len(c.items)/2 {
		c.items = slices.DeleteFunc(c.items, func(c cachedItem) bool { return c.value == nil })
		c.left = 0
	}
	return item.value, item.loc
}

// forget drops n.
func (c *cache) forget(n uint64) {
	value, _ := c.take(n)
	clear(value) // nobody has seen it, and nobody is to find it
}

func (c *cache) forgetAll() {
	for _, item := range c.items {
		clear(item.value)
	}
	c.items, c.bytes, c.left = nil, 0, 0
}
