package sealedlog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// TestBudgetIsWhatTheFilesTake compares the two after every call: a frame that was
// written past the end of its file, or a file that is forgotten, shows.
func TestBudgetIsWhatTheFilesTake(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]sealedlog.SyncMode{"on_insert": sealedlog.SyncOnInsert, "never": sealedlog.SyncNever} {
		for kind, w := range workloads(3) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				fs := crashfs.New()
				var now clock
				budget := &sealedlog.Budget{Max: 4 << 20}
				o := quiet(t, fs, sealedlog.NewTestKeys(t))
				o.Budget, o.Sync, o.Now, o.NamedMemory = budget, mode, now.now, namedMemory
				l := mustOpen(t, o)
				for call := range 1500 {
					now.advance(time.Second)
					require.NoError(t, l.Batch(t.Context(), w.next()...))
					require.Equal(t, fs.Bytes(), budget.Used(), "call %d", call)
				}
				require.NoError(t, l.Close())
				assert.Zero(t, budget.Used(), "closed")
			})
		}
	}
}
