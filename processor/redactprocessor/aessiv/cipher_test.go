package aessiv

import (
	"bytes"
	"crypto/fips140"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSealsDeterministically(t *testing.T) {
	t.Parallel()
	if fips140.Enforced() {
		t.Skip("AES-SIV is no approved mode: TestRefusedUnderFIPSOnly says what happens")
	}
	c, err := New(bytes.Repeat([]byte{7}, KeySize))
	require.NoError(t, err)
	one, err := c.EncryptDeterministically([]byte("bob@example.com"), []byte("mail"))
	require.NoError(t, err)
	two, err := c.EncryptDeterministically([]byte("bob@example.com"), []byte("mail"))
	require.NoError(t, err)
	assert.Equal(t, one, two)
	plain, err := c.DecryptDeterministically(one, []byte("mail"))
	require.NoError(t, err)
	assert.Equal(t, "bob@example.com", string(plain))
	_, err = c.DecryptDeterministically(one, []byte("card"))
	assert.Error(t, err, "another rule's name")
	_, err = New(make([]byte, KeySize-1))
	assert.Error(t, err)
}

// TestRefusedUnderFIPSOnly runs itself again with approved modes only.
func TestRefusedUnderFIPSOnly(t *testing.T) {
	t.Parallel()
	if fips140.Enforced() {
		_, err := New(bytes.Repeat([]byte{7}, KeySize))
		require.ErrorIs(t, err, ErrNotApproved)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestRefusedUnderFIPSOnly$", "-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "PASS: TestRefusedUnderFIPSOnly")
}
