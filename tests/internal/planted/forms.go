package planted

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A needle is one way in which a value can be written.
type needle struct {
	kind  Kind
	form  string
	bytes []byte
}

// needles lists what betrays a value: the value itself, for the kinds that are
// masked in part what a mask must not leave, and each of these in the encodings
// that a value meets on its way.
func (s *Set) needles() []needle {
	var all []needle
	add := func(kind Kind, part, text string) {
		for form, encoded := range encodings(text) {
			all = append(all, needle{kind, part + ", " + form, encoded})
		}
	}
	for _, number := range s.Cards {
		add(Card, "number", number)
		// A mask may keep the last four digits and no more.
		add(Card, "all but the last four", number[:len(number)-4])
		for _, separator := range []string{" ", "-", "."} {
			add(Card, "grouped by "+strconv.Quote(separator), Grouped(number, separator))
		}
		all = append(all, needle{Card, "full-width digits", []byte(FullWidth(number))})
		all = append(all, numeric(number)...)
	}
	for _, address := range s.Emails {
		// The local part is the person; a domain may stay.
		local, _, _ := strings.Cut(address, "@")
		add(Email, "local part", local)
	}
	for _, token := range s.JWTs {
		// The header is the same in every token, the rest is not.
		parts := strings.Split(token, ".")
		add(JWT, "claims", parts[1])
		add(JWT, "signature", parts[2])
		if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			add(JWT, "claims decoded", string(claims))
		}
	}
	for _, id := range s.AWSKeyIDs {
		add(AWSKeyID, "id", id)
		add(AWSKeyID, "id without its prefix", id[4:])
	}
	for _, token := range s.Bearers {
		add(Bearer, "token", token)
		add(Bearer, "first half", token[:len(token)/2])
		add(Bearer, "second half", token[len(token)/2:])
	}
	for _, password := range s.Passwords {
		add(Password, "password", password)
		add(Password, "first half", password[:len(password)/2])
		add(Password, "second half", password[len(password)/2:])
	}
	return all
}

// encodings of one text. Those that change nothing are left out.
func encodings(text string) map[string][]byte {
	forms := map[string][]byte{"raw": []byte(text)}
	put := func(form, encoded string) {
		if encoded != text {
			forms[form] = []byte(encoded)
		}
	}
	// In a longer text the value can begin at any of three positions of a
	// base64 group; characters shared with a neighbour are cut off.
	for shift := range 3 {
		padded := append(make([]byte, shift), text...)
		from := []int{0, 2, 3}[shift]
		encoded := base64.RawStdEncoding.EncodeToString(padded)
		whole := len(padded) / 3 * 4
		if whole > from {
			put(fmt.Sprintf("base64 at offset %d", shift), encoded[from:whole])
			put(fmt.Sprintf("base64url at offset %d", shift),
				strings.NewReplacer("+", "-", "/", "_").Replace(encoded[from:whole]))
		}
	}
	put("hex", hex.EncodeToString([]byte(text)))
	put("upper-case hex", strings.ToUpper(hex.EncodeToString([]byte(text))))
	put("percent-encoded", percent(text, false, "%%%02X"))
	put("percent-encoded in lower case", percent(text, false, "%%%02x"))
	put("every byte percent-encoded", percent(text, true, "%%%02X"))
	put("json-escaped", percent(text, false, `\u%04x`))
	put("every byte json-escaped", percent(text, true, `\u%04x`))
	put("every byte json-escaped in upper case", percent(text, true, `\u%04X`))
	return forms
}

// percent writes bytes in the given form: all of them, or those that are no
// letter or digit.
func percent(text string, all bool, form string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; all || !strings.ContainsRune(alphanumeric, rune(c)) {
			fmt.Fprintf(&b, form, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// numeric covers a card number that travels as a number: protobuf's varint
// (an int attribute), fixed64 (a metric's value) and the bits of a double.
func numeric(number string) []needle {
	value, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return nil
	}
	return []needle{
		{Card, "varint", binary.AppendUvarint(nil, value)},
		{Card, "fixed64", binary.LittleEndian.AppendUint64(nil, value)},
		{Card, "double", binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(value)))},
	}
}

// Grouped writes a card number as people do, in groups of four.
func Grouped(number, separator string) string {
	var groups []string
	for ; len(number) > 4; number = number[4:] {
		groups = append(groups, number[:4])
	}
	return strings.Join(append(groups, number), separator)
}

// FullWidth writes digits in their full-width form (U+FF10 to U+FF19).
func FullWidth(number string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '０' }, number)
}
