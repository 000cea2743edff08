// Package tiny holds tests only: a collector of a few odd components, run as a
// process of its own so that its sockets and its exit code are real.
package tiny
