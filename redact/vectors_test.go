package redact

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// A vector file describes itself: lines "name: text", in entries that blank
// lines separate. The first entry names the detector; the others are
//
//	value:   the text that is scanned
//	key:     the attribute key that it stands under, if any
//	expect:  the exact sensitive span, once per span in order, or "none"
//	comment: where the example comes from, or what it guards against
//
// A line that begins with # is for the reader. "{{join}}" in a text is nothing:
// it keeps the keys of vendors from looking real to those who scan
// repositories. "{{nl}}" and "{{tab}}" are what they say, "{{r:N:text}}" repeats
// a text. A name that is not listed here is an error, so that a slip of the pen
// can't switch a test off.
type vector struct {
	file, key, value, comment string
	line                      int
	expect                    []string
}

func readVectors(t *testing.T, path string) (detector string, vectors []vector) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	file := filepath.Base(path)
	var v vector
	seen := false
	flush := func() {
		if seen {
			require.NotEmpty(t, v.expect, "%s:%d: no expect", file, v.line)
			vectors = append(vectors, v)
		}
		v, seen = vector{file: file}, false
	}
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line == "" {
			flush()
			continue
		}
		name, text, ok := strings.Cut(line, ": ")
		require.True(t, ok, "%s:%d: no name", file, n)
		text = expand(text)
		switch name {
		case "detector":
			require.Empty(t, detector, "%s:%d: a second detector", file, n)
			detector = text
		case "value":
			require.False(t, seen, "%s:%d: a second value in the entry", file, n)
			v.value, v.line, seen = text, n, true
		case "key":
			v.key = text
		case "expect":
			v.expect = append(v.expect, text)
		case "comment":
			v.comment = text
		default:
			require.Failf(t, "unknown name", "%s:%d: %s", file, n, name)
		}
	}
	require.NoError(t, scanner.Err())
	flush()
	require.NotEmpty(t, detector, "%s: no detector", file)
	return detector, vectors
}

func expand(s string) string {
	s = strings.NewReplacer("{{join}}", "", "{{nl}}", "\n", "{{tab}}", "\t").Replace(s)
	for {
		from := strings.Index(s, "{{r:")
		if from < 0 {
			return s
		}
		end := strings.Index(s[from:], "}}") + from
		count, text, _ := strings.Cut(s[from+4:end], ":")
		n := 0
		for _, c := range count {
			n = n*10 + int(c-'0')
		}
		s = s[:from] + strings.Repeat(text, n) + s[end+2:]
	}
}

const mark = "█"

func TestVectors(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/vectors/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		detector, vectors := readVectors(t, path)
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "v", "detect": []any{detector}, "action": map[string]any{"replace": mark}}}})
			positives, negatives := 0, 0
			for _, v := range vectors {
				want := v.value
				if !slices.Equal(v.expect, []string{"none"}) {
					positives++
					at := 0
					for _, span := range v.expect {
						i := strings.Index(want[at:], span)
						require.GreaterOrEqual(t, i, 0, "%s:%d: %q is not in the value", v.file, v.line, span)
						want = want[:at+i] + mark + want[at+i+len(span):]
						at += i + len(mark)
					}
				} else {
					negatives++
				}
				got := v.value
				if o, _ := rewrite(e, SpanAttributes, v.key, v.value); o.Kind == SetText {
					got = o.Text
				}
				// The mask of a JSON number is a string.
				quoted := strings.NewReplacer(`"`+mark+`"`, mark)
				assert.Equal(t, quoted.Replace(want), quoted.Replace(got), "%s:%d: %s", v.file, v.line, v.comment)
			}
			assert.NotZero(t, positives, "no positive")
			assert.NotZero(t, negatives, "no hard negative")
		})
	}
}

// TestEveryDetectorHasVectors keeps a detector from being added without any.
func TestEveryDetectorHasVectors(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	paths, err := filepath.Glob("testdata/vectors/*.txt")
	require.NoError(t, err)
	for _, path := range paths {
		detector, _ := readVectors(t, path)
		have[detector] = true
	}
	for _, d := range detect.All() {
		assert.True(t, have[d.Name], "testdata/vectors has no file for %s", d.Name)
	}
}
