package encryptedstorage

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// asNobody runs the calling test again in a process without root's rights: root reads
// and writes whatever the mode bits say.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	// The link, for the binary itself lies in a folder of root's.
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	c.Dir = "/"
	// TMPDIR may be root's own; /tmp is everyone's.
	c.Env = append(os.Environ(), "TMPDIR=/tmp", "HOME=/")
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) {
		t.Skipf("no other user can be had here: %v", err)
	}
	require.NoError(t, err, "%s", out)
	// A skip ends well too.
	require.Contains(t, string(out), "--- PASS: "+t.Name()+" ")
}
