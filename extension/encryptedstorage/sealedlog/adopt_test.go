package sealedlog_test

import (
	"bytes"
	"fmt"
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

// What only looks like a spare is somebody's file.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Batch(t.Context(), set("q", "m")))
	require.NoError(t, l.Close())
	names := []string{"spare-copy-of-0000000000000001.seg", "spare-1", "spare-", "spare-00000000000000zz", "spare-000000000000000A", "1.seg", "notes"}
	content := make([]byte, sealedlog.MinSegmentSize)
	for i, name := range names {
		content[0] = byte(i)
		fs.Put(name, content)
	}
	for range 2 {
		l = mustOpen(t, quiet(t, fs, keys))
		for i := range 20 {
			require.NoError(t, l.Batch(t.Context(), set("q", randomText(byte(i))(3000))))
		}
		require.NoError(t, l.Close())
	}
	for i, name := range names {
		content[0] = byte(i)
		assert.True(t, bytes.Equal(content, fs.Files()[name]), name)
	}
}

// A spare of a time of larger segments would take the room that is left for many.
func TestSpareOfLargerSegmentsIsGivenBack(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	fs.Put("spare-0000000000000001", make([]byte, 4<<20))
	o := quiet(t, fs, keys)
	o.Budget = &sealedlog.Budget{Max: 4 * o.SegmentSize}
	l := mustOpen(t, o)
	assert.Less(t, fs.Bytes(), 2*o.SegmentSize)
	for i := range 100 {
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(i), randomText(1)(3000))))
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(i))))
	}
	require.NoError(t, l.Close())
}
