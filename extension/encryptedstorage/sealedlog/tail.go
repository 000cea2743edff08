package sealedlog

import (
	"errors"
	"fmt"
	"syscall"
)

// rewriteTail writes what the end of s says once more, to the same place. Where an
// fsync of an earlier process has failed, the kernel holds the pages as if they were
// on disk: what is read from them is served, the next fsync succeeds without them,
// and a power loss takes frames that were called durable. Pages that are written
// again are written back.
func rewriteTail(s *segment) error {
	end := min(s.written.offset, s.size) // a copy may lack the last padding
	buf := make([]byte, max(0, min(scanBuffer, end-s.tail)))
	for at := s.tail; at < end; at += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), end-at)]
		if n, err := s.file.ReadAt(buf, at); n < len(buf) {
			return fmt.Errorf("read the end of segment %s: %w", segmentName(s.id), err)
		}
		if _, err := s.file.WriteAt(buf, at); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				// A file system that never writes in place is full: the queue must
				// start all the same, to drain.
				return nil
			}
			return fmt.Errorf("write the end of segment %s again: %w", segmentName(s.id), err)
		}
	}
	return nil
}
