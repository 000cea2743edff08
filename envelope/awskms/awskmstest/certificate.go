package awskmstest

import (
	"crypto/x509"
	"encoding/pem"
)

func certificatePEM(c *x509.Certificate) []byte {
	if c == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
