package redact

// Kind is what has to happen to a value.
type Kind uint8

const (
	// Keep: nothing.
	Keep Kind = iota
	// SetText: the value becomes Outcome.Text, whatever its type was.
	SetText
	// SetInt and SetFloat: the number becomes Outcome.Int or Outcome.Float.
	SetInt
	SetFloat
	// RemoveValue: the attribute, element or member goes. A place that can't
	// be without text gets Outcome.Text.
	RemoveValue
	// DropItem: the whole span, record or point goes.
	DropItem
)

// Outcome is what has to happen to a value and what it becomes.
type Outcome struct {
	Kind  Kind
	Text  string
	Int   int64
	Float float64
}

// Count is how often a rule acted at a location since the run began.
type Count struct {
	Rule     int // an index into Policy.Rules, or behind them a pseudo rule
	Detector int // an index into Engine.Detectors, or -1 for a key or a regex
	Location Location
	N        int64
}

// Tally is what a run did.
type Tally struct {
	Values, Bytes int64
	// Redactions holds what was changed, or would be in report mode.
	Redactions []Count
	// Limits counts values that exceeded a limit, Panics detectors that broke:
	// the value was masked, except in report mode.
	Limits, Panics int64
	// NoTenant counts values that were removed because the resource does not
	// say whose they are.
	NoTenant int64
}

// Pseudo rules of counts: what no rule of the policy did.
const (
	// RuleUnknownKey is the index, counted from the number of rules, of
	// removals by unknown_keys.
	RuleUnknownKey = iota
	// RuleFailClosed is that of limits and panics.
	RuleFailClosed
	numPseudoRules
)
