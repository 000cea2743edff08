package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest/policy"
)

const me = "arn:aws:iam::123456789012:role/me"

func parse(t *testing.T, statements string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[` + statements + `]}`))
	require.NoError(t, err)
	return d
}

// Each line: operator and condition, request values of key "k", does it hold?
func TestConditions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		condition string
		have      []string
		want      bool
	}{
		{`"StringEquals":{"k":"a"}`, []string{"a"}, true},
		{`"StringEquals":{"K":"a"}`, []string{"a"}, true}, // names without case
		{`"StringEquals":{"k":"a"}`, []string{"A"}, false},
		{`"StringEquals":{"k":"a"}`, nil, false},
		{`"StringEquals":{"k":["a","b"]}`, []string{"b"}, true},
		{`"StringEquals":{"k":"a*"}`, []string{"ab"}, false},
		{`"StringEqualsIfExists":{"k":"a"}`, nil, true},
		{`"StringEqualsIfExists":{"k":"a"}`, []string{"b"}, false},
		{`"StringEqualsIgnoreCase":{"k":"a"}`, []string{"A"}, true},
		{`"StringNotEquals":{"k":"a"}`, []string{"b"}, true},
		{`"StringNotEquals":{"k":"a"}`, []string{"a"}, false},
		{`"StringNotEquals":{"k":"a"}`, nil, true},
		{`"StringNotEquals":{"k":["a","b"]}`, []string{"b"}, false}, // NOR
		{`"StringNotEquals":{"k":["a","b"]}`, []string{"c"}, true},
		{`"StringLike":{"k":"a*c?"}`, []string{"abbbcd"}, true},
		{`"StringLike":{"k":"a*c?"}`, []string{"abbbc"}, false},
		{`"StringLike":{"k":"*"}`, nil, false},
		{`"StringNotLike":{"k":"a*"}`, []string{"b"}, true},
		{`"StringNotLike":{"k":"a*"}`, []string{"ab"}, false},
		{`"ArnLike":{"k":"arn:aws:iam::*:role/x*"}`, []string{"arn:aws:iam::1:role/xy"}, true},
		{`"ArnLike":{"k":"arn:aws:iam::*:role/x"}`, []string{"arn:aws:iam::1:user/a:role/x"}, false},
		{`"ArnLike":{"k":"arn:*"}`, []string{"arn:aws:iam::1:role/x"}, false},
		{`"ArnNotEquals":{"k":"arn:aws:iam::1:role/x"}`, []string{"arn:aws:iam::1:role/y"}, true},
		{`"ArnNotEquals":{"k":"arn:aws:iam::1:role/x"}`, []string{"arn:aws:iam::1:role/x"}, false},
		{`"ArnNotEquals":{"k":"arn:aws:iam::1:role/x"}`, nil, true},
		{`"Bool":{"k":"true"}`, []string{"true"}, true},
		{`"Bool":{"k":true}`, []string{"true"}, true},
		{`"Bool":{"k":"true"}`, []string{"false"}, false},
		{`"Bool":{"k":"true"}`, nil, false},
		{`"Bool":{"k":"false"}`, nil, false}, // why a Deny without MFA must use BoolIfExists
		{`"BoolIfExists":{"k":"false"}`, nil, true},
		{`"Null":{"k":"true"}`, nil, true},
		{`"Null":{"k":"true"}`, []string{"a"}, false},
		{`"Null":{"k":"false"}`, []string{"a"}, true},
		{`"Null":{"k":"false"}`, nil, false},
		{`"NumericLessThan":{"k":"1.2"}`, []string{"1.1"}, true},
		{`"NumericLessThan":{"k":1.2}`, []string{"1.2"}, false},
		{`"NumericLessThan":{"k":"1.2"}`, nil, false},
		{`"NumericGreaterThanEquals":{"k":"3"}`, []string{"3"}, true},
		{`"NumericGreaterThan":{"k":"3"}`, []string{"3"}, false},
		{`"NumericLessThanEquals":{"k":"3"}`, []string{"x"}, false},
		{`"NumericEquals":{"k":"3"}`, []string{"3.0"}, true},
		{`"ForAnyValue:StringEquals":{"k":["a","b"]}`, []string{"x", "b"}, true},
		{`"ForAnyValue:StringEquals":{"k":["a","b"]}`, []string{"x"}, false},
		{`"ForAnyValue:StringEquals":{"k":"a"}`, nil, false},
		{`"ForAnyValue:StringLike":{"k":"a*"}`, []string{"x", "ab"}, true},
		{`"ForAllValues:StringEquals":{"k":["a","b"]}`, []string{"a", "b"}, true},
		{`"ForAllValues:StringEquals":{"k":["a","b"]}`, []string{"a", "x"}, false},
		{`"ForAllValues:StringEquals":{"k":"a"}`, nil, true},
		{`"StringEquals":{"k":"a"},"Bool":{"z":"true"}`, []string{"a"}, false}, // AND
	} {
		d := parse(t, `{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{`+tc.condition+`}}`)
		got := policy.EvaluateResource(policy.Request{Principal: me, Action: "s3:GetObject", Resource: "arn:x", Keys: map[string][]string{"k": tc.have}}, nil, d)
		assert.Equal(t, tc.want, got.Allowed, "%s with %q", tc.condition, tc.have)
	}
}

func TestKeyPolicyComesFirst(t *testing.T) {
	t.Parallel()
	allow := parse(t, `{"Effect":"Allow","Action":"kms:*","Resource":"*"}`)
	deny := parse(t, `{"Sid":"no","Effect":"Deny","Action":"KMS:dec*","Resource":"arn:key"}`)
	statement := func(effect, principal string) *policy.Document {
		return parse(t, `{"Effect":"`+effect+`","Principal":`+principal+`,"Action":["kms:Decrypt"],"Resource":"*"}`)
	}
	for name, tc := range map[string]struct {
		key      *policy.Document
		identity []*policy.Document
		want     bool
	}{
		"direct":                  {statement("Allow", `{"AWS":"`+me+`"}`), nil, true},
		"everyone":                {statement("Allow", `"*"`), nil, true},
		"everyone, long form":     {statement("Allow", `{"AWS":["*"]}`), nil, true},
		"account alone":           {statement("Allow", `{"AWS":"123456789012"}`), nil, false},
		"account and IAM":         {statement("Allow", `{"AWS":"123456789012"}`), []*policy.Document{allow}, true},
		"account root and IAM":    {statement("Allow", `{"AWS":"arn:aws:iam::123456789012:root"}`), []*policy.Document{allow}, true},
		"IAM alone":               {statement("Allow", `{"AWS":"arn:aws:iam::123456789012:role/other"}`), []*policy.Document{allow}, false},
		"other account and IAM":   {statement("Allow", `{"AWS":"arn:aws:iam::210987654321:root"}`), []*policy.Document{allow}, false},
		"a service":               {statement("Allow", `{"Service":"s3.amazonaws.com"}`), []*policy.Document{allow}, false},
		"direct, identity denies": {statement("Allow", `{"AWS":"`+me+`"}`), []*policy.Document{allow, deny}, false},
		"deny names the account": {parse(t, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
			{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"kms:Decrypt","Resource":"*"}`), nil, false},
		"deny names another": {parse(t, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
			{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:role/other"},"Action":"kms:Decrypt","Resource":"*"}`), nil, true},
		"NotAction":  {parse(t, `{"Effect":"Allow","Principal":"*","NotAction":"kms:Decrypt","Resource":"*"}`), nil, false},
		"NotAction2": {parse(t, `{"Effect":"Allow","Principal":"*","NotAction":"kms:Encrypt","Resource":"*"}`), nil, true},
	} {
		d := policy.EvaluateKey(policy.Request{Principal: me, Action: "kms:Decrypt", Resource: "arn:key"}, tc.key, tc.identity...)
		assert.Equal(t, tc.want, d.Allowed, "%s: %+v", name, d)
	}
	d := policy.EvaluateKey(policy.Request{Principal: me, Action: "kms:Decrypt", Resource: "arn:key"}, statement("Allow", `"*"`), deny)
	assert.True(t, d.Explicit)
	assert.Equal(t, "no", d.Sid)
	anonymous := policy.Request{Anonymous: true, Action: "kms:Decrypt", Resource: "arn:key"}
	assert.True(t, policy.EvaluateKey(anonymous, statement("Allow", `"*"`), deny).Allowed, "identity policies are not the anonymous caller's")
	assert.False(t, policy.EvaluateKey(anonymous, statement("Allow", `{"AWS":"`+me+`"}`)).Allowed)
}

func TestNotResource(t *testing.T) {
	t.Parallel()
	d := parse(t, `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"kms:Decrypt","NotResource":["arn:spool"]}`)
	assert.True(t, policy.EvaluateResource(policy.Request{Principal: me, Action: "kms:Decrypt", Resource: "arn:spool"}, nil, d).Allowed)
	assert.False(t, policy.EvaluateResource(policy.Request{Principal: me, Action: "kms:Decrypt", Resource: "arn:other"}, nil, d).Allowed)
	assert.False(t, policy.EvaluateResource(policy.Request{Anonymous: true, Action: "kms:Decrypt", Resource: "arn:spool"}, nil, d).Allowed)
}

func TestParseFailsLoudly(t *testing.T) {
	t.Parallel()
	const head = `{"Version":"2012-10-17","Statement":`
	for name, text := range map[string]string{
		"not JSON":            `{`,
		"old version":         `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`,
		"no statement":        `{"Version":"2012-10-17"}`,
		"empty statement":     head + `[]}`,
		"tail":                head + `[{"Effect":"Allow","Action":"a:b"}]}{}`,
		"effect":              head + `{"Effect":"allow","Action":"a:b"}}`,
		"no action":           head + `{"Effect":"Allow","Resource":"*"}}`,
		"both actions":        head + `{"Effect":"Allow","Action":"a:b","NotAction":"a:c"}}`,
		"both resources":      head + `{"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":"x"}}`,
		"unknown element":     head + `{"Effect":"Allow","Action":"a:b","Ressource":"*"}}`,
		"NotPrincipal":        head + `{"Effect":"Deny","Action":"a:b","NotPrincipal":"*"}}`,
		"unknown operator":    head + `{"Effect":"Allow","Action":"a:b","Condition":{"IpAddress":{"k":"1.2.3.4"}}}}`,
		"unknown quantifier":  head + `{"Effect":"Allow","Action":"a:b","Condition":{"ForSome:StringEquals":{"k":"v"}}}}`,
		"Null with IfExists":  head + `{"Effect":"Allow","Action":"a:b","Condition":{"NullIfExists":{"k":"true"}}}}`,
		"Bool of text":        head + `{"Effect":"Allow","Action":"a:b","Condition":{"Bool":{"k":"yes"}}}}`,
		"Numeric of text":     head + `{"Effect":"Allow","Action":"a:b","Condition":{"NumericEquals":{"k":"x"}}}}`,
		"empty condition":     head + `{"Effect":"Allow","Action":"a:b","Condition":{"StringEquals":{"k":[]}}}}`,
		"variable":            head + `{"Effect":"Allow","Action":"a:b","Resource":"x/${aws:username}"}}`,
		"variable in value":   head + `{"Effect":"Allow","Action":"a:b","Condition":{"StringEquals":{"k":"${aws:x}"}}}}`,
		"principal wildcard":  head + `{"Effect":"Allow","Action":"a:b","Principal":{"AWS":"arn:aws:iam::*:root"}}}`,
		"principal text":      head + `{"Effect":"Allow","Action":"a:b","Principal":"me"}}`,
		"principal kind":      head + `{"Effect":"Allow","Action":"a:b","Principal":{"CanonicalUser":"x"}}}`,
		"principal empty":     head + `{"Effect":"Allow","Action":"a:b","Principal":{}}}`,
		"Sid twice":           head + `[{"Sid":"x","Effect":"Allow","Action":"a:b"},{"Sid":"x","Effect":"Allow","Action":"a:b"}]}`,
		"operator twice":      head + `{"Effect":"Deny","Action":"a:b","Condition":{"StringNotEquals":{"a":"1"},"StringNotEquals":{"b":"2"}}}}`,
		"action of a number":  head + `{"Effect":"Allow","Action":1}}`,
		"nested":              strings.Repeat("[", 100),
		"larger than allowed": strings.Repeat(" ", policy.MaxBytes+1),
	} {
		_, err := policy.Parse([]byte(text))
		assert.ErrorIs(t, err, policy.ErrSyntax, name)
	}
}

func TestLikeTakesBoundedTime(t *testing.T) {
	t.Parallel()
	assert.False(t, policy.Like(strings.Repeat("a*", 200)+"b", strings.Repeat("a", 20_000)))
	assert.True(t, policy.Like("*", ""))
	assert.True(t, policy.Like("a**b", "ab"))
	assert.False(t, policy.Like("", "a"))
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:*","Principal":{"AWS":"*"},"Condition":{"Bool":{"k":true}}}}`))
	f.Add([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["a"],"NotResource":"b","Condition":{"ForAnyValue:StringLike":{"k":["*","?"]}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := policy.Parse(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, d.Statements)
		r := policy.Request{Principal: me, Action: "kms:Decrypt", Resource: "arn:key", Keys: map[string][]string{"k": {"v"}}}
		// Nothing allows what the document explicitly denies.
		if got := policy.EvaluateKey(r, d); got.Explicit {
			require.False(t, got.Allowed)
		}
	})
}
