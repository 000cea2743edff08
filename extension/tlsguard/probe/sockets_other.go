//go:build !linux

package probe

// Sockets returns [ErrNoEnumeration].
func Sockets() ([]Socket, error) { return nil, ErrNoEnumeration }
