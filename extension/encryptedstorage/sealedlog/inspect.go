package sealedlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Headers reads the header of every segment, the newest first. It needs no key and
// proves nothing.
func Headers(fs FS) iter.Seq2[*Header, error] {
	return func(yield func(*Header, error) bool) {
		files, err := list(fs)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, id := range slices.Backward(files.segments) {
			if !yield(headerOf(fs, segmentName(id))) {
				return
			}
		}
	}
}

// NewestHeader reads the header of the newest segment that has one, nil if there is
// no segment.
func NewestHeader(fs FS) (*Header, error) {
	var errs []error
	for h, err := range Headers(fs) {
		if err == nil {
			return h, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func headerOf(fs FS, name string) (*Header, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := readHeader(f)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", name, err)
	}
	return h, nil
}

// SegmentReport is what can be said of a segment without its key.
type SegmentReport struct {
	Name   string
	Size   int64
	Header *Header // nil if Err is set
	Frames int     // frames whose checksums fit
	Bytes  int64   // of these frames
	Err    error
}

// Listing is what lies in the directory of a log.
type Listing struct {
	Segments    []SegmentReport
	Spares      int
	Quarantined []SegmentReport // without their frames
	Bytes       int64           // all of the above
}

// Inspect reads a directory that no process has open, without keys. With
// frames it also reads every frame and tests its checksums, which finds
// accidents but no forgery.
func Inspect(ctx context.Context, fs FS, frames bool) (*Listing, error) {
	files, err := list(fs)
	if err != nil {
		return nil, err
	}
	out := &Listing{Spares: len(files.spares)}
	for _, name := range files.spares {
		r, err := inspectHeader(fs, name)
		if err != nil {
			return nil, err
		}
		out.Bytes += r.Size // and has perhaps no header
	}
	for _, name := range files.kept {
		r, err := inspectHeader(fs, name)
		if err != nil {
			return nil, err
		}
		out.Bytes += r.Size
		out.Quarantined = append(out.Quarantined, r)
	}
	for _, id := range files.segments {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := inspectSegment(fs, id, frames)
		if err != nil {
			return nil, err
		}
		out.Bytes += r.Size
		out.Segments = append(out.Segments, r)
	}
	return out, nil
}

// inspectHeader reads what a file says of itself.
func inspectHeader(fs FS, name string) (SegmentReport, error) {
	r := SegmentReport{Name: name}
	f, err := fs.Open(name)
	if err != nil {
		return r, err
	}
	defer f.Close()
	if r.Size, err = f.Size(); err != nil {
		return r, err
	}
	r.Header, r.Err = readHeader(f)
	return r, nil
}

func inspectSegment(fs FS, id uint64, frames bool) (SegmentReport, error) {
	r := SegmentReport{Name: segmentName(id)}
	f, err := fs.Open(r.Name)
	if err != nil {
		return r, err
	}
	defer f.Close()
	if r.Size, err = f.Size(); err != nil {
		return r, err
	}
	if r.Header, r.Err = readHeader(f); r.Err != nil {
		return r, nil
	}
	if r.Header.Segment != id {
		r.Err = &Damage{File: r.Name, Reason: fmt.Sprintf("the header says that this is segment %d; the file was renamed", r.Header.Segment)}
		return r, nil
	}
	if r.Size > maxSegment {
		r.Err = &Damage{File: r.Name, Reason: fmt.Sprintf("%d bytes are more than a segment takes", r.Size)}
		return r, nil
	}
	if !frames {
		return r, nil
	}
	sc := newScanner(f, &frameCodec{segment: id}, r.Header.Length, r.Size)
	next := uint64(0)
	for {
		fr, ok, err := sc.next()
		if err != nil {
			r.Err = err
			return r, nil
		}
		if !ok {
			break
		}
		if next != 0 && fr.seq != next && r.Err == nil {
			r.Err = &Damage{File: r.Name, Offset: fr.offset, First: next, Last: fr.seq - 1, Reason: "frames are missing in front of it"}
		}
		next = fr.seq + 1
		r.Frames++
		r.Bytes += fr.size()
	}
	return r, nil
}

// VerifyOptions name a log that no process has open.
type VerifyOptions struct {
	FS          FS
	Unwrap      func(context.Context, envelope.Wrapped) (*envelope.EpochKey, error)
	Store       [16]byte
	ContextHash [32]byte
}

// Report is the result of Verify.
type Report struct {
	Client    string
	Segments  int
	Frames    int
	Records   int
	Bytes     int64 // of live records
	LastSeq   uint64
	LostBytes int64    // un-synced tail that the next Open will drop
	Damages   []Damage // durable data that does not read back
	Torn      int
	Corrupt   int
	Tampered  int
}

// Verify opens every frame, as recovery would, and changes nothing. An error
// means that the log can't be read at all.
func Verify(ctx context.Context, o VerifyOptions) (*Report, error) {
	l := &Log{
		fs:    o.FS,
		index: newIndex(maxCached), byID: map[uint32]*segment{}, pending: map[string][]byte{},
	}
	report := &Report{}
	l.opts.Hooks.Event = func(e Event) {
		var d *Damage
		if errors.As(e.Err, &d) {
			report.Damages = append(report.Damages, *d)
		}
	}
	defer func() { _ = l.closeFiles() }()
	files, err := list(o.FS)
	if err != nil {
		return nil, err
	}
	keys := &verifyKeys{unwrap: o.Unwrap, opened: map[[32]byte]*envelope.EpochKey{}}
	defer keys.wipe()
	for _, id := range files.segments {
		seg, err := openSegment(ctx, o.FS, id, o.Store, report.Client, keys, o.ContextHash)
		var d *Damage
		if errors.As(err, &d) {
			report.Damages = append(report.Damages, *d)
			continue
		}
		if err != nil {
			return nil, err
		}
		report.Client = seg.client
		l.segs = append(l.segs, seg)
		l.byID[uint32(id)] = seg
	}
	l.cutVoid()
	if err := l.findHoles(); err != nil {
		return nil, err
	}
	r, err := l.replay()
	var d *Damage
	if errors.As(err, &d) {
		report.Damages = append(report.Damages, *d)
	} else if err != nil {
		return nil, err
	}
	for _, s := range l.segs {
		report.Frames += s.frames
		report.Bytes += s.live
	}
	report.Segments = len(l.segs)
	report.Records = l.index.len()
	report.LastSeq = l.seq
	report.LostBytes = r.lost
	report.Torn, report.Corrupt, report.Tampered = r.torn, r.corrupt, r.tampered
	return report, nil
}

// Reseal rewrites every record that is sealed under an epoch key of another
// KMS key than the current one, segment by segment. It needs room for one
// segment. After it, no file needs the other key any more.
func (l *Log) Reseal(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	current, err := l.opts.Keys.Current()
	if err != nil {
		return err
	}
	last := -1 // the newest segment under another key
	for i, s := range l.segs {
		if s.keyID != current.Wrapped.KeyID || s.provider != current.Wrapped.Provider {
			last = i
		}
	}
	for ; last >= 0 && len(l.segs) > 1; last-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := len(l.segs)
		head := l.segs[0]
		l.reclaimHeads(func(h *segment, _ int) bool { return h == head })
		if len(l.segs) > 0 && l.segs[0] == head {
			return fmt.Errorf("rewrap segment %s (of %d): %w", segmentName(head.id), n, errors.Join(l.stuck, errors.New("its records could not be moved; free space and run it again")))
		}
		l.prepareSpare()
	}
	return l.sync()
}
