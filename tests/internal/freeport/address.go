// Package freeport chooses ports for servers that tests start as processes of
// their own, and that therefore can't listen on port 0.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The ports lie below those that systems hand out for port 0 and for outgoing
// connections (RFC 6056; Linux begins at 32768, others at 49152): between the
// choice and its use no other test's listener or client can get one by chance.
const (
	lowest  = 10_000
	highest = 32_000
	tries   = 1_000
)

var (
	mu sync.Mutex
	// chosen are the ports that this process was given. Guarded by mu.
	chosen = map[int]bool{}
)

// Address returns 127.0.0.1 with a port that nothing listens on, and that this
// process was not given before. A server of another process may take it before
// it is used; who starts a server on it sees that as a failed start.
func Address() (string, error) {
	mu.Lock()
	defer mu.Unlock()
	for range tries {
		port := lowest + rand.IntN(highest-lowest)
		if chosen[port] {
			continue
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		listener, err := net.Listen("tcp", address) // returns at once
		if err != nil {
			continue
		}
		chosen[port] = true
		return address, listener.Close()
	}
	return "", errors.New("choose a port: none of 1000 is free on 127.0.0.1")
}
