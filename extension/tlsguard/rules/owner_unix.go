//go:build unix

package rules

import (
	"io/fs"
	"os"
	"slices"
	"syscall"
)

func ownerOf(info fs.FileInfo) Access {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Access{Mode: info.Mode()}
	}
	groups, err := os.Getgroups()
	if err != nil {
		groups = nil
	}
	gid := int(stat.Gid)
	return Access{
		Mode: info.Mode(), Known: true, UID: stat.Uid, GID: stat.Gid,
		OwnGroup: gid == os.Getegid() || slices.Contains(groups, gid),
	}
}
