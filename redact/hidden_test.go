package redact

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func body(e *Engine, s string) string {
	r := e.Begin(Logs)
	defer r.End()
	o := r.String(LogBody, r.Plain(LogBody), s)
	if o.Kind == Keep {
		return s
	}
	return o.Text
}

func TestHiddenFormsAreOpened(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	b64 := base64.StdEncoding.EncodeToString([]byte(`{"user":"bob","mail":"bob@example.com"}`))
	for _, tc := range []struct{ in, want string }{
		{"card ４１１１ １１１１ １１１１ １１１１ ok", "card **** ok"},
		{"card 4111\u200b1111\u200b1111\u200b1111 ok", "card **** ok"},
		{"card 4111\u00a01111\u00a01111\u00a01111 ok", "card **** ok"},
		{"card 4111\u20131111\u20131111\u20131111 ok", "card **** ok"},
		{"card ٤١١١١١١١١١١١١١١١ ok", "card **** ok"},
		{"q=bob%40example.com&x=1", "q=****&x=1"},
		{"q=bob%2540example.com&x=1", "q=****&x=1"},
		{`{"to":"bob\u0040example.com"}`, `{"to":"****"}`},
		{"to bob&#64;example.com.", "to ****."},
		{`4111\xc2\xa01111\xc2\xa01111\xc2\xa01111`, "****"},
		{`b'ssn=123\xe2\x80\x9145\xe2\x80\x916789'`, `b'ssn=****'`},
		{`to giulia\x40caf\xc3\xa9.fr now`, "to **** now"},
		{`4111\xc2 1111 \xe2\x80 \xff\xfe`, `4111\xc2 1111 \xe2\x80 \xff\xfe`},
		{`{"api":{"client_secret":"v3ry"},"n":1}`, `{"api":{"client_secret":"****"},"n":1}`},
		{`{"password":12345678,"n":1}`, `{"password":"****","n":1}`},
		{`{"cards":[4111111111111111, 17, 5105105105105100],"n":1}`, `{"cards":["****", 17, "****"],"n":1}`},
		{`{"m":"{\"cards\":[1,4111111111111111]}"}`, `{"m":"{\"cards\":[1,\"****\"]}"}`},
		{`{"a":-4111111111111111,"b":[-4111111111111111.0, 4111111111111111, 7]}`, `{"a":"****","b":["****", "****", 7]}`},
		{`{"m":"{\"a\":-4111111111111111}"}`, `{"m":"{\"a\":\"****\"}"}`},
		{`{"m":"of [1,4111111111111111]"}`, `{"m":"of [1,****]"}`},
		{`{"level":"info","msg":"\"api_token\": 1234567","n":3}`, `{"level":"info","msg":"\"api_token\": \"****\"","n":3}`},
		{`{"hasPassword":true,"secretsCount":3,"passwordChangedAt":"2024-01-02","tokenValid":false}`, `{"hasPassword":true,"secretsCount":3,"passwordChangedAt":"2024-01-02","tokenValid":false}`},
		// A value that looks like a placeholder or holds JSON of its own.
		{`{"password":"{\"v\":\"hunter2\"}"}`, `{"password":"****"}`},
		{`{"password":"[hunter2]","token":"<abc>"}`, `{"password":"****","token":"****"}`},
		{`{"password":"<redacted>","token":"[null]","secret":"${DB_SECRET}"}`, `{"password":"<redacted>","token":"[null]","secret":"${DB_SECRET}"}`},
		{`{"token":"abc\\","z":"rest"}`, `{"token":"****","z":"rest"}`},
		{`size 5" {"password":"alice"}`, `size 5" {"password":"****"}`},
		{`{` + strings.Repeat(" ", 100) + `"password":"alice"}`, `{` + strings.Repeat(" ", 100) + `"password":"****"}`},
		// Base64 behind the segments of a path, and behind other base64.
		{"https://h/organizations/" + b64, "https://h/organizations/****"},
		{"/" + base64.RawURLEncoding.EncodeToString([]byte("nothing to see in here!!")) + "/" + base64.RawURLEncoding.EncodeToString([]byte("jane.doe@example.com and more")), "/" + base64.RawURLEncoding.EncodeToString([]byte("nothing to see in here!!")) + "/****"},
		{"card 4111&nbsp;1111&nbsp;1111&nbsp;1111 of john&commat;example.com and bob&#000000064;example.com", "card **** of **** and ****"},
		{"4111\u034f1111\u206a1111\U000e00411111", "****"},
		{"x 4111 1111 \x1b[1;38;2;255;255;255;48;2;255;255;255m1111 1111 y", "x **** y"},
		{`{"password":{"old":"a","new":"b"},"n":1}`, `{"password":"****","n":1}`},
		{`{"password":null,"n":1}`, `{"password":null,"n":1}`},
		{`msg {"body":"{\"authorization\":\"tok en\"}"}`, `msg {"body":"{\"authorization\":\"****\"}"}`},
		{`cut {"password":"hunter2`, `cut {"password":"****`},
		{"data " + b64 + " end", "data **** end"},
		{"data " + base64.StdEncoding.EncodeToString([]byte(b64)) + " end", "data **** end"},
		{"data " + base64.StdEncoding.EncodeToString([]byte(`{"é":"Zoë","mail":"zoe@example.org"}`)) + " end", "data **** end"},
		{"q=" + url.QueryEscape("bob@example.com"), "q=****"},
		{`http.Header{"Accept":[]string{"*/*"}, "X-Api-Key":[]string{"zMjKg0fILwiS97"}}`, `http.Header{"Accept":[]string{"*/*"}, "X-Api-Key":[]string{"****"}}`},
		{`Authorization: Hawk id="h1", ts="1", nonce="n0nce7", mac="YqnJ9xT2kQ0="`, `Authorization: Hawk id="h1", ts="1", nonce="****", mac="****"`},
		{`{"id":4111111111111111,"x":1}`, `{"id":"****","x":1}`},
		{`{"ids": [4111111111111111],"x":1}`, `{"ids": ["****"],"x":1}`},
		{`{"a":"{\"id\":4111111111111111}"}`, `{"a":"{\"id\":\"****\"}"}`},
		{`{"msg":"card:4111111111111111, next"}`, `{"msg":"card:****, next"}`},
		{`{"usage":{"inputTokens":120,"totalTokens":150},"access_token":"x9"}`, `{"usage":{"inputTokens":120,"totalTokens":150},"access_token":"****"}`},
		// A mask leaves the JSON around it as it is.
		{`{"a":"{\"password\":[\"abcd1234\"]}"}`, `{"a":"{\"password\":\"****\"}"}`},
		{`{"a":"{\"password\":12345,\"n\":1}"}`, `{"a":"{\"password\":\"****\",\"n\":1}"}`},
		{`{"a":"{\"b\":\"{\\\"password\\\":\\\"abcd1234\\\",\\\"c\\\":1}\"}"}`, `{"a":"{\"b\":\"{\\\"password\\\":\\\"****\\\",\\\"c\\\":1}\"}"}`},
		{`password: \\\"abcd1234\\\" x`, `password: \\\"****\\\" x`},
		{"https://x-access-token:abc123@github.com/o/r.git", "https://x-access-token:****@github.com/o/r.git"},
		{"msg=%22password%22%3A+%22zMjKg0fILwiS97%22&x=1", "msg=%22password%22%3A+%22****%22&x=1"},
		// The colours of a terminal: their last letter begins no word.
		{"\x1b[32mAKIAIOSFODNN7EXAMPLA\x1b[0m", "\x1b[32m****\x1b[0m"},
		{"\x1b[36mpassword=\x1b[0mabcDEF123456 x=1", "\x1b[36mpassword=\x1b[0m**** x=1"},
		{"\x1b[33mpassword\x1b[0m=abcDEF123456", "\x1b[33mpassword\x1b[0m=****"},
		{"ssn=\x1b[1;31m123-45-6788\x1b[0m", "ssn=\x1b[1;31m****\x1b[0m"},
		{`{"m":"\u001b[33mAKIAIOSFODNN7EXAMPLA\u001b[0m"}`, `{"m":"\u001b[33m****\u001b[0m"}`},
		{`{"m":"a\tDE89370400440532013000"}`, `{"m":"a\t****"}`},
	} {
		assert.Equal(t, tc.want, body(e, tc.in), "%s", tc.in)
	}
	for _, clean := range []string{
		"\x1b[32mINFO\x1b[0m started in 12 ms", "array[1mm]", "\x1b[", "\x1b[12;",
		"größe ß 你好 привет", "100%25 of %zz", `C:\users\bob`, `{"usage":{"input_tokens":12}}`,
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00\x01", 40))),
		"data:text/plain;base64," + base64.StdEncoding.EncodeToString([]byte("nothing to see in this text at all")),
	} {
		assert.Equal(t, clean, body(e, clean))
	}
}

// What is wrapped into lines is found wherever a line ends in it.
func TestWrappedBase64IsOpened(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for _, width := range []int{60, 64, 76} {
		for name, lineBreak := range map[string]string{"LF": "\n", "CRLF": "\r\n", "escaped": `\n`, "escaped CRLF": `\r\n`} {
			for pad := range 60 {
				text := strings.Repeat("all is well, ", 8)[:40+pad] + " jane.doe@example.com " + strings.Repeat("as before, ", 9)
				encoded := base64.StdEncoding.EncodeToString([]byte(text))
				var lines []string
				for len(encoded) > width {
					lines, encoded = append(lines, encoded[:width]), encoded[width:]
				}
				wrapped := strings.Join(append(lines, encoded), lineBreak)
				for _, around := range [][2]string{{"", ""}, {"body: ", lineBreak + "-- end"}, {`{"data":"`, `"}`}} {
					assert.Equal(t, around[0]+"****"+around[1], body(e, around[0]+wrapped+around[1]), "%s, %d wide, %d before", name, width, pad)
				}
			}
		}
	}
	for _, kept := range []string{
		strings.Repeat(strings.Repeat("QUJD", 19)+"\n", 3),
		strings.Repeat("0123456789abcdef", 4) + "\n" + strings.Repeat("fedcba9876543210", 4),
		strings.Repeat("/usr/share/doc/x", 4) + "\n/usr/share/doc/x\n",
	} {
		assert.Equal(t, kept, body(e, kept))
	}
}

// What begins a line, or takes a part of the first one, hides nothing, nor does what
// stands behind the last.
func TestWrappedBase64OfMailAndSettings(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for name, c := range map[string]struct {
		first, width           int
		before, between, after string
	}{
		"indented":               {76, 76, "data: |\n  ", "\n  ", "\nkind: Secret"},
		"a quoted mail":          {76, 76, "> ", "\r\n> ", "\r\n"},
		"a folded header":        {64, 64, "X-Body: ", "\r\n\t", "\r\n"},
		"LDIF":                   {61, 75, "description:: ", "\n ", "\ncn: a"},
		"a data URI":             {53, 76, "data:text/plain;base64,", "\n", "\n"},
		"behind a path":          {64, 64, "a/b/", "\n", "\n"},
		"70 wide":                {70, 70, "", "\n", ""},
		"61 wide":                {61, 61, "", "\n", ""},
		"990 wide":               {990, 990, "", "\n", ""},
		"XML":                    {76, 76, "<data>", "\n", "</data>"},
		"brackets":               {76, 76, "(", "\n", ")"},
		"a list":                 {76, 76, "", "\n", ", next"},
		"JSON in JSON":           {76, 76, `{\"a\":\"`, `\\n`, `\"}`},
		"escaped twice":          {76, 76, "x: ", `\\n`, `\\n`},
		"escaped twice, CRLF":    {76, 76, `{"d":"`, `\\r\\n`, `"}`},
		"behind an escape":       {76, 76, `Content-Transfer-Encoding: base64\r\n\r\n`, `\r\n`, `\r\n--b--\r\n`},
		"of one line and escape": {4000, 4000, `text:\n`, "", `\n`},
		"percent-encoded":        {76, 76, "a=", "%0D%0A", "&x"},
		"of JSON's code points":  {76, 76, `{"a":"`, `\u000a`, `"}`},
	} {
		for pad := range 100 {
			text := strings.Repeat("all is well, ", 130)[:30+pad] + " jane.doe@example.com " + strings.Repeat("as before, ", 4)
			if c.width > 900 {
				text = strings.Repeat("all is well, ", 60)[:650+pad] + text
			}
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
				rest := encoding.EncodeToString([]byte(text))
				first := min(c.first, len(rest))
				lines := []string{rest[:first]}
				for rest = rest[first:]; rest != ""; rest = rest[min(c.width, len(rest)):] {
					lines = append(lines, rest[:min(c.width, len(rest))])
				}
				if strings.Trim(lines[len(lines)-1], "=") == "" {
					continue // padding on a line of its own says nothing, and stays
				}
				assert.Equal(t, c.before+"****"+c.after, body(e, c.before+strings.Join(lines, c.between)+c.after), "%s, %d", name, pad)
			}
		}
	}
}

// A line may be a text by itself: what stands in the next one, which happens to be as
// long, neither ends nor begins its last word.
func TestBase64OfOneLineAmongOthers(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, size := range []int{47, 48, 51} {
		clean := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("all is well, ", 4)[:size-3] + " 12"))
		last := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", size-21) + " jane.doe@example.com"))
		first := base64.RawStdEncoding.EncodeToString([]byte("4111111111111111" + strings.Repeat(" all is well", 4)[:size-16]))
		assert.Equal(t, "****\n"+hash, body(e, last+"\n"+hash), "%d", size)
		for _, text := range []string{clean + "\n" + last, clean + "\n" + first + "\n" + clean, last + "\n" + clean} {
			got := body(e, text)
			assert.NotContains(t, got, last, "%d", size)
			assert.NotContains(t, got, first, "%d", size)
		}
	}
}

func TestMaskedTextIsStable(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for _, s := range []string{
		"password=hunter2&card=4111111111111111", `{"password":"x","to":"bob@example.com"}`, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
		"postgres://u:secret1@h/db", "Cookie: a=b1234; c=d5678",
	} {
		once := body(e, s)
		assert.NotEqual(t, s, once)
		assert.Equal(t, once, body(e, once))
	}
}

// TestDeeperThanTheLimitIsMasked encodes a secret once more than the policy
// looks, in each way: it must not get through by that.
func TestDeeperThanTheLimitIsMasked(t *testing.T) {
	t.Parallel()
	encodings := map[string]func(string) string{
		"percent": func(s string) string { return strings.NewReplacer("%", "%25", "@", "%40").Replace(s) },
		"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("text: " + s)) },
		"json": func(s string) string {
			return `{"m":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "@", `\u0040`).Replace(s) + `"}`
		},
	}
	for name, encode := range encodings {
		for _, limit := range []int{1, 2, 3} {
			e := testEngine(t, map[string]any{"extends": "standard", "limits": map[string]any{"decode_depth": limit}})
			hidden := `{"to":"bob@example.com"}`
			for range limit + 1 {
				hidden = encode(hidden)
			}
			r := e.Begin(Logs)
			o := r.String(LogBody, r.Plain(LogBody), hidden)
			tally := r.End()
			assert.NotEqual(t, Keep, o.Kind, "%s, %d deep", name, limit)
			assert.NotContains(t, o.Text, "bob", "%s, %d deep", name, limit)
			assert.Positive(t, tally.Limits, "%s, %d deep", name, limit)

			plain := "nothing of note in here at all"
			for range limit {
				plain = encode(plain)
			}
			assert.Equal(t, plain, body(e, plain), "%s: as deep as the limit, and clean", name)
		}
	}
}

// TestKeyRulesReachTheLastDepth names a member of JSON that is as deep as the
// policy decodes.
func TestKeyRulesReachTheLastDepth(t *testing.T) {
	t.Parallel()
	for limit := 1; limit <= 3; limit++ {
		e := testEngine(t, map[string]any{
			"limits": map[string]any{"decode_depth": limit},
			"rules":  []any{map[string]any{"name": "customer", "keys": []any{"customer"}, "action": "mask"}},
		})
		// The brace that is a text of its own must not shift what counts as a name.
		text := `{"x":"{","customer":"Jane Roe","y":"}"}`
		for range limit {
			text = `{"m":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"}`
		}
		assert.NotContains(t, body(e, text), "Jane", "%d deep", limit)
	}
}
