package policy

import (
	"fmt"
	"strconv"
	"strings"
)

// Condition is one key of one operator of a Condition element. All conditions
// of a statement must hold (AND) for the statement to apply.
type Condition struct {
	Operator string // as written
	Key      string // lower case: IAM compares key names without case
	Values   []string

	quantifier string // "", "foranyvalue", "forallvalues"
	ifExists   bool
	negated    bool
	null       bool
	match      func(have, want string) bool
}

func newCondition(operator, key string, values []string) (*Condition, error) {
	c := &Condition{Operator: operator, Key: strings.ToLower(key), Values: values}
	name := operator
	if q, rest, ok := strings.Cut(name, ":"); ok {
		c.quantifier, name = strings.ToLower(q), rest
		if c.quantifier != "foranyvalue" && c.quantifier != "forallvalues" {
			return nil, fmt.Errorf("operator %q is not covered", operator)
		}
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	switch name {
	case "StringEquals", "StringNotEquals":
		c.match = func(have, want string) bool { return have == want }
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		c.match = strings.EqualFold
	case "StringLike", "StringNotLike":
		c.match = func(have, want string) bool { return Like(want, have) }
	case "ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals":
		c.match = func(have, want string) bool { return arnLike(want, have) }
	case "Bool":
		c.match = strings.EqualFold
	case "NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals":
		c.match = numeric(name)
	case "Null":
		if c.quantifier != "" || c.ifExists {
			return nil, fmt.Errorf("operator %q does not exist", operator)
		}
		c.null = true
	default:
		return nil, fmt.Errorf("operator %q is not covered", operator)
	}
	c.negated = strings.Contains(name, "Not")
	for _, v := range values {
		if err := plain(v); err != nil {
			return nil, err
		}
		if (name == "Bool" || c.null) && !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return nil, fmt.Errorf("operator %q takes true or false", operator)
		}
		if strings.HasPrefix(name, "Numeric") {
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				return nil, fmt.Errorf("operator %q takes numbers", operator)
			}
		}
	}
	return c, nil
}

// holds tells whether the condition is met. have are the values of the key in
// the request; none means that the key is missing.
func (c *Condition) holds(have []string) bool {
	missing := len(have) == 0
	if c.null {
		for _, want := range c.Values {
			if strings.EqualFold(want, "true") == missing {
				return true
			}
		}
		return false
	}
	if missing {
		switch {
		case c.ifExists, c.quantifier == "forallvalues":
			return true
		case c.quantifier == "foranyvalue":
			return false
		default:
			// A missing key does not equal anything: StringNotEquals is met.
			// That is what makes a Deny catch a request without the header.
			return c.negated
		}
	}
	switch c.quantifier {
	case "foranyvalue":
		for _, h := range have {
			if c.one(h) {
				return true
			}
		}
		return false
	default:
		// A single-valued key, or ForAllValues: every value must pass. A key
		// of many values under a plain operator is the author's mistake; it
		// is taken strictly.
		for _, h := range have {
			if !c.one(h) {
				return false
			}
		}
		return true
	}
}

// one: several values of the policy are joined by OR, by NOR if negated.
func (c *Condition) one(have string) bool {
	for _, want := range c.Values {
		if c.match(have, want) {
			return !c.negated
		}
	}
	return c.negated
}

func numeric(name string) func(have, want string) bool {
	return func(have, want string) bool {
		h, herr := strconv.ParseFloat(have, 64)
		w, werr := strconv.ParseFloat(want, 64)
		if herr != nil || werr != nil {
			return false
		}
		switch name {
		case "NumericEquals":
			return h == w
		case "NumericLessThan":
			return h < w
		case "NumericLessThanEquals":
			return h <= w
		case "NumericGreaterThan":
			return h > w
		default:
			return h >= w
		}
	}
}

// Like matches text against a pattern with * (any run, also an empty one) and
// ? (one byte). Time is bounded by len(pattern) * len(text).
func Like(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// arnLike compares the six parts of an ARN one by one, so that a * in the
// account can't run on into the resource.
func arnLike(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != 6 || len(a) != 6 {
		return pattern == "*" && len(a) == 6
	}
	for i := range p {
		if !Like(p[i], a[i]) {
			return false
		}
	}
	return true
}
