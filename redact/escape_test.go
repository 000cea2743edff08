package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// utf16LE is text as PowerShell encodes its commands.
func utf16LE(s string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

// TestBase64OfMoreThanText hides values between bytes that are no text, behind a
// megabyte of it, and behind many other base64 runs.
func TestBase64OfMoreThanText(t *testing.T) {
	t.Parallel()
	const hidden = "user jane.doe@example.com card 4111111111111111"
	e := testEngine(t, nil)
	for name, text := range map[string]string{
		"text":            hidden,
		"control bytes":   "a longer text, \x01\x02\x03\x04\x05\x06\x07\x0e\x0f" + hidden,
		"colours":         "\x1b[32m" + hidden + "\x1b[0m",
		"Latin-1":         "in the caf\xe9 \x01" + hidden,
		"UTF-16":          utf16LE("net use z: /user:x password=Sup3rSecretPw99"),
		"a megabyte":      strings.Repeat("the quick brown fox jumps over it ", 33000) + hidden,
		"between numbers": "a text before\x00\x00\x01\x02\x10" + hidden + "\x00\x00",
	} {
		run := base64.StdEncoding.EncodeToString([]byte(text))
		r := e.Begin(Logs)
		o := r.String(LogBody, r.Plain(LogBody), "payload="+run)
		r.End()
		assert.Equal(t, SetText, o.Kind, name)
		assert.NotContains(t, o.Text, run[len(run)-24:], name)
	}
	filler := base64.StdEncoding.EncodeToString([]byte("nothing to see in here, again")) + " "
	text := strings.Repeat(filler, 5000) + base64.StdEncoding.EncodeToString([]byte(hidden))
	r := e.Begin(Logs)
	o := r.String(LogBody, r.Plain(LogBody), text)
	tally := r.End()
	assert.Equal(t, SetText, o.Kind)
	assert.NotContains(t, o.Text, text[len(text)-24:])
	assert.Positive(t, tally.Limits)
}

// TestLastOfManyBase64RunsIsMasked has one more run than are opened, in the last bytes
// of the value: nothing behind it shows that the scan was stopped.
func TestLastOfManyBase64RunsIsMasked(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "mail", "detect": []any{"email"}, "action": "mask"}}})
	filler := base64.StdEncoding.EncodeToString([]byte("nothing to see in here")) + " "
	hidden := base64.StdEncoding.EncodeToString([]byte("to jane.doe@example.com"))
	for _, runs := range []int{4094, 4095, 4096, 4097, 4200} {
		for pad := range 64 {
			r := e.Begin(Logs)
			o := r.String(LogBody, r.Plain(LogBody), strings.Repeat(filler, runs)+strings.Repeat(".", pad)+" "+hidden)
			r.End()
			require.Equal(t, SetText, o.Kind, "%d runs, %d", runs, pad)
			require.Equal(t, -1, strings.Index(o.Text, hidden[:16]), "%d runs, %d", runs, pad)
		}
	}
}

// TestTextInBinary lists the texts that are read between other bytes.
func TestTextInBinary(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                 "",
		"abcdef":                           "abcdef",
		"abcde\x01fghijk":                  "fghijk",
		"\x08\x01abcdef\x1a\x04ghijkl\x7f": "abcdef\nghijkl\n",
		utf16LE("abcdef ghi"):              "abcdef ghi\n",
		"Z\u00fcrich\xff\xfe":              "Z\u00fcrich\n",
		"\x00\x00\x00":                     "",
	} {
		assert.Equal(t, want, string(textIn([]byte(in))), "%q", in)
	}
}

// TestNumbersUnderTellingKeys sends the values of keys that detectors know as the
// numbers that they are.
func TestNumbersUnderTellingKeys(t *testing.T) {
	t.Parallel()
	all := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}}})
	for name, e := range map[string]*Engine{"standard": testEngine(t, nil), "all": all} {
		r := e.Begin(Logs)
		for _, key := range []string{"pin", "passcode", "password", "api_key", "items", "http.status_code"} {
			d, _ := r.Key(LogAttributes, key)
			for _, v := range []int64{123456, 999999, 200} {
				text := r.String(LogAttributes, d, fmt.Sprint(v)).Kind
				assert.Equal(t, text, r.Int(LogAttributes, d, v).Kind, "%s: %s: %d", name, key, v)
				assert.Equal(t, text, r.Float(LogAttributes, d, float64(v)).Kind, "%s: %s: %d.0", name, key, v)
			}
		}
		r.End()
	}
}

// TestKeysHideNothing writes personal data into keys in the forms that are opened
// in values.
func TestKeysHideNothing(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	r := e.Begin(Logs)
	for _, key := range []string{
		"jane.doe@example.com", "jane.doe%40example.com", `jane.doe\u0040example.com`, "４１１１１１１１１１１１１１１１", "41111111\u200b11111111",
		base64.StdEncoding.EncodeToString([]byte("my mail is jane.doe@example.com")),
	} {
		_, kind := r.Key(LogAttributes, key)
		assert.Equal(t, RemoveValue, kind, key)
	}
	for _, key := range []string{"http.request.method", "größe", "k8s.pod.labels.app%20name", "日付", `C:\users\x`} {
		_, kind := r.Key(LogAttributes, key)
		assert.Equal(t, Keep, kind, key)
	}
	r.End()
}

// TestMatchesOfARegexBeyondTheBound has more matches than are settled one by one:
// then all of the value goes.
func TestMatchesOfARegexBeyondTheBound(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "account", "regex": "ACC-[0-9]{8}", "action": "mask"}}})
	for _, n := range []int{maxHits, maxHits + 1, maxHits + 500} {
		r := e.Begin(Logs)
		o := r.String(LogBody, r.Plain(LogBody), strings.Repeat("ACC-12345678 ", n))
		tally := r.End()
		require.Equal(t, SetText, o.Kind)
		assert.NotContains(t, o.Text, "ACC-")
		assert.Equal(t, n > maxHits, tally.Limits > 0, "%d matches", n)
	}
}

// TestEmptyKeyIsUnknown sends a value under a key that no entry of an allow-list can
// name.
func TestEmptyKeyIsUnknown(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"extends": "standard", "unknown_keys": "remove"})
	r := e.Begin(Logs)
	_, kind := r.Key(LogAttributes, "")
	assert.Equal(t, RemoveValue, kind)
	r.End()
	r = testEngine(t, nil).Begin(Logs)
	_, kind = r.Key(LogAttributes, "")
	assert.Equal(t, Keep, kind)
	r.End()
}

// TestKeptEndsLeaveTheJSON keeps the ends of values that hold escaped quotes.
func TestKeptEndsLeaveTheJSON(t *testing.T) {
	t.Parallel()
	for _, keep := range []string{"keep_first", "keep_last"} {
		e := testEngine(t, map[string]any{"rules": []any{map[string]any{
			"name": "note", "keys": []any{"note"}, "action": map[string]any{"mask": map[string]any{keep: 4}},
		}}})
		for _, text := range []string{`{"note":"aaaaaaaaaaaaaaa\"bcd","z":1}`, `{"note":"abc\"aaaaaaaaaaaaaaa","z":1}`, `{"note":"abcdefghijklmnop","z":1}`} {
			r := e.Begin(Logs)
			o := r.String(LogBody, r.Plain(LogBody), text)
			r.End()
			require.Equal(t, SetText, o.Kind, text)
			assert.True(t, json.Valid([]byte(o.Text)), o.Text)
		}
	}
}

// TestManyNewJSONKeysAreBounded has more work to do for the names of a text than the
// text is allowed.
func TestManyNewJSONKeysAreBounded(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	var b strings.Builder
	b.WriteString("{")
	for i := range 4000 {
		fmt.Fprintf(&b, `"token%d":1,`, i)
	}
	b.WriteString(`"password":"hunter2"}`)
	r := e.Begin(Traces)
	o := r.String(SpanName, r.Plain(SpanName), b.String())
	assert.Negative(t, r.work, "the names were not counted")
	r.End()
	assert.NotContains(t, o.Text, "hunter2")
}

// TestCatalogueHoldsNoSensitivePath nests keys under one that is personal data, in
// report mode, which leaves it where it is.
func TestCatalogueHoldsNoSensitivePath(t *testing.T) {
	t.Parallel()
	p, err := Parse(map[string]any{"mode": "report", "extends": "standard"})
	require.NoError(t, err)
	c := NewCatalog(100, time.Now)
	e, err := New(p, Options{Catalog: c})
	require.NoError(t, err)
	r := e.Begin(Logs)
	d, _ := r.Key(LogAttributes, "john.doe@example.com")
	r.Child(LogAttributes, d, "visits")
	d, _ = r.Key(LogAttributes, "shop")
	r.Child(LogAttributes, d, "visits")
	r.End()
	var b strings.Builder
	require.NoError(t, c.Write(&b, p))
	assert.Contains(t, b.String(), "shop.visits")
	assert.NotContains(t, b.String(), "john")
}
