package sealedlog_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A spare of an earlier process is taken over only if its space is its own.
func TestSpareIsAllocatedAgain(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]bool{"room": false, "no room": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
			l := mustOpen(t, quiet(t, fs, keys))
			require.NoError(t, l.Batch(t.Context(), set("q", "m")))
			require.NoError(t, l.Close())
			var spare string
			for name := range fs.Files() {
				if strings.HasPrefix(name, "spare-") {
					spare = name
				}
			}
			require.NotEmpty(t, spare)
			asked := false
			fs.Fail = func(op crashfs.Op) error {
				if op.Kind == "allocate" && op.Name == spare {
					asked = true
					if full {
						return syscall.ENOSPC
					}
				}
				return nil
			}
			l = mustOpen(t, quiet(t, fs, keys))
			assert.True(t, asked)
			if full {
				assert.NotContains(t, fs.Files(), spare)
			}
			v, err := l.Get(t.Context(), "q")
			require.NoError(t, err)
			assert.Equal(t, "m", string(v))
			require.NoError(t, l.Close())
		})
	}
}
