package sealedlog

import "os"

func writeZeros(f *os.File, size int64) error {
	for at := int64(0); at < size; at += zeroChunk {
		if _, err := f.WriteAt(zeros[:min(zeroChunk, size-at)], at); err != nil {
			return err
		}
	}
	return nil
}
