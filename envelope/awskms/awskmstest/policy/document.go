// Package policy evaluates AWS policy documents the way IAM does, for the part
// of the language that KMS key policies, S3 bucket policies and role policies
// use. Its purpose is to test policies before they are published.
//
// It fails loudly: an element, operator or policy variable that it does not
// know is an error of Parse, never a statement that silently does not apply.
//
// Sources of the rules: IAM User Guide, "Policy evaluation logic", "IAM JSON
// policy elements: Condition operators", "Multivalued context keys"; KMS
// Developer Guide, "Key policies".
//
// Not covered: service control policies, permission boundaries, session
// policies, VPC endpoint policies, grants, NotPrincipal, policy variables, IP
// and date operators. All of them except grants only take permissions away.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxBytes bounds a document; AWS allows 32 KB for a key policy and 20 KB for
// a bucket policy.
const MaxBytes = 64 << 10

// ErrSyntax: the document is not a policy of the language that is covered.
var ErrSyntax = errors.New("policy")

// Document is a parsed policy.
type Document struct {
	Statements []Statement
}

// Statement is one Allow or Deny. Principal is empty in identity policies.
type Statement struct {
	Sid        string
	Deny       bool
	Principals []Principal
	Actions    []string // patterns, lower case
	NotActions []string
	Resources  []string // patterns
	NotRes     []string
	Conditions []Condition
}

// Principal is one entry of a Principal element.
type Principal struct {
	Kind  string // "AWS", "Service", "Federated", or "*" for everyone
	Value string
}

// list is a string or an array of strings.
type list []string

func (l *list) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*l = list{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("want a string or a list of strings")
	}
	if len(many) == 0 {
		return errors.New("empty list")
	}
	*l = many
	return nil
}

type rawStatement struct {
	Sid         string
	Effect      string
	Principal   json.RawMessage
	Action      list
	NotAction   list
	Resource    list
	NotResource list
	Condition   map[string]map[string]scalars
}

// scalars takes what condition values may be: strings, booleans, numbers.
type scalars []string

func (s *scalars) UnmarshalJSON(b []byte) error {
	var many []json.RawMessage
	if err := json.Unmarshal(b, &many); err != nil {
		many = []json.RawMessage{b}
	}
	if len(many) == 0 {
		return errors.New("condition without a value")
	}
	for _, raw := range many {
		var text string
		if err := json.Unmarshal(raw, &text); err == nil {
			*s = append(*s, text)
			continue
		}
		switch raw[0] {
		case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			*s = append(*s, string(raw))
		default:
			return errors.New("condition value is neither string, boolean nor number")
		}
	}
	return nil
}

// Parse reads one document.
func Parse(text []byte) (*Document, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrSyntax, MaxBytes)
	}
	if err := noDuplicates(json.NewDecoder(bytes.NewReader(text)), 0); err != nil {
		return nil, err
	}
	var raw struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := decode(text, &raw); err != nil {
		return nil, err
	}
	if raw.Version != "2012-10-17" {
		return nil, fmt.Errorf("%w: Version must be 2012-10-17", ErrSyntax)
	}
	var statements []rawStatement
	if body := bytes.TrimSpace(raw.Statement); len(body) > 0 && body[0] == '{' {
		statements = make([]rawStatement, 1)
		if err := decode(body, &statements[0]); err != nil {
			return nil, err
		}
	} else if err := decode(body, &statements); err != nil {
		return nil, err
	}
	if len(statements) == 0 {
		return nil, fmt.Errorf("%w: no Statement", ErrSyntax)
	}
	doc := &Document{}
	seen := map[string]bool{}
	for i, r := range statements {
		s, err := r.compile()
		if err != nil {
			return nil, fmt.Errorf("%w: Statement[%d] %q: %w", ErrSyntax, i, r.Sid, err)
		}
		if s.Sid != "" && seen[s.Sid] {
			return nil, fmt.Errorf("%w: Sid %q appears twice", ErrSyntax, s.Sid)
		}
		seen[s.Sid] = true
		doc.Statements = append(doc.Statements, *s)
	}
	return doc, nil
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: text after the document", ErrSyntax)
	}
	return nil
}

func (r rawStatement) compile() (*Statement, error) {
	s := &Statement{Sid: r.Sid, Resources: r.Resource, NotRes: r.NotResource}
	switch r.Effect {
	case "Allow":
	case "Deny":
		s.Deny = true
	default:
		return nil, fmt.Errorf("element Effect is %q, want Allow or Deny", r.Effect)
	}
	if (len(r.Action) == 0) == (len(r.NotAction) == 0) {
		return nil, errors.New("want exactly one of Action and NotAction")
	}
	if len(r.Resource) > 0 && len(r.NotResource) > 0 {
		return nil, errors.New("both Resource and NotResource")
	}
	for _, l := range [][]string{r.Action, r.NotAction, r.Resource, r.NotResource} {
		for _, v := range l {
			if err := plain(v); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range r.Action {
		s.Actions = append(s.Actions, strings.ToLower(a))
	}
	for _, a := range r.NotAction {
		s.NotActions = append(s.NotActions, strings.ToLower(a))
	}
	var err error
	if s.Principals, err = principals(r.Principal); err != nil {
		return nil, err
	}
	for operator, keys := range r.Condition {
		for key, values := range keys {
			c, err := newCondition(operator, key, values)
			if err != nil {
				return nil, err
			}
			s.Conditions = append(s.Conditions, *c)
		}
	}
	return s, nil
}

// plain refuses policy variables: taken literally they would match nothing,
// and a Deny that matches nothing looks like a working one.
func plain(v string) error {
	if strings.Contains(v, "${") {
		return fmt.Errorf("policy variable in %q is not covered", v)
	}
	return nil
}

func principals(raw json.RawMessage) ([]Principal, error) {
	if raw == nil {
		return nil, nil
	}
	var star string
	if err := json.Unmarshal(raw, &star); err == nil {
		if star != "*" {
			return nil, fmt.Errorf("element Principal is %q, want * or an object", star)
		}
		return []Principal{{Kind: "*", Value: "*"}}, nil
	}
	var kinds map[string]list
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return nil, fmt.Errorf("element Principal: %w", err)
	}
	var out []Principal
	for kind, values := range kinds {
		switch kind {
		case "AWS", "Service", "Federated":
		default:
			return nil, fmt.Errorf("principal kind %q is not covered", kind)
		}
		for _, v := range values {
			if err := plain(v); err != nil {
				return nil, err
			}
			if v != "*" && strings.ContainsAny(v, "*?") {
				return nil, fmt.Errorf("principal %q: wildcards are allowed only alone", v)
			}
			if kind == "AWS" && v == "*" {
				out = append(out, Principal{Kind: "*", Value: "*"})
				continue
			}
			out = append(out, Principal{Kind: kind, Value: v})
		}
	}
	if len(out) == 0 {
		return nil, errors.New("empty Principal")
	}
	return out, nil
}
