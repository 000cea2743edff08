package policy

import (
	"strings"
)

// Request is one call as IAM sees it.
type Request struct {
	// Principal is the ARN of the user or role (of the role also for its
	// sessions); ARN of the account's root for the root user.
	Principal string
	// Anonymous requests carry no identity; only "*" matches them.
	Anonymous bool
	Action    string // "kms:Decrypt"
	Resource  string // ARN
	// Keys are the condition keys of the request. Names are compared without
	// case. A key without values is missing.
	Keys map[string][]string
}

// Decision is the outcome, with the statement that decided.
type Decision struct {
	Allowed  bool
	Explicit bool   // a Deny statement matched
	Sid      string // Sid of the statement that decided, if any
	Reason   string
}

// EvaluateKey decides a call on a KMS key of the caller's own account. The key
// policy comes first: identity policies count only where a statement of the
// key policy allows the account itself (KMS Developer Guide, "Default key
// policy").
func EvaluateKey(r Request, key *Document, identity ...*Document) Decision {
	if d, denied := denies(r, key, identity); denied {
		return d
	}
	for _, s := range key.Statements {
		if !s.Deny && s.applies(r) && s.principal(r) == direct {
			return Decision{Allowed: true, Sid: s.Sid, Reason: "allowed by the key policy"}
		}
	}
	if r.Anonymous {
		return Decision{Reason: "no statement of the key policy allows everyone"}
	}
	for _, s := range key.Statements {
		if s.Deny || !s.applies(r) || s.principal(r) != viaAccount {
			continue
		}
		for _, doc := range identity {
			for _, i := range doc.Statements {
				if !i.Deny && i.applies(r) {
					return Decision{Allowed: true, Sid: i.Sid, Reason: "key policy delegates to the account, identity policy allows"}
				}
			}
		}
		return Decision{Reason: "key policy delegates to the account, no identity policy allows"}
	}
	return Decision{Reason: "the key policy allows neither the principal nor its account"}
}

// EvaluateResource decides a call on a resource such as a bucket of the
// caller's own account: either side may allow. resource may be nil.
func EvaluateResource(r Request, resource *Document, identity ...*Document) Decision {
	if d, denied := denies(r, resource, identity); denied {
		return d
	}
	if resource != nil {
		for _, s := range resource.Statements {
			if !s.Deny && s.applies(r) && s.principal(r) == direct {
				return Decision{Allowed: true, Sid: s.Sid, Reason: "allowed by the resource policy"}
			}
		}
	}
	if !r.Anonymous {
		for _, doc := range identity {
			for _, s := range doc.Statements {
				if !s.Deny && s.applies(r) {
					return Decision{Allowed: true, Sid: s.Sid, Reason: "allowed by an identity policy"}
				}
			}
		}
	}
	return Decision{Reason: "nothing allows it"}
}

func denies(r Request, resource *Document, identity []*Document) (Decision, bool) {
	if resource != nil {
		for _, s := range resource.Statements {
			// An account in a Deny stands for everyone in it.
			if s.Deny && s.applies(r) && s.principal(r) != nobody {
				return Decision{Explicit: true, Sid: s.Sid, Reason: "explicit deny in the resource policy"}, true
			}
		}
	}
	if r.Anonymous {
		return Decision{}, false
	}
	for _, doc := range identity {
		for _, s := range doc.Statements {
			if s.Deny && s.applies(r) {
				return Decision{Explicit: true, Sid: s.Sid, Reason: "explicit deny in an identity policy"}, true
			}
		}
	}
	return Decision{}, false
}

// applies tells whether action, resource and conditions fit the request.
func (s *Statement) applies(r Request) bool {
	action := strings.ToLower(r.Action)
	if len(s.Actions) > 0 && !anyLike(s.Actions, action) || anyLike(s.NotActions, action) {
		return false
	}
	if len(s.Resources) > 0 && !anyLike(s.Resources, r.Resource) || anyLike(s.NotRes, r.Resource) {
		return false
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if !c.holds(r.values(c.Key)) {
			return false
		}
	}
	return true
}

func (r Request) values(lower string) []string {
	for k, v := range r.Keys {
		if strings.ToLower(k) == lower {
			return v
		}
	}
	return nil
}

func anyLike(patterns []string, text string) bool {
	for _, p := range patterns {
		if Like(p, text) {
			return true
		}
	}
	return false
}

type reach int

const (
	nobody     reach = iota
	viaAccount       // the statement names the caller's account
	direct           // the statement names the caller, or everyone
)

func (s *Statement) principal(r Request) reach {
	best := nobody
	for _, p := range s.Principals {
		switch {
		case p.Kind == "*":
			return direct
		case r.Anonymous || p.Kind != "AWS":
		case p.Value == r.Principal:
			return direct
		case isAccount(p.Value, r.Principal):
			best = viaAccount
		}
	}
	return best
}

// isAccount: "123456789012" and "arn:aws:iam::123456789012:root" both name the
// account.
func isAccount(value, principal string) bool {
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) != 6 || parts[4] == "" {
		return false
	}
	return value == parts[4] || value == "arn:"+parts[1]+":iam::"+parts[4]+":root"
}
