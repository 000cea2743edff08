package guardconverter

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func convert(t *testing.T, config map[string]any, environment string) (map[string]any, *observer.ObservedLogs, error) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	conf := confmap.NewFromStringMap(config)
	err := converter{logger: zap.New(core), getenv: func(name string) string {
		assert.Equal(t, OptOut, name)
		return environment
	}}.Convert(context.Background(), conf)
	return conf.ToStringMap(), logs, err
}

func TestConvertAddsTheGuard(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		before, extensions map[string]any
		started            []any
	}{
		"nothing written":         {map[string]any{}, map[string]any{"tls_guard": map[string]any{}}, []any{"tls_guard"}},
		"null service":            {map[string]any{"service": nil, "extensions": nil}, map[string]any{"tls_guard": map[string]any{}}, []any{"tls_guard"}},
		"empty list":              {map[string]any{"service": map[string]any{"extensions": []any{}}}, map[string]any{"tls_guard": map[string]any{}}, []any{"tls_guard"}},
		"others keep their place": {map[string]any{"extensions": map[string]any{"zpages": nil}, "service": map[string]any{"extensions": []any{"zpages"}}}, map[string]any{"tls_guard": map[string]any{}, "zpages": nil}, []any{"zpages", "tls_guard"}},
		"written, not started":    {map[string]any{"extensions": map[string]any{"tls_guard/own": map[string]any{"exporters": "warn"}}}, map[string]any{"tls_guard/own": map[string]any{"exporters": "warn"}}, []any{"tls_guard/own"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, logs, err := convert(t, c.before, "")
			require.NoError(t, err)
			assert.Equal(t, c.extensions, got["extensions"])
			assert.Equal(t, c.started, got["service"].(map[string]any)["extensions"])
			assert.Equal(t, 1, logs.FilterLevelExact(zapcore.WarnLevel).Len())
		})
	}
}

func TestConvertLeavesAGuardedConfigurationAlone(t *testing.T) {
	t.Parallel()
	before := map[string]any{"extensions": map[string]any{"tls_guard/own": nil}, "service": map[string]any{"extensions": []any{"tls_guard/own"}}}
	got, logs, err := convert(t, before, "")
	require.NoError(t, err)
	assert.Equal(t, before, got)
	assert.Zero(t, logs.Len())
}

func TestOptOutIsLogged(t *testing.T) {
	t.Parallel()
	got, logs, err := convert(t, map[string]any{}, "1")
	require.NoError(t, err)
	assert.Empty(t, got)
	require.Equal(t, 1, logs.FilterLevelExact(zapcore.WarnLevel).Len())
	assert.Contains(t, logs.All()[0].Message, OptOut)

	got, _, err = convert(t, map[string]any{}, "yes")
	require.NoError(t, err)
	assert.NotEmpty(t, got, "only 1 opts out")
}

func TestConvertRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, bad := range []any{"tls_guard", []any{3}} {
		_, _, err := convert(t, map[string]any{"service": map[string]any{"extensions": bad}}, "")
		require.ErrorContains(t, err, "service::extensions")
	}
}

func TestFactoryMakesAConverter(t *testing.T) {
	t.Parallel()
	conf := confmap.NewFromStringMap(map[string]any{})
	require.NoError(t, NewFactory().Create(confmap.ConverterSettings{Logger: zap.NewNop()}).Convert(context.Background(), conf))
	assert.True(t, conf.IsSet("extensions::tls_guard"))
}
