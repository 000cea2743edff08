package spooldir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Check tests the store's directory, and makes it if create is set.
func Check(path string, create bool) error {
	if create {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist; create it with mode 0700 or set create_directory", path)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", path)
	}
	return checkPrivate(path, info)
}
