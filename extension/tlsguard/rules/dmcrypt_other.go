//go:build !linux

package rules

// onDMCrypt is false: dm-crypt is part of Linux.
func onDMCrypt(string) bool { return false }
