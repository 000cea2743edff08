package rules

import (
	"fmt"
	"io"
	"os"
)

// OSFiles reads the files of this host.
type OSFiles struct{}

var _ Files = OSFiles{}

// ReadFile implements [Files]. A named pipe or a device would block the start
// for ever, so that only regular files are opened.
func (OSFiles) ReadFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

// Access implements [Files]; it follows symbolic links, as Kubernetes mounts
// every secret behind two of them.
func (OSFiles) Access(path string) (Access, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Access{}, err
	}
	return ownerOf(info), nil
}

// Encrypted implements [Files].
func (OSFiles) Encrypted(path string) bool { return onDMCrypt(path) }
