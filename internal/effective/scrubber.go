package effective

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// hidden stands for a value that was taken out of a message.
const hidden = "…"

// minLearned is the shortest value that is searched for in messages. Shorter
// ones (true, 10s, otlp) are part of the language of every message.
const minLearned = 5

// scrubber takes values of a configuration out of messages that other code
// wrote. Decoders quote what they cannot decode, and that can be a password.
type scrubber struct {
	values map[string]struct{}
	// secrets are the values below keys that say so.
	secrets map[string]struct{}
	// names are keys and component ids: a message needs them.
	names map[string]struct{}
}

func newScrubber() *scrubber {
	return &scrubber{values: make(map[string]struct{}), secrets: make(map[string]struct{}), names: make(map[string]struct{})}
}

// learnYAML remembers every value of a document, or the text itself.
func (s *scrubber) learnYAML(data []byte) {
	var root yaml.Node
	if yaml.Unmarshal(data, &root) != nil {
		s.learn(string(data))
		return
	}
	s.walk(&root, false, false, 0)
}

func (s *scrubber) walk(n *yaml.Node, ids, secret bool, level int) {
	if level > 256 {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if ids {
			s.names[n.Value] = struct{}{}
			return
		}
		s.learn(n.Value)
		if secret && len(n.Value) >= minLearned {
			s.secrets[n.Value] = struct{}{}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			s.names[key] = struct{}{}
			// The lists of component ids below service.
			isIDs := slices.Contains([]string{"receivers", "processors", "exporters", "extensions"}, key) &&
				n.Content[i+1].Kind == yaml.SequenceNode
			s.walk(n.Content[i+1], isIDs, secret || secretKey.MatchString(key), level+1)
		}
	default: // documents and lists; an alias is walked at its anchor
		for _, child := range n.Content {
			s.walk(child, ids, secret, level+1)
		}
	}
}

func (s *scrubber) learn(value string) {
	value = strings.TrimSpace(value)
	if len(value) >= minLearned {
		s.values[value] = struct{}{}
	}
}

var (
	anyQuoted = regexp.MustCompile(`'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|` + "`[^`\n]*`")
	// afterValue matches what decoders write without quotes.
	afterValue = regexp.MustCompile(`(value: |representation: |invalid syntax: )[^\n]*`)
	userinfo   = regexp.MustCompile(`(://)[^/@\s]+@`)
	// secretKey matches keys whose values, or all values below, are secret. A
	// path to a file with a key in it is not.
	secretKey = regexp.MustCompile(`(?i)(passw|passphrase|secret|token$|api_?key|access_?key|auth(orization)?$|credential|headers|cookie|private_?key$|key_pem|dsn|connection_string|sasl|datasource)`)
	goType    = regexp.MustCompile(`^\*?(\[\]|map\[string\])*(string|bool|int\d*|uint\d*|float\d*|map|slice|struct|any|interface( \{\})?|[a-z]+\.[A-Za-z]+)$`)
)

func (s *scrubber) scrub(text string) string {
	text = anyQuoted.ReplaceAllStringFunc(text, func(quotation string) string {
		inner := quotation[1 : len(quotation)-1]
		if s.known(inner) {
			return quotation
		}
		return hidden
	})
	text = afterValue.ReplaceAllString(text, "${1}"+hidden)
	text = userinfo.ReplaceAllString(text, "${1}"+hidden+"@")
	return s.replace(text, s.values)
}

// redact takes out secrets only, and the user part of an address.
func (s *scrubber) redact(text string) string {
	return s.replace(userinfo.ReplaceAllString(text, "${1}"+hidden+"@"), s.secrets)
}

func (s *scrubber) replace(text string, set map[string]struct{}) string {
	values := make([]string, 0, len(set))
	for value := range set {
		if _, isName := s.names[value]; !isName {
			values = append(values, value)
		}
	}
	// Longest first: a value may contain another one.
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, value := range values {
		text = strings.ReplaceAll(text, value, hidden)
	}
	return text
}

// known says that a quoted text is a key, a path of keys or a Go type.
func (s *scrubber) known(text string) bool {
	if goType.MatchString(text) {
		return true
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ':' || r == '.' || r == '[' || r == ']' || r == '\'' }) {
		if _, ok := s.names[part]; !ok {
			return false
		}
	}
	return true
}

// error makes one line of an error, without values. The cause is cut off on
// purpose: its text is what must not be printed.
func (s *scrubber) error(what string, err error) error {
	if errors.Is(err, errTooLarge) {
		return fmt.Errorf("%s: %w", what, errTooLarge)
	}
	return fmt.Errorf("%s: %s", what, s.scrub(oneLine(err.Error())))
}

// oneLine joins the lines of a message and bounds it.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	joined := strings.Join(parts, " ")
	if runes := []rune(joined); len(runes) > 1000 {
		joined = string(runes[:1000]) + hidden
	}
	return joined
}
