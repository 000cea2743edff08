package redact

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWrittenTabIsNoLetterOfTheValue writes values behind \t and \n as JSON does, whose
// letters would make them longer than they are. The keys are made up.
func TestWrittenTabIsNoLetterOfTheValue(t *testing.T) {
	t.Parallel()
	e := detectEngine(t, "all")
	for label, value := range map[string]string{
		"aws secret":       "P4dhk3e89Z33G5rueD7BhFX9k/P2yviOGTw8xeaZ",
		"twilio token":     "7122135254117dec0a52b0c8d0e76544",
		"GH_TOKEN":         "8d566edfbf6ea7e3656a217fa47222e532db4718",
		"private_key_id":   "d52d73439ebf81988066337aac78d24d7746c39f",
		"AccountKey":       "84KGiEajah2tWNThm3xd/0xHjF8Vm0/F92k1erKMimR=",
		"client":           "CZC7Q~ixpR1bQsuiUvfJwWKQ8gVR4ObJigjKEMOa",
		"Tel":              "5551234043",
		"phone_number":     "5551234309",
		"customer's phone": "0412 345 531",
	} {
		for _, space := range []string{`\t`, `\n`, `\r\n`} {
			o, _ := rewrite(e, SpanAttributes, "k", `msg="`+label+space+value+space+`end"`)
			assert.Equal(t, `msg="`+label+space+`█`+space+`end"`, o.Text)
		}
	}
}

// TestMaskCutsNoEscapeInTwo has values behind escapes whose last letters would be theirs.
func TestMaskCutsNoEscapeInTwo(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for _, tc := range []struct{ text, want string }{
		{`{"a":"\u003cuser\u003ejane.doe@example.com\u003c/user\u003e"}`, `{"a":"\u003cuser\u003e****\u003c/user\u003e"}`},
		{`{"a":"Jane \u003cjane.doe@example.com\u003e"}`, `{"a":"Jane \u003c****\u003e"}`},
		{`{"a":"key\u003DSecretAccessKey\u003D\u00228sF6YQerQyukQxdWJPeNWn1q8gLCKfzOpzt\u002Bl3U9\u0022"}`, `{"a":"key\u003DSecretAccessKey\u003D\u0022****\u0022"}`},
	} {
		o, _ := rewrite(e, SpanAttributes, "k", tc.text)
		assert.Equal(t, tc.want, o.Text)
		assert.True(t, json.Valid([]byte(o.Text)), o.Text)
	}
	o, _ := rewrite(e, SpanAttributes, "k", `a=1&body=%7B%5C%22secret_access_key%5C%22%3A%5C%22sdGbRv6ILSVJc4bmrjwuhbzq1bwu704rJyFGc2%2BS%5C%22%7D&z=2`)
	assert.Equal(t, `a=1&body=%7B%5C%22secret_access_key%5C%22%3A%5C%22****%5C%22%7D&z=2`, o.Text)
}

// TestBlanksOfForms has '+' where a form has a blank, and where base64 has a letter.
func TestBlanksOfForms(t *testing.T) {
	t.Parallel()
	e := detectEngine(t, "phone", "grafana_token")
	const token = "glc_e15Roc0UqirgyLBEA4xMcXJ7kf7ZLyrxklS05MgHybjAiwi1QmjDtE++4diuKBBAohrgM9gD0MFy+QEGwzU6xCcjvDtzrtwBMCVy"
	for in, want := range map[string]string{
		"a=1&body=call+me+at+415-555-2671&z=2":    "a=1&body=call+me+at+█&z=2",
		"a=1&body=Tel%3A+503.402.0854&z=2":        "a=1&body=Tel%3A+█&z=2",
		"a=1&body=Tel%3A+0412+345+531&z=2":        "a=1&body=Tel%3A+█&z=2",
		"a=1&body=mobile+0412+345+460&z=2":        "a=1&body=mobile+█&z=2",
		"a=1&body=call+%2B33600667198&z=2":        "a=1&body=call+█&z=2",
		"/v1/%7C%20key%20%7C%20" + token + "%20/": "/v1/%7C%20key%20%7C%20█%20/",
		"1+1":                 "1+1",
		"v1.2.3+415-555-2671": "v1.2.3+415-555-2671",
	} {
		o, _ := rewrite(e, SpanAttributes, "k", in)
		if o.Kind == Keep {
			o.Text = in
		}
		assert.Equal(t, want, o.Text)
	}
}
