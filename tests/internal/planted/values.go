// Package planted makes personal data and secrets that no run has seen before,
// and finds them again in bytes that should not hold them.
//
// Make a [Set], send its values inside telemetry, then hand every byte that
// came out to [Set.Scanner]. Values are random: no allow list, no cache and no
// hard-coded answer can know them.
package planted

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
)

// Kind of a value, as it is named in a finding.
type Kind string

// The kinds that the built-in policy names.
const (
	Card     Kind = "payment card"
	Email    Kind = "e-mail"
	JWT      Kind = "jwt"
	AWSKeyID Kind = "aws key id"
	Bearer   Kind = "bearer token"
	Password Kind = "password"
)

// Set holds the planted values of one run, each list with the same length.
type Set struct {
	Cards     []string // digits only, valid IIN, length and Luhn digit
	Emails    []string
	JWTs      []string // signed with HS256 and a throw-away key
	AWSKeyIDs []string
	Bearers   []string // the token alone, without the scheme
	Passwords []string // no shape: only the key it stands under tells
}

// New makes a set with n values of each kind.
func New(n int) (*Set, error) {
	s := &Set{}
	for i := range n {
		card, err := newCard(i)
		if err != nil {
			return nil, err
		}
		local, err := random(18, "abcdefghijklmnopqrstuvwxyz")
		if err != nil {
			return nil, err
		}
		token, err := newJWT(local)
		if err != nil {
			return nil, err
		}
		key, err := random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
		if err != nil {
			return nil, err
		}
		bearer, err := random(40, alphanumeric)
		if err != nil {
			return nil, err
		}
		password, err := random(24, alphanumeric)
		if err != nil {
			return nil, err
		}
		s.Cards = append(s.Cards, card)
		s.Emails = append(s.Emails, local+"@"+domains[i%len(domains)])
		s.JWTs = append(s.JWTs, token)
		s.AWSKeyIDs = append(s.AWSKeyIDs, "AKIA"+key)
		s.Bearers = append(s.Bearers, bearer)
		s.Passwords = append(s.Passwords, password)
	}
	return s, nil
}

// Count of all values.
func (s *Set) Count() int {
	return len(s.Cards) + len(s.Emails) + len(s.JWTs) + len(s.AWSKeyIDs) + len(s.Bearers) + len(s.Passwords)
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

var domains = []string{"example.com", "mail.example.org", "shop.example.net"}

// Ranges as the networks publish them: Visa 4, Mastercard 51-55, American
// Express 34 and 37 (15 digits), Discover 6011.
var ranges = []struct {
	prefix string
	length int
}{{"4", 16}, {"53", 16}, {"37", 15}, {"6011", 16}, {"4", 16}, {"51", 16}}

func newCard(i int) (string, error) {
	r := ranges[i%len(ranges)]
	digits, err := random(r.length-1-len(r.prefix), "0123456789")
	if err != nil {
		return "", err
	}
	number := r.prefix + digits
	return number + strconv.Itoa(luhnDigit(number)), nil
}

// luhnDigit is the check digit of ISO/IEC 7812-1, annex B.
func luhnDigit(number string) int {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return (10 - sum%10) % 10
}

func newJWT(subject string) (string, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", fmt.Errorf("make jwt: %w", err)
	}
	claims, err := json.Marshal(map[string]any{"sub": subject, "scope": "orders:write", "iss": "https://login.example.com"})
	if err != nil {
		return "", fmt.Errorf("make jwt: %w", err)
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) +
		"." + base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(unsigned))
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

func random(n int, alphabet string) (string, error) {
	out := make([]byte, n)
	for i := range out {
		at, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", fmt.Errorf("make planted value: %w", err)
		}
		out[i] = alphabet[at.Int64()]
	}
	return string(out), nil
}
