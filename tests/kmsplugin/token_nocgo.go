//go:build !cgo

package main

import "errors"

// token can't exist without cgo: PKCS#11 is a C interface. The module still
// builds, the program says what it lacks.
type token struct{}

var errNoCgo = errors.New("built without cgo; build it with CGO_ENABLED=1 and a C compiler")

func openToken(_, _, _ string) (*token, error) { return nil, errNoCgo }

func (*token) close() error                           { return errNoCgo }
func (*token) newest() (string, error)                { return "", errNoCgo }
func (*token) create(string) error                    { return errNoCgo }
func (*token) destroy(string) error                   { return errNoCgo }
func (*token) encrypt(string, []byte) ([]byte, error) { return nil, errNoCgo }
func (*token) decrypt(string, []byte) ([]byte, error) { return nil, errNoCgo }
