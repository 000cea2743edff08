// Package aessiv is the deterministic cipher of the action token: AES-SIV of
// RFC 5297, as tink-go implements it.
//
// AES-SIV is no mode that FIPS 140-3 approves. Where only approved modes are
// allowed (GODEBUG=fips140=only), [New] refuses.
package aessiv

import (
	"crypto/fips140"
	"errors"

	"github.com/tink-crypto/tink-go/v2/daead/subtle"
)

// KeySize is the length of a key in bytes: AES-256 for the synthetic IV and
// AES-256 for the counter mode.
const KeySize = subtle.AESSIVKeySize

// ErrNotApproved is returned where only FIPS 140-3 approved modes are allowed.
var ErrNotApproved = errors.New("action token is not available with fips140=only: AES-SIV is no approved mode; use pseudonym")

// New makes the cipher of a key of [KeySize] bytes.
func New(key []byte) (*subtle.AESSIV, error) {
	if fips140.Enforced() {
		return nil, ErrNotApproved
	}
	return subtle.NewAESSIV(key)
}
