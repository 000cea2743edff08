package sealedlog_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A process is killed after its fsyncs have failed. The next one reads from the page
// cache what the disk never got: what it goes on from must outlast a power loss.
func TestEndThatNoFsyncHasReachedIsWrittenAgain(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]sealedlog.SyncMode{
		"on_insert": sealedlog.SyncOnInsert, "always": sealedlog.SyncAlways, "interval": sealedlog.SyncInterval,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
			options := func(fs sealedlog.FS) sealedlog.Options {
				o := quiet(t, fs, keys)
				o.Sync, o.OnCorruption = mode, sealedlog.Fail
				return o
			}
			l := mustOpen(t, options(fs))
			require.NoError(t, l.Batch(t.Context(), set("q", "1"), set("0", randomText(1)(3000))))
			fs.Fail = func(op crashfs.Op) error {
				if op.Kind == "sync" {
					return syscall.EIO
				}
				return nil
			}
			require.NoError(t, l.Batch(t.Context(), set("q", "2"))) // answered, perhaps from memory
			l.Flush()
			_ = l.Batch(t.Context(), set("q", "3"), set("1", "value")) // perhaps refused
			l.Flush()

			fs.Fail = nil
			killed := fs.Clone()
			l = mustOpen(t, options(killed))
			require.NoError(t, l.Batch(t.Context(), set("2", "value")))
			l.Flush()
			want, err := walk(l)
			require.NoError(t, err)
			l, err = sealedlog.Open(t.Context(), options(killed.Crash(0))) // everything un-synced is gone
			require.NoError(t, err)
			got, err := walk(l)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			require.NoError(t, l.Close())
		})
	}
}
