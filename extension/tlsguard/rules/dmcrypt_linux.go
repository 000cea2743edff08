package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// onDMCrypt is true when the block device below path, or one that it is made
// of (LVM over LUKS), is a dm-crypt target. The kernel names the target in
// the device's uuid: CRYPT-LUKS2-... . Anything that cannot be read is false.
func onDMCrypt(path string) bool {
	path = existing(path)
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return false
	}
	dev := uint64(stat.Dev) //nolint:unconvert // int64 on some architectures
	major := (dev>>8)&0xfff | (dev>>32)&^0xfff
	minor := dev&0xff | (dev>>12)&^0xff
	return cryptDevice(fmt.Sprintf("/sys/dev/block/%d:%d", major, minor), 0)
}

// existing walks up to the first folder that is there: file_storage may make
// its own.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(path)
		if parent == path {
			return path
		}
		path = parent
	}
}

// maxStack bounds devices stacked on devices.
const maxStack = 8

func cryptDevice(device string, depth int) bool {
	if depth > maxStack {
		return false
	}
	if uuid, err := os.ReadFile(filepath.Join(device, "dm", "uuid")); err == nil && strings.HasPrefix(string(uuid), "CRYPT-") {
		return true
	}
	// A stack counts when all of its parts are encrypted: a volume striped
	// over one open disk writes in clear.
	slaves, err := os.ReadDir(filepath.Join(device, "slaves"))
	if err != nil || len(slaves) == 0 {
		return false
	}
	for _, slave := range slaves {
		if !cryptDevice(filepath.Join(device, "slaves", slave.Name()), depth+1) {
			return false
		}
	}
	return true
}
