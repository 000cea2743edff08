package sealedlog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// listing is what lies in a log's directory.
type listing struct {
	segments []uint64 // ascending
	spares   []string
	kept     []string // quarantined files
}

func list(fs FS) (listing, error) {
	names, err := fs.List()
	if err != nil {
		return listing{}, fmt.Errorf("list segments: %w", err)
	}
	var l listing
	for _, name := range names {
		if id, ok := parseSegmentName(name); ok {
			l.segments = append(l.segments, id)
		} else if isSpareName(name) {
			l.spares = append(l.spares, name)
		} else if strings.HasPrefix(name, quarantinePrefix) {
			l.kept = append(l.kept, name)
		}
	}
	slices.Sort(l.segments)
	slices.Sort(l.spares)
	slices.Sort(l.kept)
	return l, nil
}

// openSegment opens one file and authenticates its header.
func openSegment(ctx context.Context, fs FS, id uint64, store [16]byte, client string, keys Keys, contextHash [32]byte) (seg *segment, err error) {
	name := segmentName(id)
	f, err := fs.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open segment %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("open segment %s: %w", name, err)
	}
	if size > maxSegment {
		return nil, &Damage{File: name, Reason: fmt.Sprintf("%d bytes are more than a segment takes; cut it to its former size", size)}
	}
	h, err := readHeader(f)
	switch {
	case err != nil && !errors.Is(err, errHeader):
		return nil, fmt.Errorf("segment %s: %w", name, err)
	case err != nil:
		return nil, &Damage{File: name, Reason: err.Error() + "; to go on without its records move the file away"}
	case h.Store != store:
		return nil, fmt.Errorf("segment %s: %w: it names store %x, this one is %x; check the setting directory", name, ErrWrongStore, h.Store, store)
	case h.Segment != id:
		return nil, &Damage{File: name, Reason: fmt.Sprintf("the header says that this is segment %d; the file was renamed", h.Segment)}
	}
	epoch, err := keys.Unwrap(ctx, h.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("segment %s, wrapped by %s: %w", name, h.Wrapped, err)
	}
	meta, key, err := h.open(epoch, contextHash)
	if errors.Is(err, errHeader) {
		return nil, &Damage{File: name, Reason: err.Error()}
	}
	if err != nil {
		return nil, fmt.Errorf("segment %s, wrapped by %s: %w", name, h.Wrapped, err)
	}
	if client != "" && meta.Client != client {
		return nil, fmt.Errorf("segment %s: %w: it was written by client %q, not %q", name, ErrWrongStore, envelope.Printable(meta.Client, 200), client)
	}
	seg = &segment{
		id: id, file: f, created: meta.Created, epoch: h.Wrapped.ID(), keyID: h.Wrapped.KeyID, provider: h.Wrapped.Provider,
		codec: newFrameCodec(frameInfo(store, meta.Client, id, contextHash), key),
		size:  size, header: h.Length, firstSeq: meta.FirstSeq, synced: meta.SyncedSeq, client: meta.Client, base: meta.Checkpoint,
	}
	seg.written = position{offset: h.Length, seq: meta.FirstSeq - 1}
	seg.trusted = seg.written
	seg.tail = h.Length
	return seg, nil
}

// replay reads all segments and tells apply about every frame that counts, in
// the order of their sequence numbers. It changes nothing on disk.
type replay struct {
	segs []*segment
	// apply gets each frame; before it, missing gets each range of durable
	// frames that do not read back. An error of either ends the replay.
	apply   func(*segment, frame) error
	missing func(*Damage, *segment) error

	next      uint64 // number of the next frame
	end       int    // index of the segment in which the log ends
	lost      int64  // bytes of frames behind the end
	synced    uint64 // highest synced_seq of all frames, once it was needed
	syncedSet bool

	torn, corrupt, tampered int
}

// limit is the last number that counts in segment i: its successor says where
// it begins, and everything behind that is ignored for ever.
func (r *replay) limit(i int) uint64 {
	if i+1 < len(r.segs) {
		return r.segs[i+1].firstSeq - 1
	}
	return math.MaxUint64
}

func (r *replay) run() error {
	for i, s := range r.segs {
		if i > 0 && s.firstSeq < r.segs[i-1].firstSeq {
			return &Damage{File: segmentName(s.id), Reason: "it begins before the segment in front of it"}
		}
	}
	if len(r.segs) > 0 {
		r.next = r.segs[0].firstSeq
	}
	for i, s := range r.segs {
		r.end = i
		// What is missing in front of a segment was in the one before it: that file
		// is the one to keep.
		before := r.segs[max(i-1, 0)]
		if stop, err := r.gap(before, before.written.offset, s.firstSeq, "the segment ends early"); stop || err != nil {
			// The log ends in front of this segment, which goes.
			r.end = i - 1
			return err
		}
		stop, err := r.segment(i, s)
		if stop || err != nil {
			return err
		}
	}
	return nil
}

// gap deals with the numbers from r.next to before next, which are missing. It
// stops the replay if they were never synced.
func (r *replay) gap(seg *segment, offset int64, next uint64, why string) (stop bool, err error) {
	if next <= r.next {
		return false, nil
	}
	if err := r.findSynced(); err != nil {
		return false, err
	}
	first, last := r.next, min(next-1, r.synced)
	if first <= last {
		if err := r.missing(&Damage{File: segmentName(seg.id), Offset: offset, First: first, Last: last, Reason: why}, seg); err != nil {
			return false, err
		}
		r.next = last + 1
	}
	if r.next < next {
		return true, nil
	}
	return false, nil
}

// findSynced finds the highest number that any frame knows to be durable. It
// reads everything once more, which only a log with a gap pays for.
func (r *replay) findSynced() error {
	if r.syncedSet {
		return nil
	}
	for i, s := range r.segs {
		r.synced = max(r.synced, s.synced)
		if s.base {
			r.synced = max(r.synced, s.firstSeq+1)
		}
		sc := newScanner(s.file, s.codec, s.header, s.size)
		for {
			f, ok, err := sc.next()
			if err != nil {
				return fmt.Errorf("segment %s: %w", segmentName(s.id), err)
			}
			if !ok {
				break
			}
			if f.seq > r.limit(i) || f.seq < s.firstSeq {
				continue
			}
			c := cursor{b: f.plain}
			if synced := c.uvarint(); !c.bad && synced < f.seq {
				r.synced = max(r.synced, synced)
			}
		}
	}
	r.syncedSet = true
	return nil
}

func (r *replay) segment(i int, s *segment) (stop bool, err error) {
	sc := newScanner(s.file, s.codec, s.header, s.size)
	defer func() {
		r.torn += sc.torn
		r.corrupt += sc.corrupt
		r.tampered += sc.tampered
	}()
	limit := r.limit(i)
	for r.next <= limit {
		rejected := sc.torn + sc.corrupt + sc.tampered
		f, ok, err := sc.next()
		if err != nil {
			return false, fmt.Errorf("segment %s: %w", segmentName(s.id), err)
		}
		if !ok {
			break
		}
		if f.seq > limit || f.seq < r.next {
			// Left over, or a copy of an older frame.
			continue
		}
		if f.seq > r.next && sc.torn+sc.corrupt+sc.tampered == rejected {
			r.corrupt++ // its header was lost, so the scanner passed it by
		}
		why := "frames are missing"
		offset := f.offset
		if sc.firstBad != 0 {
			why, offset = sc.badWhy, sc.firstBad
		}
		if stop, err := r.gap(s, offset, f.seq, why); err != nil {
			return false, err
		} else if stop {
			r.lost += f.size()
			return true, nil
		}
		if f.kind == frameOpen && i > 0 {
			if err := r.checkOpen(i, f); err != nil {
				return false, err
			}
		}
		if err := r.apply(s, f); err != nil {
			return false, err
		}
		if c := (cursor{b: f.plain}); c.uvarint() == f.seq-1 {
			s.tail = f.offset // all before it was durable
		}
		s.frames++
		s.sealed = f.kind == frameFooter
		s.written = position{offset: f.offset + f.size(), seq: f.seq, hash: f.hash}
		s.trusted = s.written
		r.next = f.seq + 1
	}
	if s.base {
		// Its first two frames were durable before it had a name, so without them it
		// is no torn tail: they hold everything that lived.
		return r.gap(s, s.written.offset, s.firstSeq+2, "the records of the checkpoint are missing")
	}
	return false, nil
}

// checkOpen compares what a segment says of the end of its predecessor with
// what was found there.
func (r *replay) checkOpen(i int, f frame) error {
	o, _, err := parseOpen(f.plain)
	if err != nil {
		return err
	}
	p := r.segs[i-1]
	if o.prev != p.id || p.written.seq != o.lastSeq || p.written.seq < p.firstSeq {
		return nil // a gap between them was reported already
	}
	if o.hash != p.written.hash || o.end != uint64(p.written.offset) {
		return r.missing(&Damage{
			File: segmentName(p.id), Offset: p.written.offset, First: o.lastSeq, Last: o.lastSeq,
			Reason: "its last frame is not the one that the next segment names",
		}, p)
	}
	return nil
}
