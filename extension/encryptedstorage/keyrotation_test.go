package encryptedstorage

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
)

func itoa(n int) string { return strconv.Itoa(n) }

func pairs(kvs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range kvs {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

func rename(t *testing.T, from, to string) { require.NoError(t, os.Rename(from, to)) }

// prependKey puts a new key on top of a key file.
func prependKey(t *testing.T, path, id string) {
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	writeKeyFile(t, path, id)
	line, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(line, old...), 0o600))
}
