// Package versions reads versions.env, the one file that names the versions of
// the collector, of contrib and of the tools.
package versions

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// Pins are the assignments of versions.env.
type Pins map[string]string

// Read parses the file: `NAME=value` lines, `#` comments, blank lines. Any
// other line, and a name that is set twice, is an error.
func Read(path string) (Pins, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading only

	pins := Pins{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("%s:%d: write NAME=value", path, n)
		}
		if _, twice := pins[name]; twice {
			return nil, fmt.Errorf("%s:%d: %s is set twice; keep one", path, n, name)
		}
		pins[name] = value
	}
	return pins, lines.Err()
}

// Exceptions maps the module path of every EXCEPTION_ entry to its version.
func (p Pins) Exceptions() map[string]string {
	out := map[string]string{}
	for name, value := range p {
		if !strings.HasPrefix(name, "EXCEPTION_") {
			continue
		}
		if module, version, ok := strings.Cut(value, "@"); ok {
			out[module] = version
		}
	}
	return out
}
