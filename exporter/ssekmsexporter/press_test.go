package ssekmsexporter

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// writerFunc is an encoder made of a function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Everything arrives in order, though buffers are used again, and no more
// groups exist than the bound says.
func TestPressKeepsOrder(t *testing.T) {
	t.Parallel()
	for _, beside := range []bool{false, true} {
		var want, got bytes.Buffer
		p := newPress(&got, beside)
		random := rand.New(rand.NewPCG(1, 2))
		last, made := 0, 0
		for i := range 200 {
			buf, err := p.next(last)
			require.NoError(t, err)
			if buf == nil {
				made++
			}
			if last > overlapBytes {
				assert.Zero(t, p.out, "a large group is compressed before there is another")
			}
			size := random.IntN(4096)
			if i%50 == 0 {
				size = overlapBytes + 1
			}
			if cap(buf) < size {
				buf = make([]byte, size)
			}
			buf = buf[:size]
			for j := range buf {
				buf[j] = byte(random.Uint32())
			}
			want.Write(buf)
			require.NoError(t, p.writeGroup(buf, buf))
			last = size
			if i%7 == 0 {
				want.WriteString(",")
				require.NoError(t, p.write([]byte(",")))
			}
		}
		require.NoError(t, p.close())
		require.NoError(t, p.close(), "twice is once")
		assert.True(t, bytes.Equal(want.Bytes(), got.Bytes()))
		assert.LessOrEqual(t, made, 2)
		assert.Len(t, p.free, made, "every buffer comes back")
	}
}

// An encoder that fails, or panics, ends the build and not the process.
func TestPressFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		encoder writerFunc
		want    error
	}{
		"fails":  {func([]byte) (int, error) { return 0, errTooLarge }, errTooLarge},
		"panics": {func([]byte) (int, error) { panic("password=hunter2") }, errMarshal},
	} {
		p := newPress(c.encoder, true)
		var err error
		for err == nil {
			if _, err = p.next(1); err == nil {
				err = p.writeGroup([]byte{1}, nil)
			}
		}
		require.ErrorIs(t, err, c.want, name)
		require.ErrorIs(t, p.close(), c.want, name)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// The body of a batch is the same, byte for byte, each time: its name is its
// digest. The digest is that of the bytes, whichever goroutine computed it.
func TestBodyIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	td := ptrace.NewTraces()
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 * groupResources {
		value := make([]byte, 40_000)
		for i := range value {
			value[i] = byte(random.Uint32())
		}
		td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes().PutEmptyBytes("random").FromRaw(value)
	}
	for _, compression := range []Compression{compressionNone, compressionGzip, compressionZstd} {
		cfg := stubConfig(s3stub.New(t))
		cfg.Compression = compression
		r := startRig(t, cfg)
		var first [sha256.Size]byte
		for i := range 4 {
			o, err := r.engine.build(newTracesBatch(td), "", time.Now(), maxPutBytes)
			require.NoError(t, err)
			content, err := io.ReadAll(o.body.reader())
			require.NoError(t, err)
			assert.Greater(t, len(content), 8*segmentBytes)
			assert.Equal(t, sha256.Sum256(content), o.name.digest)
			if i == 0 {
				first = o.name.digest
			}
			assert.Equal(t, first, o.name.digest, "%s: attempt %d", compression, i)
			o.body.release()
		}
	}
}

// A batch beyond the bound ends its build early, wherever the bound is met, and
// leaves nothing behind that a later build would see.
func TestTooLargeEndsTheBuild(t *testing.T) {
	t.Parallel()
	cfg := stubConfig(s3stub.New(t))
	r := startRig(t, cfg)
	td := ptrace.NewTraces()
	for range 4 * groupResources {
		value := make([]byte, 20_000)
		for i := range value {
			value[i] = byte(rand.Uint32())
		}
		td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes().PutEmptyBytes("random").FromRaw(value)
	}
	whole, err := r.engine.build(newTracesBatch(td), "", time.Now(), maxPutBytes)
	require.NoError(t, err)
	defer whole.body.release()
	for limit := int64(1); limit < whole.body.size; limit += whole.body.size / 16 {
		_, err := r.engine.build(newTracesBatch(td), "", time.Now(), limit)
		require.ErrorIs(t, err, errTooLarge, limit)
	}
	again, err := r.engine.build(newTracesBatch(td), "", time.Now(), whole.body.size)
	require.NoError(t, err)
	defer again.body.release()
	assert.Equal(t, whole.name.digest, again.name.digest)
}
