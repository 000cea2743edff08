package ssekmsexporter

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
)

const maxPrintable = 120

// printable cuts a server's text to what may stand in a log line: printable
// ASCII, bounded. A lying server must not write log lines of its own.
func printable(s string) string { return printableUpTo(s, maxPrintable) }

func printableUpTo(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= most {
			b.WriteString("...")
			break
		}
		if r < 0x20 || r > 0x7e {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// transportText is the innermost reason of a failed connection, without the
// URL: the object key in it is long and says nothing about the fault.
func transportText(err error) string {
	var process *processcreds.ProviderError
	if errors.As(err, &process) {
		// The SDK quotes what the process printed, where it is no JSON.
		return "get credentials: the credential_process of the profile failed or printed no credentials"
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op
	}
	return printable(err.Error())
}
