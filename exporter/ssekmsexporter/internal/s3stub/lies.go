package s3stub

import (
	"io"
	"net/http"
	"time"
)

// NoHeaders stores in clear and answers 200, as servers do that ignore SSE.
func NoHeaders(w http.ResponseWriter, _ *Put) bool {
	w.WriteHeader(http.StatusOK)
	return true
}

// AES256 stores under the store's own key.
func AES256(w http.ResponseWriter, _ *Put) bool {
	w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	w.WriteHeader(http.StatusOK)
	return true
}

// With answers honestly but for one header; an empty value leaves it out.
func With(name, value string) Answer {
	return func(w http.ResponseWriter, p *Put) bool {
		return Honest(overriding{ResponseWriter: w, name: name, value: value}, p)
	}
}

// Besides answers honestly and sends one header a second time, with another
// value.
func Besides(name, value string) Answer {
	return func(w http.ResponseWriter, p *Put) bool {
		return Honest(appending{ResponseWriter: w, name: name, value: value}, p)
	}
}

// Status answers honestly, with another status.
func Status(status int) Answer {
	return func(w http.ResponseWriter, p *Put) bool {
		return Honest(restating{ResponseWriter: w, status: status}, p)
	}
}

type restating struct {
	http.ResponseWriter
	status int
}

func (r restating) WriteHeader(int) { r.ResponseWriter.WriteHeader(r.status) }

type appending struct {
	http.ResponseWriter
	name, value string
}

func (a appending) WriteHeader(status int) {
	a.Header().Add(a.name, a.value)
	a.ResponseWriter.WriteHeader(status)
}

// Says answers honestly, with a document that no PUT has.
func Says(document string) Answer {
	return func(w http.ResponseWriter, p *Put) bool {
		w.Header().Set("Content-Type", "application/xml")
		stored := Honest(w, p)
		_, _ = io.WriteString(w, document)
		return stored
	}
}

type overriding struct {
	http.ResponseWriter
	name, value string
}

func (o overriding) WriteHeader(status int) {
	if o.value == "" {
		o.Header().Del(o.name)
	} else {
		o.Header().Set(o.name, o.value)
	}
	o.ResponseWriter.WriteHeader(status)
}

// ResetAfterBody stores the object and cuts the connection: the client never
// learns that it is there.
func ResetAfterBody(w http.ResponseWriter, _ *Put) bool {
	cut(w)
	return true
}

// Reset cuts the connection without storing.
func Reset(w http.ResponseWriter, _ *Put) bool {
	cut(w)
	return false
}

func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// After waits for a channel, or a minute, then answers. It stores nothing if the
// client gives up before.
func After(gate <-chan struct{}, then Answer) Answer {
	return func(w http.ResponseWriter, p *Put) bool {
		select {
		case <-gate:
		case <-time.After(time.Minute):
		case <-p.gone:
			return false
		}
		return then(w, p)
	}
}
