package encryptedstorage

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// segmentFrame is a frame in the bytes of a segment, see sealedlog/SPEC.md.
type segmentFrame struct{ at, body int }

func framesOf(data []byte) (frames []segmentFrame) {
	for at := 4096; at+24 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n == 0 {
			break
		}
		frames = append(frames, segmentFrame{at, n})
		at += (24 + n + 7) &^ 7
	}
	return frames
}

// records fills a store with the items 1 to 8, of 50 KB each so that their
// segment is not moved as next to empty, and returns the path of its segment
// and the frame that holds item n.
func records(t *testing.T, c *collector, n int) (path string, item segmentFrame) {
	for i := range 8 {
		require.NoError(t, c.client.Set(context.Background(), itoa(i+1), make([]byte, 50_000)))
	}
	segs := segmentsOf(t, c.cfg)
	path = segs[len(segs)-1]
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	frames := framesOf(data)
	require.Greater(t, len(frames), 8, "OPEN and eight items")
	return path, frames[n]
}

// change alters the bytes of a file in place.
func change(t *testing.T, path string, f func(data []byte) []byte) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, f(data), 0o600))
}

func quarantined(t *testing.T, cfg *Config) []string {
	names, err := filepath.Glob(filepath.Join(cfg.Directory, "*", "quarantine-*"))
	require.NoError(t, err)
	return names
}

// Damage that recovery finds is reported and counted by its reason, the rest
// of the backlog is delivered, and the alarm ends with the file's last record.
func TestDamageAtStart(t *testing.T) {
	t.Parallel()
	for reason, alter := range map[string]func(data []byte, f segmentFrame){
		reasonCorrupt: func(data []byte, f segmentFrame) { data[f.at+24+f.body/2] ^= 1 },
		"header":      func(data []byte, f segmentFrame) { data[f.at+9] ^= 1 },
		// An attacker computes checksums; the tag he can't.
		reasonTamper: func(data []byte, f segmentFrame) {
			body := data[f.at+24 : f.at+24+f.body]
			body[f.body/2] ^= 1
			binary.BigEndian.PutUint32(data[f.at+20:], crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(t)
			c, stop := run(t, cfg)
			path, frame := records(t, c, 3)
			stop()
			change(t, path, func(data []byte) []byte { alter(data, frame); return data })
			if reason == "header" {
				reason = reasonCorrupt
			}

			c, stop = run(t, cfg)
			c.becomes(t, componentstatus.StatusRecoverableError)
			c.host.mu.Lock()
			err := c.host.events[0].Err()
			c.host.mu.Unlock()
			require.ErrorIs(t, err, sealedlog.ErrDamaged)
			require.ErrorContains(t, err, filepath.Base(path))
			assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", reason), 0)
			assert.InDelta(t, 1, c.count(t, "frames_rejected"), 0)
			ctx := context.Background()
			lost, err := c.client.Get(ctx, "3")
			require.ErrorIs(t, err, sealedlog.ErrDamaged, "an empty value would be exported")
			assert.Nil(t, lost)
			assert.Empty(t, quarantined(t, cfg))
			meta := storage.SetOperation("qmv0", []byte("m"))
			for n := 1; n <= 8; n++ { // as the queue does
				get := storage.GetOperation(itoa(n))
				err := c.client.Batch(ctx, meta, get)
				if n == 3 {
					require.ErrorIs(t, err, sealedlog.ErrDamaged)
				} else {
					require.NoError(t, err)
					assert.Len(t, get.Value, 50_000, "item %d", n)
				}
				require.NoError(t, c.client.Batch(ctx, meta, storage.DeleteOperation(itoa(n))))
			}
			c.becomes(t, componentstatus.StatusOK)
			assert.Len(t, quarantined(t, cfg), 1, "the ciphertext is kept")
			c.onlyRecoverable(t)
			stop()

			c, stop = run(t, cfg)
			assert.Zero(t, c.count(t, "frames_rejected"))
			assert.InDelta(t, 1, c.count(t, "entries"), 0, "the metadata")
			assert.Empty(t, c.host.events)
			stop()
		})
	}
}

func TestDamageAtStartFails(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	c, stop := run(t, cfg)
	path, frame := records(t, c, 3)
	stop()
	change(t, path, func(data []byte) []byte { data[frame.at+30] ^= 1; return data })
	before := files(t, cfg.Directory)
	cfg.OnCorruption = CorruptionFail
	c = newCollector(t, cfg)
	err := c.start()
	require.ErrorIs(t, err, sealedlog.ErrDamaged)
	require.ErrorContains(t, err, filepath.Base(path))
	assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", reasonCorrupt), 0)
	assert.Equal(t, before, files(t, cfg.Directory))
}

// A frame that a power loss has cut is no damage: it was never acknowledged.
func TestTornFrame(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	c, stop := run(t, cfg)
	path, frame := records(t, c, 8)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	stop()
	// As the file was before the log was closed, without the last half frame.
	require.NoError(t, os.WriteFile(path, data[:frame.at+frame.body/2], 0o600))

	c, stop = run(t, cfg)
	assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", reasonTorn), 0)
	assert.InDelta(t, 7, c.count(t, "entries"), 0)
	assert.Empty(t, c.host.events)
	stop()
}

// Damage that appears under a running collector.
func TestDamageWhileRunning(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.CacheSize = 0 // else the record is still in memory
	c, _ := run(t, cfg)
	path, frame := records(t, c, 3)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(make([]byte, 100), int64(frame.at+1000))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = c.client.Get(context.Background(), "3")
	require.ErrorIs(t, err, sealedlog.ErrDamaged)
	c.becomes(t, componentstatus.StatusRecoverableError)
	assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", reasonCorrupt), 0)
	// The others are fine, and new ones are taken.
	v, err := c.client.Get(context.Background(), "4")
	require.NoError(t, err)
	assert.Len(t, v, 50_000)
	require.NoError(t, c.insert())
	require.NoError(t, c.client.Close(context.Background()))
	c.becomes(t, componentstatus.StatusOK)
	// A counter does not forget with the client that counted.
	assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", reasonCorrupt), 0)
	c.onlyRecoverable(t)
	require.NoError(t, c.Shutdown(context.Background()))
}
