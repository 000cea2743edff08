package sealedlog_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// What the volume says of its free space is not what a quota leaves: where a spare
// of the next size can't be made, a smaller one has to do.
func TestSpareOfTheSizeThatFits(t *testing.T) {
	t.Parallel()
	const first = 64 << 10
	for name, inline := range map[string]bool{"inline": true, "beside": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := crashfs.New()
			o := quiet(t, fs, sealedlog.NewTestKeys(t))
			var now clock
			o.SegmentSize, o.FirstSegment, o.Now, o.Inline = 64*first, first, now.now, inline
			o.Budget = &sealedlog.Budget{}
			fs.Limit = 4 * first // and 5 are what the next size takes
			l := mustOpen(t, o)
			value := strings.Repeat("v", 1000)
			taken := 0
			var err error
			for ; err == nil; taken++ {
				require.Less(t, taken, 1000)
				now.advance(2 * time.Second)
				err = l.Batch(t.Context(), set("qmv0", "m"), set(strconv.Itoa(taken), value))
			}
			require.ErrorIs(t, err, sealedlog.ErrFull)
			assert.Greater(t, taken, 2*first/len(value), "refused while most of the volume was free")
			assert.Equal(t, fs.Bytes(), o.Budget.Used())
			for i := range taken - 1 {
				require.NoError(t, l.Batch(t.Context(), set("qmv0", "m"), del(strconv.Itoa(i))))
			}
			require.NoError(t, l.Close())
			assert.Zero(t, o.Budget.Used())
		})
	}
}
