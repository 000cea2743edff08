package rules

// Rule describes one rule for people: documentation, SARIF and the report
// are made from it.
type Rule struct {
	// ID is stable for ever.
	ID string `json:"id"`
	// Family is the file that implements the rule: listeners, certificates, ...
	Family string `json:"family"`
	// Title is a short noun phrase.
	Title string `json:"title"`
	// Severity under the default policy.
	Severity Severity `json:"severity"`
	// Help explains the leak and the way out.
	Help string `json:"help"`
	// Bad is a whole collector configuration (YAML) with this finding.
	Bad string `json:"bad"`
	// BadPath is the path that the finding in Bad carries.
	BadPath string `json:"badPath"`
	// Good is the same configuration without it.
	Good string `json:"good"`
}

// All returns every rule in the order of the ids. The slice is the caller's.
func All() []Rule {
	all := make([]Rule, len(catalogue))
	copy(all, catalogue)
	return all
}

// Lookup returns the rule with an id.
func Lookup(id string) (Rule, bool) {
	for _, rule := range catalogue {
		if rule.ID == id {
			return rule, true
		}
	}
	return Rule{}, false
}
