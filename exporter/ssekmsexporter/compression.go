package ssekmsexporter

import (
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression of an object.
type Compression string

const (
	compressionZstd Compression = "zstd"
	compressionGzip Compression = "gzip"
	compressionNone Compression = "none"
)

// compressionSuffix is the end of an object's name, as contrib's exporter and
// receiver write and read it.
var compressionSuffix = map[Compression]string{
	compressionZstd: ".zst",
	compressionGzip: ".gz",
	compressionNone: "",
}

// compressor is what a pooled encoder can do.
type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// compressors hands out reusable encoders of one kind. An encoder's tables are
// the larger part of what an object costs to allocate.
type compressors struct {
	pool sync.Pool
}

func newCompressors(kind Compression) (*compressors, error) {
	var create func() (compressor, error)
	switch kind {
	case compressionZstd:
		create = func() (compressor, error) {
			// One encoder runs on the goroutine that fills it: its output is
			// then the same for the same input, which the object key relies on.
			return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
				zstd.WithWindowSize(1<<20))
		}
	case compressionGzip:
		create = func() (compressor, error) { return gzip.NewWriterLevel(io.Discard, gzip.DefaultCompression) }
	case compressionNone:
		create = func() (compressor, error) { return &passThrough{}, nil }
	default:
		return nil, fmt.Errorf("compression: %q is unknown", string(kind))
	}
	// Built once here, so that a later failure is impossible to ignore.
	first, err := create()
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	c := &compressors{}
	c.pool.New = func() any {
		enc, err := create()
		if err != nil {
			return err
		}
		return enc
	}
	c.pool.Put(first)
	return c, nil
}

func (c *compressors) get(w io.Writer) (compressor, error) {
	switch v := c.pool.Get().(type) {
	case compressor:
		v.Reset(w)
		return v, nil
	case error:
		return nil, fmt.Errorf("start a compressor: %w", v)
	default:
		return nil, fmt.Errorf("start a compressor: unexpected %T", v)
	}
}

// put takes an encoder back. The caller has closed it or gives up its output.
func (c *compressors) put(enc compressor) {
	// Drop the reference to the body: a pooled encoder must not keep telemetry.
	enc.Reset(io.Discard)
	c.pool.Put(enc)
}

// passThrough is the encoder of compression none.
type passThrough struct{ w io.Writer }

func (p *passThrough) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p *passThrough) Close() error                { return nil }
func (p *passThrough) Reset(w io.Writer)           { p.w = w }
