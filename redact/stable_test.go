package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestMaskedStatementIsStable redacts statements twice, as an agent and a gateway do:
// a mask is a value of the statement still, and masks side by side are one.
func TestMaskedStatementIsStable(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for _, s := range []string{
		`sql: SELECT a FROM t WHERE b = 5","rows":"x y"`,
		`SELECT a FROM t WHERE b = 5 "alias of b"`,
		`SELECT a FROM t WHERE b = 4711` + "\n" + `"next line" took 12 ms`,
		`SELECT a FROM t WHERE b = "x" AND c = 5 "z"`,
		`SELECT a FROM t WHERE b = 'x'; note 5"z"`,
		`SELECT a FROM t WHERE b = \"` + "\n" + `" AND c='\";`,
		`INSERT INTO t (a) VALUES (5, "x", 'y', -7) "as" z`,
	} {
		once, _ := rewriteText(e, "db.query.text", s)
		assert.NotEqual(t, s, once)
		twice, _ := rewriteText(e, "db.query.text", once)
		assert.Equal(t, once, twice, s)
	}
}

// TestWrittenTextIsStable redacts what each action wrote once more: also where the name
// of the detector in a pseudonym reads like that of a secret, and the text that a rule
// writes like a value.
func TestWrittenTextIsStable(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]any{
		"pseudonym":  map[string]any{"pseudonym": map[string]any{"key": "k"}},
		"keep last":  map[string]any{"mask": map[string]any{"keep_last": 4}},
		"keep both":  map[string]any{"mask": map[string]any{"keep_first": 4, "keep_last": 4}},
		"keep wide":  map[string]any{"mask": map[string]any{"keep_first": 3, "keep_last": 4, "char": "█", "length": 5}},
		"same":       map[string]any{"mask": map[string]any{"length": "same"}},
		"replace":    map[string]any{"replace": "[gone]"},
		"text":       map[string]any{"mask": map[string]any{"text": "(secret)"}},
		"other char": map[string]any{"mask": map[string]any{"char": "#", "length": 6}},
	} {
		e := testEngine(t, map[string]any{
			"keys": map[string]any{"k": map[string]any{"env": "K"}},
			"rules": []any{
				map[string]any{"name": "key", "keys": []any{"account"}, "action": action},
				map[string]any{"name": "all", "detect": []any{"all"}, "action": action},
			},
		})
		for _, s := range []string{
			"password=correct-horse-battery-9",
			"AccountKey: 84KGiEajah2tWNThm3xd/0xHjF8Vm0/F92k1erKMimR=;",
			"＂ｔｏｋｅｎ＂：＂ghs_kTzUbfr83Ln1mjOgFiu5VifL0ZKK5uVkfd3y＂，",
			"GET /x?twilio_token=a7a86b41086a79edcdb316dd9fff01f6&page=2",
			"INSERT INTO logs (m) VALUES ('dapic4e7bbe05756363a1171177cd28e6018')",
			`{"account":"0123456789abcdef","n":1}`,
		} {
			once, _ := rewriteText(e, "k", s)
			assert.NotEqual(t, s, once, "%s: %s", name, s)
			twice, _ := rewriteText(e, "k", once)
			assert.Equal(t, once, twice, "%s: %s", name, s)
		}
		once, _ := rewriteText(e, "account", "0123456789abcdefghij")
		twice, _ := rewriteText(e, "account", once)
		assert.Equal(t, once, twice, name)
	}
}

// TestForgedOutputHidesNothingBehindIt writes a secret behind what looks like a
// pseudonym.
func TestForgedOutputHidesNothingBehindIt(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	o, _ := rewrite(e, SpanAttributes, "k", "<api_token:k1:aaaaaaaaaaaaaaaaaaaaaaaaaa>hunter2hunter2")
	assert.NotContains(t, o.Text, "hunter2")
	o, _ = rewrite(e, SpanAttributes, "k", "password=<api_token:k1:aaaaaaaaaaaaaaaaaaaaaaaaaa>hunter2hunter2")
	assert.NotContains(t, o.Text, "hunter2")
}

// TestMaskedListIsStable redacts lists twice: a mask is shorter than what it stands
// for, so that it must not bring the next value into the reach of the word, or end
// the number that the next one seemed to be a part of.
func TestMaskedListIsStable(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for s, want := range map[string]string{
		"NHS No: 6620437044 798－729－9340 755 626 3789":         "NHS No: **** **** ****",
		"tel:+81-334214055 +254 712 811646 954-325-5021x312":   "tel:**** **** ****",
		"+49 221-8268314 +86 138 7699 5987 363-244-5067":       "**** **** ****",
		"(262) 559-3664/(772) 270-3046/+43 664 4125339":        "****/****/****",
		"Steuer-ID: 16 042 937 524/７６１５３４９１２８１/13 105 649 272": "Steuer-ID: ****/****/****",
	} {
		once, _ := rewriteText(e, "body", s)
		assert.Equal(t, want, once)
		twice, _ := rewriteText(e, "body", once)
		assert.Equal(t, once, twice, s)
	}
}
