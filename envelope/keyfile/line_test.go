package keyfile

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const goodKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func TestParse(t *testing.T) {
	t.Parallel()
	keys, err := parse([]byte("# comment\n\n  new\t" + goodKey + "  \r\nold " + goodKey))
	require.NoError(t, err)
	require.Len(t, keys, 2)
	assert.Equal(t, "new", keys[0].id)
	assert.Equal(t, byte(31), keys[1].secret[31])
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ content, want string }{
		"empty":             {"", "no key"},
		"only comments":     {"# x\n\n", "no key"},
		"no key":            {"id\n", "line 1 has 1 fields"},
		"three fields":      {"\nid " + goodKey + " x\n", "line 2 has 3 fields"},
		"bad id":            {"a/b " + goodKey, "line 1: id must be"},
		"long id":           {strings.Repeat("a", 65) + " " + goodKey, "line 1: id must be"},
		"twice":             {"a " + goodKey + "\na " + goodKey, "line 2: id a appears twice"},
		"not base64":        {"a !" + goodKey[1:], "line 1: key is not the base64 of 32 bytes"},
		"short":             {"a " + goodKey[:40], "line 1: key is not the base64 of 32 bytes"},
		"long":              {"a " + goodKey + "AAAA", "line 1: key is not the base64 of 32 bytes"},
		"no padding":        {"a " + goodKey[:43] + "A", "line 1: key is not the base64 of 32 bytes"},
		"loose last bits":   {"a " + goodKey[:42] + "9=", "line 1: key is not the base64 of 32 bytes"},
		"zeros":             {"a " + base64.StdEncoding.EncodeToString(make([]byte, 32)), "line 1: key is one byte repeated"},
		"too many":          {manyLines(maxKeys + 1), "more than 256 keys"},
		"too large":         {strings.Repeat("#", maxFileBytes+1), "larger than"},
		"binary":            {"\x00\x01\x02 \xff", "line 1: id must be"},
		"carriage returns":  {"a " + goodKey + "\rb " + goodKey, "line 1 has 4 fields"},
		"second line wrong": {"a " + goodKey + "\nb x", "line 2: key is not"},
	} {
		keys, err := parse([]byte(tc.content))
		assert.ErrorIs(t, err, ErrFormat, name)
		assert.ErrorContains(t, err, tc.want, name)
		assert.NotContains(t, err.Error(), goodKey[:8], "%s: key text in the message", name)
		assert.Nil(t, keys, name)
	}
}

func manyLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d %s\n", i, goodKey)
	}
	return b.String()
}

func TestNewLine(t *testing.T) {
	t.Parallel()
	a, err := NewLine("")
	require.NoError(t, err)
	b, err := NewLine("my.key_1")
	require.NoError(t, err)
	keys, err := parse(append(bytes.Clone(a), b...))
	require.NoError(t, err)
	assert.Regexp(t, `^spool-[0-9a-f]{8}$`, keys[0].id)
	assert.Equal(t, "my.key_1", keys[1].id)
	assert.NotEqual(t, keys[0].secret, keys[1].secret)
	_, err = NewLine("a b")
	require.Error(t, err)
}

func TestCreate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool.key")
	require.NoError(t, Create(path, []byte("a "+goodKey+"\n")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	err = Create(path, []byte("b "+goodKey+"\n"))
	require.ErrorIs(t, err, os.ErrExist)
	require.ErrorContains(t, err, "never overwritten")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "a "+goodKey+"\n", string(content))
	require.Error(t, Create(filepath.Join(path, "x"), nil))
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a " + goodKey + "\n"))
	f.Add([]byte("# c\n\na " + goodKey + "\nb " + goodKey))
	f.Add([]byte("a\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		keys, err := parse(bytes.Clone(in))
		if err != nil {
			require.Nil(t, keys)
			return
		}
		require.NotEmpty(t, keys)
		var again []byte
		for _, k := range keys {
			again = fmt.Appendf(again, "%s %s\n", k.id, base64.StdEncoding.EncodeToString(k.secret[:]))
		}
		same, err := parse(again)
		require.NoError(t, err)
		require.Equal(t, keys, same)
	})
}
