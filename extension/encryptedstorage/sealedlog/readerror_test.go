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

// A header that the device does not give is not one that was altered: nobody is to
// be told to move the file away.
func TestReadErrorOfAHeaderIsNoDamage(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Batch(t.Context(), set("a", "b")))
	require.NoError(t, l.Close())
	fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "read" && strings.HasSuffix(op.Name, ".seg") {
			return syscall.EIO
		}
		return nil
	}
	_, err := sealedlog.Open(t.Context(), quiet(t, fs, keys))
	require.ErrorIs(t, err, syscall.EIO)
	require.NotErrorIs(t, err, sealedlog.ErrDamaged)
	assert.NotContains(t, err.Error(), "move")
	fs.Fail = nil
	l = mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Close())
}
