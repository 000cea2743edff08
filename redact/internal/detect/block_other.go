//go:build !amd64

package detect

// readBlock classifies up to 64 bytes from base.
func readBlock(value string, base int) block { return classify(value, base) }
