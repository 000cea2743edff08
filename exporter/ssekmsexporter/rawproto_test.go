package ssekmsexporter

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/testdata"
)

func startRawProto(t *testing.T) *rawProto {
	raw, err := newRawProto()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, raw.close()) })
	return raw
}

// The reused buffer holds the very bytes that pdata's marshaler makes, and it
// is the reused buffer: a pdata whose messages can no longer be seen would pass
// the first half through the fallback.
func TestRawProtoIsTheProtoMarshaler(t *testing.T) {
	t.Parallel()
	raw, c := startRawProto(t), newCapture()
	buf := make([]byte, 0, 1<<20)
	for n := range 50 {
		traces := testdata.GenerateTraces(n)
		want, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		require.NoError(t, err)
		got, err := raw.marshalTraces(traces, c, buf)
		require.NoError(t, err)
		assert.Equal(t, want, got)

		metrics := testdata.GenerateMetrics(n)
		want, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(metrics)
		require.NoError(t, err)
		got, err = raw.marshalMetrics(metrics, c, buf)
		require.NoError(t, err)
		assert.Equal(t, want, got)

		logs := testdata.GenerateLogs(n)
		want, err = (&plog.ProtoMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		got, err = raw.marshalLogs(logs, c, buf)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		if len(got) > 0 {
			assert.Same(t, &buf[:cap(buf)][cap(buf)-1], &got[len(got)-1], "the buffer is not the one that was given")
		}
	}
}

// A buffer of any size gives the same bytes: one that is too small is replaced, and
// what lay in it does not show.
func TestRawProtoFitsOrGrows(t *testing.T) {
	t.Parallel()
	raw, c := startRawProto(t), newCapture()
	traces := testdata.GenerateTraces(3)
	want, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	for size := range len(want) + 2 {
		buf := bytes.Repeat([]byte{0xff}, size)
		got, err := raw.marshalTraces(traces, c, buf)
		require.NoError(t, err)
		require.Equal(t, want, got, "buffer of %d bytes", size)
		if size < len(want) {
			require.GreaterOrEqual(t, len(c.buf), len(want), "the next one fits")
		} else {
			require.Len(t, c.buf, size, "the given one was large enough")
		}
	}
}
