package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOptionNamesItsValue judges the element after an option by what the
// option's name says, with key rules and without.
func TestOptionNamesItsValue(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]map[string]any{
		"key rules": nil,
		"detectors": {"rules": []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}}},
	} {
		e := testEngine(t, doc)
		r := e.Begin(Traces)
		d, _ := r.Key(SpanAttributes, "process.command_args")
		for _, option := range []string{"--password", "-password", "--db-password", "--client-secret"} {
			assert.NotEqual(t, Keep, r.String(SpanAttributes, r.Neighbour(SpanAttributes, d, option), "correct horse").Kind, "%s: %s", name, option)
		}
		for _, option := range []string{"--verbose", "-", "--", "", "--password=x", "password"} {
			assert.Equal(t, Keep, r.String(SpanAttributes, r.Neighbour(SpanAttributes, d, option), "correct horse").Kind, "%s: %s", name, option)
		}
		r.End()
	}
}

// TestPairedValue judges a value by the name that stands beside it, which is a value
// itself and stays out of the catalogue.
func TestPairedValue(t *testing.T) {
	t.Parallel()
	catalog := NewCatalog(10, nil)
	e, err := New(Standard(), Options{Catalog: catalog})
	require.NoError(t, err)
	r := e.Begin(Logs)
	d, _ := r.Key(LogBody, "value")
	assert.NotEqual(t, Keep, r.String(LogBody, r.Paired(LogBody, d, "DB_PASSWORD"), "correct horse").Kind)
	for _, name := range []string{"", "LOG_LEVEL", "Jane Doe", strings.Repeat("password", 100)} {
		assert.Equal(t, Keep, r.String(LogBody, r.Paired(LogBody, d, name), "correct horse").Kind, name)
	}
	secret, _ := r.Key(LogBody, "password")
	assert.Same(t, secret, r.Paired(LogBody, secret, "api_token"), "its own key says enough")
	r.End()
	assert.NotContains(t, catalog.entries, catalogKey{LogBody, "Jane Doe"})
}

// TestTrustedNameSaysNothing scans the value beside a trusted name as any other.
func TestTrustedNameSaysNothing(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{
		"trusted_keys": []any{map[string]any{"key": "session_token", "in": []any{"span.attributes"}}},
		"rules":        []any{map[string]any{"name": "all", "detect": []any{"secrets", "email"}, "action": "mask"}},
	})
	r := e.Begin(Traces)
	defer r.End()
	for l, want := range map[Location]string{SpanAttributes: "correct horse of ****", ResourceAttributes: "****"} {
		d, _ := r.Key(l, "value")
		for range 2 {
			assert.Equal(t, want, r.String(l, r.Paired(l, d, "session_token"), "correct horse of jane.doe@example.com").Text)
		}
	}
}

// TestPairedValueKeepsItsOwnKey has a value judged by the name beside it under the rules
// of its own key too, and told of under that key: the name is no key of the policy's
// allow-list and none of the catalogue.
func TestPairedValueKeepsItsOwnKey(t *testing.T) {
	t.Parallel()
	catalog := NewCatalog(10, nil)
	p, err := Parse(map[string]any{
		"unknown_keys": "remove", "allow_keys": []any{"env", "value", "text"},
		"rules": []any{
			map[string]any{"name": "accounts", "keys": []any{"env.value"}, "regex": "ACC-[0-9]{8}", "action": "mask"},
			map[string]any{"name": "logins", "keys": []any{"login"}, "regex": "u[0-9]{6}", "action": "mask"},
			map[string]any{"name": "all", "detect": []any{"secrets", "email"}, "action": "mask"},
		},
	})
	require.NoError(t, err)
	e, err := New(p, Options{Catalog: catalog})
	require.NoError(t, err)
	r := e.Begin(Traces)
	env, _ := r.Key(SpanAttributes, "env")
	value, kind := r.Child(SpanAttributes, env, "value")
	require.Equal(t, Keep, kind)
	for _, tc := range []struct{ name, text, want string }{
		{"clientSecret", "correct horse", "****"},
		{"http.request.header.cookie", "theme=ACC-12345678; ACC-12345678", "theme=****; ****"},
		{"login", "of u123456 and ACC-12345678", "of **** and ****"},
		{"title", "of u123456 and ACC-12345678", "of u123456 and ****"},
	} {
		assert.Equal(t, tc.want, r.String(SpanAttributes, r.Paired(SpanAttributes, value, tc.name), tc.text).Text, tc.name)
	}
	_, kind = r.Child(SpanAttributes, r.Paired(SpanAttributes, value, "Jane's password"), "text")
	assert.Equal(t, Keep, kind, "what is below an allowed key is allowed")
	r.End()
	for key := range catalog.entries {
		assert.Contains(t, []string{"env", "env.value", "env.value.text"}, key.key)
	}
	rows := catalog.snapshot(p).Fields
	require.Len(t, rows, 3)
	assert.Equal(t, "env.value", rows[1].Key)
	assert.NotEmpty(t, rows[1].Redacted)
}
