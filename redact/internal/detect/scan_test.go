package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func find(t *testing.T, name, key, s string) []string {
	t.Helper()
	var list []Detector
	for _, d := range All() {
		if d.Name == name {
			list = append(list, d)
		}
	}
	sc := NewScanner(list)
	var h Hits
	h.Reset(key)
	sc.Scan(&h, s)
	var out []string
	for _, sp := range h.Spans {
		out = append(out, s[sp.Start:sp.End])
	}
	return out
}

func TestScannerFindsModels(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		detector, value string
		want            []string
	}{
		{"payment_card", "okhttp/4.12.0 4111 1111 1111 1111 12/26", []string{"4111 1111 1111 1111"}},
		{"payment_card", "pan=378282246310005;", []string{"378282246310005"}},
		{"payment_card", "3782-822463-10005", []string{"3782-822463-10005"}},
		{"payment_card", "0.4111111111111111", nil},
		{"payment_card", "a4111111111111111f", nil},
		{"payment_card", "4111111111111112", nil},
		{"payment_card", "550e8400-e29b-41d4-a716-446655440000", nil},
		{"email", "to <john.o'neil+x@mail.example.com>.", []string{"john.o'neil+x@mail.example.com"}},
		{"email", `line\njane@example.org`, []string{"jane@example.org"}},
		{"email", "react@18.2.0 logo@2x.png git@github.com:a/b", nil},
		{"email", "https://u:p4ss@example.com/", nil},
		{"email", "x@163.com", []string{"x@163.com"}},
		{"jwt", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl;", []string{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"}},
		{"jwt", "eyJmb28iOiJiYXIifQ.eyJzdWIiOiIxIn0.x", nil},
		{"private_key", "x -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- y", []string{"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"}},
		{"private_key", `-----BEGIN PRIVATE KEY-----\nMIIE`, []string{`-----BEGIN PRIVATE KEY-----\nMIIE`}},
		{"private_key", "-----BEGIN PUBLIC KEY-----\nMIIE", nil},
		{"http_auth", "Authorization: Bearer abcdefghijklmnop1234, x", []string{"abcdefghijklmnop1234"}},
		{"http_auth", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", []string{"QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}},
		{"http_auth", "basic authentication required, bearer authentication-required", nil},
		{"http_auth", `Digest username="Mufasa", realm="r@h", nonce="7ypf/xlj9XXw", uri="/", response="753927fa0e85"`, []string{"Mufasa", "7ypf/xlj9XXw", "753927fa0e85"}},
		{"url_userinfo", "postgres://app:s3cr/et@db:5432/x http://host:8080/a@b https://u@h/", []string{"s3cr/et"}},
		{"url_userinfo", "amqp://u:p@ss@mq/ redis://:foobar@r/0", []string{"p@ss", "foobar"}},
		{"url_userinfo", "root:hunter2@tcp(db:3306)/x", []string{"hunter2"}},
		{"url_userinfo", "http://u:****@h/ http://u:${PW}@h/", nil},
		{"secret_param", "password=hunter2&x=1", []string{"hunter2"}},
		{"secret_param", `{"db_password": "hun\"ter2", "n": 1}`, []string{`hun\"ter2`}},
		{"secret_param", `{\"apiKey\":\"abc123\"}`, []string{"abc123"}},
		{"secret_param", "Server=x;Pwd=a,b;Database=y", []string{"a,b"}},
		{"secret_param", "mysql --password hunter2 -h x", []string{"hunter2"}},
		{"secret_param", "<ns:password>hunter2</ns:password>", []string{"hunter2"}},
		{"secret_param", "Authorization: Token abcd1234", []string{"abcd1234"}},
		{"secret_param", "tokens_used=12 password_length: 8 status_code=500 code=404 token=17 password: incorrect 10:30:00 unexpected token: '}'", nil},
		{"secret_param", "password=**** secret: null token=<redacted>", nil},
		{"cookie", "Cookie: sid=abc; theme=dark", []string{"abc", "dark"}},
		{"cookie", "Set-Cookie: id=a3f; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; HttpOnly", []string{"a3f"}},
		{"cookie", "cookie consent: yes", nil},
	} {
		assert.Equal(t, tc.want, find(t, tc.detector, "", tc.value), "%s in %q", tc.detector, tc.value)
	}
}

func TestScannerAllocatesNothingOnCleanText(t *testing.T) {
	sc := NewScanner(All())
	var h Hits
	h.Reset("")
	sc.Scan(&h, "warm a@b.co 4111111111111111")
	clean := "GET /api/v1/users/12345?limit=20 HTTP/1.1 status=200 took 12.5ms host=node-17.example.internal"
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		h.Reset("http.request")
		sc.Scan(&h, clean)
	}))
}

func TestWordsNear(t *testing.T) {
	t.Parallel()
	w := NewWords("tax id", "ssn")
	for _, s := range []string{"taxId", "tax_id: 1", "user.tax-id", "SSN=", `a\nssn 1`, "mySsn", "ssns"} {
		assert.True(t, w.In(s), s)
	}
	for _, s := range []string{"taxidermy", "lessn", "taxi d"} {
		assert.False(t, w.In(s), s)
	}
}

func BenchmarkScanClean(b *testing.B) {
	sc := NewScanner(All())
	var h Hits
	clean := `2024-11-20T10:15:30.123Z INFO  [http-nio-8080-exec-7] c.e.shop.OrderController - order 81723 accepted for customer segment retail, items=3 total=129.95 EUR, trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7 path=/api/v1/orders/81723/items?expand=price&limit=50 agent="Mozilla/5.0 (X11; Linux x86_64)" took 12.7 ms`
	b.SetBytes(int64(len(clean)))
	for b.Loop() {
		h.Reset("")
		sc.Scan(&h, clean)
	}
}
