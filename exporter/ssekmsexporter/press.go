package ssekmsexporter

import (
	"fmt"
	"io"
)

// overlapBytes is the largest marshalled group that may wait for the compressor
// while the next one is marshalled. With larger ones only one exists at a time.
const overlapBytes = 2 << 20

// press feeds an encoder, on a goroutine of its own where that pays: marshalling
// and compressing a batch then take two cores, and the time of the slower of the
// two. Everything but run belongs to one goroutine, which must call close.
type press struct {
	enc io.Writer
	// sheets is nil where the encoder runs on the caller's goroutine.
	sheets chan sheet
	// idle takes the groups back that were compressed. It has room for every
	// group that can be out, so run never waits for it.
	idle chan []byte
	// done is closed when run has ended; err is set before.
	done chan struct{}
	err  error
	// free are buffers that nobody uses, out counts the groups that run has.
	free   [][]byte
	out    int
	closed bool
}

// sheet is what the encoder gets.
type sheet struct {
	bytes []byte
	// group is set for bytes that lie in a buffer which is used again.
	group  bool
	buffer []byte
}

// newPress returns one whose encoder runs beside the caller, or in it.
func newPress(enc io.Writer, beside bool) *press {
	p := &press{enc: enc}
	if beside {
		p.sheets, p.idle, p.done = make(chan sheet), make(chan []byte, 2), make(chan struct{})
		go p.run()
	}
	return p
}

func (p *press) run() {
	defer close(p.done)
	defer func() {
		// As on the caller's goroutine: hostile telemetry costs its batch and not
		// the process. The value of the panic may hold telemetry.
		if recover() != nil {
			p.err = fmt.Errorf("%w: the compressor panicked", errMarshal)
		}
	}()
	for s := range p.sheets {
		if _, err := p.enc.Write(s.bytes); err != nil {
			p.err = err
			return
		}
		if s.group {
			p.idle <- s.buffer
		}
	}
}

// write compresses bytes that nobody ever changes.
func (p *press) write(bytes []byte) error { return p.give(sheet{bytes: bytes}) }

// writeGroup compresses a group and takes over the buffer that it lies in, which is
// nil where the group has memory of its own.
func (p *press) writeGroup(group, buffer []byte) error {
	if p.sheets == nil {
		p.free = append(p.free, buffer)
	} else {
		p.out++
	}
	return p.give(sheet{bytes: group, group: true, buffer: buffer})
}

func (p *press) give(s sheet) error {
	if p.sheets == nil {
		_, err := p.enc.Write(s.bytes)
		return err
	}
	select {
	case p.sheets <- s:
		return nil
	case <-p.done:
		return p.err
	}
}

// next returns a buffer for the group after one of that many bytes, or nil to
// make one. It waits until no more than one group is out, or none where the last
// was large: that is the bound of what exists in marshalled form.
func (p *press) next(last int) ([]byte, error) {
	most := 1
	if last > overlapBytes {
		most = 0
	}
	for p.out > most {
		select {
		case buf := <-p.idle:
			p.out--
			p.free = append(p.free, buf)
		case <-p.done:
			return nil, p.err
		}
	}
	if len(p.free) == 0 {
		return nil, nil
	}
	buf := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return buf, nil
}

// close waits until everything is compressed or has failed. The encoder and
// every buffer in free are the caller's again when it returns, whatever it
// returns.
func (p *press) close() error {
	if p.sheets == nil || p.closed {
		return p.err
	}
	p.closed = true
	close(p.sheets)
	<-p.done
	for range len(p.idle) {
		p.free = append(p.free, <-p.idle)
	}
	return p.err
}
