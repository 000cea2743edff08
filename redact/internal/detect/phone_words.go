package detect

import (
	"strings"
	"unicode/utf8"
)

// phoneNouns are the words for telephones that text and keys share.
var phoneNouns = [...]string{
	"phone", "phone number", "phonenumber", "phone no", "telephone", "tel", "mobile", "mobile number", "mobilenumber", "mob", "cell", "cellphone", "cell phone", "cell number", "cellular", "fax", "msisdn", "whatsapp",
	"homephone", "workphone", "caller id", "callerid", "callee id", "calleeid", "caller number", "callee number", "gsm",
	"telefon", "telefonnummer", "rufnummer", "handy", "handynummer", "mobil", "mobilnummer", "mobiltelefon", "natel",
	"telefono", "teléfono", "tlf", "tfno", "celular", "movil", "móvil", "cellulare", "téléphone", "tél", "portable",
	"telefone", "fone", "telemovel", "telemóvel", "telefoon", "telefoonnummer", "mobiel", "puhelin", "puhelinnumero",
	"telefonu", "nr telefonu", "numer telefonu", "komorka", "komórka",
	"телефон", "тел", "手机", "手機", "电话", "電話", "携帯", "전화", "휴대폰", "τηλέφωνο", "هاتف", "טלפון", "โทร", "điện thoại",
}

// phoneKeys are words of attribute keys that hold telephone numbers. The last
// are too plain for text: ANI and DNIS are the numbers of caller and called.
var phoneKeys = phoneText.and("ani", "dnis", "from number", "to number", "callback number", "contact number", "contact no", "contact num")

// phoneText are the words of phoneKeys that announce a number in text.
var phoneText = NewWords(phoneNouns[:]...).and("caller", "callee")

// phoneAsk are words that ask for a call, and so tell a bare number. The caller of
// many log lines is a line of source text: it tells the number behind it only.
var phoneAsk = NewWords(phoneNouns[:]...).and("ani", "dnis", "from number", "to number", "callback number", "contact number", "contact no", "contact num", "call me", "call us", "call him", "call her", "callback", "call back", "call back on", "ph", "ph no", "mob no", "my number", "dial", "dialed", "dialled", "dialing", "sms", "sms to",
	"reach me", "reach us", "ring me", "text me", "hotline")

// phoneTalk are words of sentences about calls. They are enough where the
// shape of a number is good but plain.
var phoneTalk = phoneAsk.and("call", "called", "calling", "calls", "contact", "reach", "reached", "text", "texted", "ring", "number is", "voicemail", "support")

// phoneFacts are what keys say about telephones that is no number: when it was
// verified, how many there are, what model it is.
var phoneFacts = NewWords("verified", "at", "time", "timestamp", "ts", "date", "expires", "id", "type", "status", "model", "version", "os", "brand", "app", "build", "code").and(phoneCounts...)

// phoneCounts are what is counted or measured around telephones.
var phoneCounts = []string{"count", "counts", "total", "size", "bytes", "duration", "ms", "cells", "users", "clients", "customers", "contacts", "sessions", "requests", "devices", "visits", "views", "queue", "length", "limit", "quota"}

// phoneMeasures are the words before a number that make it none, in text.
var phoneMeasures = NewWords("id", "ts", "timestamp", "epoch", "version", "build").and(phoneCounts...)

// callerIDs are the ids that are numbers of telephones.
var callerIDs = NewWords("caller id", "callee id", "callerid", "calleeid")

// phoneLinks are the words that may stand between a word for telephones and
// the number.
var phoneLinks = NewWords("number", "num", "no", "nr", "is", "was", "home", "work", "office", "primary", "contact", "and", "or", "at", "on", "phone", "mobile", "cell", "tel", "to", "e164", "value", "str", "raw", "string",
	"ist", "lautet", "est", "es", "de", "nummer", "numero", "client", "customer", "user", "business", "private", "x", "string value", "stringvalue",
	// <dt>phone</dt><dd>…
	"dt", "dd", "td", "th")

// phoneAnchors lists where phone looks: a sign that a number begins, or a word.
// A word that begins with another one is met there, and one of several words at
// its first.
func phoneAnchors() []Literal {
	out := append(Literals("+", "("), FoldLiterals("caller", "callee")...)
	for _, word := range phoneNouns {
		covered := strings.Contains(word, " ") && word[0] < utf8.RuneSelf
		for _, other := range phoneNouns {
			covered = covered || other != word && strings.HasPrefix(word, other)
		}
		switch {
		case covered:
		case word[0] >= utf8.RuneSelf:
			out = append(out, Literals(spellings(word)...)...)
		default:
			out = append(out, FoldLiterals(word)...)
		}
	}
	return out
}

// phoneWordMax bounds the bytes of a word for telephones.
const phoneWordMax = 24

// phoneWordEnd returns the end of the word for telephones that begins at i, or
// 0: telemetry and mobility are none.
func phoneWordEnd(s string, i int) int {
	if s[i] >= utf8.RuneSelf {
		n := phoneText.highAt(s, i)
		if n == 0 {
			return 0
		}
		return RunEnd(s, i+n, phoneWordMax, wordLetter)
	}
	end := RunEnd(s, i, phoneWordMax, wordLetter)
	word := s[i:end]
	if len(word) < 3 {
		return 0
	}
	if phoneText.In(word) {
		if phoneFacts.In(word) && !callerIDs.In(word) {
			return 0
		}
		if id := RunEnd(s, end, 1, func(c byte) bool { return c == '_' || c == '-' || c == ' ' || c == '.' }); id > end && HasFold(word, "calle") && HasFold(s[id:], "id") && WordEnd(s, id+2) {
			return id + 2
		}
		return end
	}
	for _, tail := range [...]string{"number", "num", "no", "nr", "nummer"} {
		if cut := len(word) - len(tail); cut >= 3 && HasFold(word[cut:], tail) {
			return end
		}
	}
	return 0
}

func wordLetter(c byte) bool { return IsLetter(c) || c >= utf8.RuneSelf }
