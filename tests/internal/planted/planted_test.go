package planted_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
)

func newSet(t *testing.T) *planted.Set {
	t.Helper()
	set, err := planted.New(6)
	require.NoError(t, err)
	return set
}

func kinds(hits []planted.Hit) map[planted.Kind]int {
	found := map[planted.Kind]int{}
	for _, hit := range hits {
		found[hit.Kind]++
	}
	return found
}

func TestEveryValueIsFoundInEveryForm(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	scanner := set.Scanner()
	values := map[planted.Kind][]string{
		planted.Card: set.Cards, planted.Email: set.Emails, planted.JWT: set.JWTs,
		planted.AWSKeyID: set.AWSKeyIDs, planted.Bearer: set.Bearers, planted.Password: set.Passwords,
	}
	// The encoders here are the standard library's, not the scanner's own.
	forms := map[string]func(string) string{
		"raw":              func(v string) string { return v },
		"base64":           func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) },
		"base64, shifted":  func(v string) string { return base64.StdEncoding.EncodeToString([]byte("x" + v)) },
		"base64, shifted2": func(v string) string { return base64.URLEncoding.EncodeToString([]byte("xy" + v + "z")) },
		"hex":              func(v string) string { return hex.EncodeToString([]byte(v)) },
		"percent-encoded":  url.QueryEscape,
		"json": func(v string) string {
			out, err := json.Marshal(map[string]string{"v": v})
			require.NoError(t, err)
			return string(out)
		},
		"json, escaped": func(v string) string {
			var b strings.Builder
			for _, r := range v {
				b.WriteString(`\u00`)
				b.WriteString(strconv.FormatInt(int64(r), 16))
			}
			return b.String()
		},
	}
	count := 0
	for kind, list := range values {
		for _, value := range list {
			count++
			for form, encode := range forms {
				data := []byte("before " + encode(value) + " after")
				assert.NotZero(t, kinds(scanner.Bytes("test", data))[kind], "%s as %s", kind, form)
			}
		}
	}
	assert.Equal(t, set.Count(), count)
}

func TestCardAsANumberIsFound(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	scanner := set.Scanner()
	for _, number := range set.Cards {
		value, err := strconv.ParseInt(number, 10, 64)
		require.NoError(t, err)

		logs := plog.NewLogs()
		logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Attributes().PutInt("n", value)
		data, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		assert.NotEmpty(t, scanner.Bytes("int attribute", data))

		for _, asDouble := range []bool{false, true} {
			metrics := pmetric.NewMetrics()
			point := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
			if asDouble {
				point.SetDoubleValue(float64(value))
			} else {
				point.SetIntValue(value)
			}
			data, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(metrics)
			require.NoError(t, err)
			assert.NotEmpty(t, scanner.Bytes("metric value", data))
		}
		assert.NotEmpty(t, scanner.Bytes("grouped", []byte(planted.Grouped(number, "-"))))
		assert.NotEmpty(t, scanner.Bytes("full-width", []byte(planted.FullWidth(number))))
	}
}

func TestPartialMaskIsNoMask(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	scanner := set.Scanner()
	leaks := map[string]string{
		"card without its last four": set.Cards[0][:len(set.Cards[0])-4] + "****",
		"local part":                 strings.Split(set.Emails[0], "@")[0] + "@***",
		"claims of a jwt":            strings.Join(strings.Split(set.JWTs[0], ".")[:2], ".") + ".***",
		"second half of a token":     "***" + set.Bearers[0][20:],
		"second half of a password":  "***" + set.Passwords[0][12:],
		"aws key without prefix":     "****" + set.AWSKeyIDs[0][4:],
	}
	for name, text := range leaks {
		assert.NotEmpty(t, scanner.Bytes(name, []byte(text)), name)
	}
	masked := "************" + set.Cards[0][len(set.Cards[0])-4:] + " ****@example.com AKIA**** Bearer **** eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.***"
	assert.Empty(t, scanner.Bytes("masked", []byte(masked)))
}

func TestOtherValuesAreNotFound(t *testing.T) {
	t.Parallel()
	set, other := newSet(t), newSet(t)
	text := strings.Join([]string{other.Cards[0], other.Emails[0], other.JWTs[0], other.AWSKeyIDs[0], other.Bearers[0], other.Passwords[0]}, " ")
	assert.Empty(t, set.Scanner().Bytes("other run", []byte(text)))
}

func TestCardsPassLuhn(t *testing.T) {
	t.Parallel()
	for _, number := range newSet(t).Cards {
		sum := 0
		for i := range len(number) {
			d := int(number[len(number)-1-i] - '0')
			if i%2 == 1 {
				d = d/5*1 + d*2%10 // the digit sum of 2d
			}
			sum += d
		}
		assert.Zero(t, sum%10, "check digit")
	}
}

func TestFolderNamesAndBytes(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "a", "b-"+set.Passwords[1]), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "a", "clean"), []byte("nothing"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "a", "dirty"), []byte("xx"+set.AWSKeyIDs[2]), 0o600))
	hits, size, files, err := set.Scanner().Folder(root)
	require.NoError(t, err)
	assert.Equal(t, 2, files)
	assert.EqualValues(t, 7+2+20, size)
	found := kinds(hits)
	assert.NotZero(t, found[planted.Password], "in a folder's name")
	assert.NotZero(t, found[planted.AWSKeyID], "in a file")
	for _, hit := range hits {
		if hit.Kind == planted.AWSKeyID {
			assert.NotContains(t, hit.String(), set.AWSKeyIDs[2], "a finding does not repeat the secret")
		}
	}
	_, _, _, err = set.Scanner().Folder(filepath.Join(root, "missing"))
	require.Error(t, err)
}

func TestMarkers(t *testing.T) {
	t.Parallel()
	scanner := planted.Markers([]string{"span-17", "abc"})
	assert.Equal(t, 1, scanner.Needles())
	assert.Len(t, scanner.Bytes("x", []byte("a span-17 b span-17")), 2)
	assert.Empty(t, scanner.Bytes("x", []byte("a span-18")))
}

func BenchmarkScanner(b *testing.B) {
	set, err := planted.New(12)
	require.NoError(b, err)
	scanner := set.Scanner()
	data := make([]byte, 16<<20)
	state := uint32(1)
	for i := range data {
		state = state*1664525 + 1013904223
		data[i] = byte(state >> 24)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if hits := scanner.Bytes("random", data); len(hits) != 0 {
			b.Fatal(hits)
		}
	}
}
