package probe

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// http2Preface opens HTTP/2 with prior knowledge, followed by an empty
// SETTINGS frame (RFC 9113, 3.4 and 6.5). gRPC without TLS begins like this.
const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// answersPlaintext finds out whether a port that speaks TLS takes requests in
// clear as well, as a port multiplexer does. It is called only for ports that
// completed a TLS handshake or answered one with an alert: to a line protocol
// these bytes would be data to ingest.
func (c client) answersPlaintext(ctx context.Context) (bool, string) {
	if answer := c.exchange(ctx, http2Preface); len(answer) >= 9 && answer[3] == 4 {
		return true, "HTTP/2 without TLS is answered: gRPC in clear is possible"
	}
	answer := c.exchange(ctx, "GET / HTTP/1.1\r\nHost: "+c.ServerName+"\r\nConnection: close\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil {
		return false, "a request in clear is not answered"
	}
	defer response.Body.Close() // in memory
	// Go's HTTPS server answers a plaintext request with 400, nginx with 400 or
	// 497: a refusal in clear, not a service in clear.
	if response.StatusCode == http.StatusBadRequest || response.StatusCode == 497 || response.StatusCode == http.StatusUpgradeRequired {
		return false, "a request in clear is answered with " + strings.TrimSpace(response.Status)
	}
	if location := response.Header.Get("Location"); response.StatusCode/100 == 3 && strings.HasPrefix(location, "https://") {
		return false, "a request in clear is sent to https"
	}
	return true, "HTTP without TLS is answered with " + http.StatusText(response.StatusCode)
}

// exchange sends text in clear and returns the first bytes of the answer, nil
// when there is none.
func (c client) exchange(ctx context.Context, text string) []byte {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil
	}
	defer conn.Close() // nothing more is wanted from it
	if conn.SetDeadline(time.Now().Add(c.Timeout)) != nil {
		return nil
	}
	if _, err := io.WriteString(conn, text); err != nil {
		return nil
	}
	answer := make([]byte, 0, 4096)
	buffer := make([]byte, 1024)
	for len(answer) < cap(answer)-len(buffer) {
		n, err := conn.Read(buffer)
		answer = append(answer, buffer[:n]...)
		if err != nil || bytes.Contains(answer, []byte("\r\n\r\n")) || (len(answer) >= 9 && answer[0] != 'H') {
			break
		}
	}
	return answer
}
