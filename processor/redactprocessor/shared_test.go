package redactprocessor

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadata"
)

// TestSignalsShareOneEngine starts two signals of one configuration, uses them
// from several goroutines and checks that the last shutdown ends the engine.
func TestSignalsShareOneEngine(t *testing.T) {
	t.Parallel()
	ctx, host := context.Background(), componenttest.NewNopHost()
	f, c, set := NewFactory(), configOf(nil), processortest.NewNopSettings(metadata.Type)
	sink := new(consumertest.LogsSink)
	traces, err := f.CreateTraces(ctx, set, c, consumertest.NewNop())
	require.NoError(t, err)
	logs, err := f.CreateLogs(ctx, set, c, sink)
	require.NoError(t, err)
	require.NoError(t, traces.Start(ctx, host))
	require.NoError(t, logs.Start(ctx, host))

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				assert.NoError(t, traces.ConsumeTraces(ctx, oneSpan(map[string]any{"a": plantedMail, "b": "clean"})))
				ld := plog.NewLogs()
				r := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
				r.Body().SetStr("to " + plantedMail)
				r.Attributes().PutStr("a", "clean")
				assert.NoError(t, logs.ConsumeLogs(ctx, ld))
			}
		})
	}
	wg.Wait()
	require.NoError(t, traces.Shutdown(ctx))
	for _, ld := range sink.AllLogs() {
		assert.Equal(t, "to ****", ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Str())
	}
	ld := plog.NewLogs()
	ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Body().SetStr(plantedMail)
	require.NoError(t, logs.ConsumeLogs(ctx, ld), "the other signal goes on")
	require.NoError(t, logs.Shutdown(ctx))
}

// What a start needs from the disk and does not find is named with its path in
// the configuration and with what to do.
func TestARefusedStartSaysWhatToDo(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none", "file")
	keyed := func(source map[string]any) *Config {
		return configOf(map[string]any{
			"rules": []any{map[string]any{"name": "a", "keys": []any{"a"}, "action": map[string]any{"token": map[string]any{"key": "k"}}}},
			"keys":  map[string]any{"k": source},
		})
	}
	catalogued := configOf(nil)
	catalogued.Catalog.File = missing
	for want, c := range map[string]*Config{
		"redact: catalog::file: open ":                                                         catalogued,
		"redact: policy::keys::k: key: open " + missing:                                        keyed(map[string]any{"file": missing}),
		"redact: policy::keys::k: key: the environment variable REDACT_NO_SUCH_KEY is not set": keyed(map[string]any{"env": "REDACT_NO_SUCH_KEY"}),
	} {
		p, err := NewFactory().CreateLogs(t.Context(), processortest.NewNopSettings(metadata.Type), c, consumertest.NewNop())
		require.NoError(t, err)
		err = p.Start(t.Context(), componenttest.NewNopHost())
		require.ErrorContains(t, err, want)
		assert.Regexp(t, "name a file in a folder that exists|correct the path|is not set", err.Error())
	}
}
