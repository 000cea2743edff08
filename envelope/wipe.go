package envelope

import (
	"crypto/subtle"
	"runtime"
)

// Wipe overwrites b with zeros. See the package documentation for what this
// can and can't do.
func Wipe(b []byte) {
	clear(b)
	// Without a use after it the compiler may drop the store as dead.
	runtime.KeepAlive(b)
}

func equalSecrets(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
