package policy

import (
	"encoding/json"
	"fmt"
)

// maxDepth of nested values; a policy needs six.
const maxDepth = 16

// noDuplicates refuses an object that has a name twice. AWS refuses it too,
// while Go's decoder would silently keep the last: one of two StringNotEquals
// blocks would be gone from the evaluation.
func noDuplicates(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrSyntax, maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return fmt.Errorf("%w: %w", ErrSyntax, err)
			}
			text, _ := name.(string)
			if seen[text] {
				return fmt.Errorf("%w: %q appears twice in one object", ErrSyntax, text)
			}
			seen[text] = true
		}
		if err := noDuplicates(d, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return nil
}
