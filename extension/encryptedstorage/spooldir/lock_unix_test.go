//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package spooldir

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Something else in the place of the lock is neither waited for nor followed.
func TestLockThatIsNoFile(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(t *testing.T, path string){
		"pipe":   func(t *testing.T, path string) { require.NoError(t, syscall.Mkfifo(path, 0o600)) },
		"link":   func(t *testing.T, path string) { require.NoError(t, os.Symlink(path+".elsewhere", path)) },
		"folder": func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, lockName)
			put(t, path)
			_, err := LockToRead(dir)
			require.ErrorContains(t, err, "not a regular file")
			_, err = Lock(dir)
			require.ErrorContains(t, err, path)
			assert.NoFileExists(t, path+".elsewhere")
		})
	}
}
