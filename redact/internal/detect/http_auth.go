package detect

import "strings"

func httpAuth() Detector {
	return Detector{
		Name: "http_auth", Group: Secrets, Specificity: Broad, Cost: 2,
		Literals: FoldLiterals("basic", "bearer", "digest", "negotiate", "authorization", "hawk ", "hawk+", "token token="),
		Find:     findHTTPAuth,
	}
}

// token68 is a byte of the credentials of RFC 9110 section 11.2.
func token68(c byte) bool {
	return IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/'
}

func findHTTPAuth(h *Hits, s string, at int) {
	i := at
	for i < len(s) && IsLetter(s[i]) {
		i++
	}
	scheme := s[at:i]
	if Lower(scheme[0]) == 'a' {
		findAuthorization(h, s, i)
		return
	}
	from := afterScheme(s, i)
	if from < 0 {
		return
	}
	if p := parametersOf(scheme); p != nil {
		p.find(h, s, from)
		return
	}
	end := RunEnd(s, from, len(s), token68)
	h.SkipTo(end)
	for end > from && s[end-1] == '.' {
		end-- // the full stop of a sentence
	}
	text := s[from:end]
	for end < len(s) && s[end] == '=' && end-from < len(text)+2 {
		end++
	}
	switch {
	case len(scheme) == 5: // basic
		if !basicCredentials(text) {
			return
		}
	case len(text) >= 16 && looksRandom(text):
	case len(text) >= 22 && RunEnd(text, 0, len(text), IsLetter) == len(text):
		// No language has words of that length.
	case len(text) < 8 || !spokenSecret(text) || HasFold(text, "token") || HasFold(text, "auth") || At(s, at-1) != '=' && !isRandomMixed(text):
		return
	}
	h.Add(from, end)
}

// authSchemes take one credential: those of the registry and of vendors.
var authSchemes = [...]string{
	"basic", "bearer", "token", "apikey", "negotiate", "ntlm", "splunk", "bot", "dpop", "geniekey", "ssws", "aws", "sharedkey", "sharedkeylite", "key", "zoho-oauthtoken", "klaviyo-api-key",
}

// findAuthorization reports the credentials in the header whose name ends at
// i, as a tuple, a dump of Go or a sentence writes it; [secretParam] knows the
// forms of a setting.
func findAuthorization(h *Hits, s string, i int) {
	h.spend(4)
	closed := i
	i = RunEnd(s, i, 6, func(c byte) bool { return isQuoting(c) || c == ']' })
	spoken := false
	before := i
	i = skipGap(s, i)
	switch c := At(s, i); {
	case c == ':' || c == '=':
		i++
		if At(s, i) == '>' {
			i++
		}
	case c == ',' && before > closed, c == '>' && before > closed:
		i++
	case i > before && before == closed:
		spoken = true
	default:
		return
	}
	l := cookieList{s: s, i: i}
	l.open()
	from := l.i
	end := RunEnd(s, from, 24, func(c byte) bool { return IsAlnum(c) || c == '-' })
	name := s[from:end]
	value := RunEnd(s, end, 4, func(c byte) bool { return c == ' ' || c == '+' })
	h.spend(5)
	if value == end || name == "" {
		// No scheme, or key=.
		if At(s, end) == '=' && foldEqual(name, "key") {
			from = end + 1
		}
		end = RunEnd(s, from, maxQuoted, token68)
		h.spend((end - from) / 32)
		if text := s[from:end]; minted(text) && !(spoken && len(text) == uuidLength) {
			h.Add(from, end)
		}
		return
	}
	if p := parametersOf(name); p != nil && p.find(h, s, value) {
		return
	}
	known := false
	for _, scheme := range authSchemes {
		known = known || foldEqual(name, scheme)
	}
	if !known {
		return
	}
	stop := RunEnd(s, value, maxQuoted, func(c byte) bool { return token68(c) || c == ':' || c == '=' })
	h.spend((stop - value) / 32)
	for stop > value && (s[stop-1] == '.' || s[stop-1] == ':') {
		stop--
	}
	text := s[value:stop]
	if account := strings.IndexByte(text, ':'); account > 0 && len(text)-account > 16 {
		// AWS <key id>:<signature>, SharedKey <account>:<signature>
		value += account + 1
		text = text[account+1:]
	}
	switch {
	case len(text) >= 20 && !strings.Contains(text, "="), len(text) >= 8 && spokenSecret(text), len(text) >= 16 && looksRandom(text):
	case !spoken && len(text) >= 4 && l.quote != 0 && (At(s, stop) == l.quote || At(s, stop) == '\\') && !statusWord(text) && !foldEqual(text, "token"):
	default:
		return
	}
	if !Placeholder(text) {
		h.Add(value, stop)
	}
}

// afterScheme returns where the credentials begin after a scheme that ends at
// i, or -1.
func afterScheme(s string, i int) int {
	from := i
	for from < len(s) && from-i < 4 && (s[from] == ' ' || s[from] == ':' || s[from] == '+' || s[from] == '\t' || s[from] == '"' || s[from] == '\'' || s[from] == '=') {
		from++
	}
	if from+2 < len(s) && s[from] == '%' && s[from+1] == '2' && s[from+2] == '0' {
		from += 3
	}
	if from == i && hasPrefixAt(s, from, `\t`) {
		from += len(`\t`)
	}
	if from == i || from >= len(s) {
		return -1
	}
	return from
}

// basicCredentials reports base64 of user-id and password as in RFC 7617.
func basicCredentials(text string) bool {
	if len(text) < 4 {
		return false
	}
	var buf [192]byte
	n, ok := DecodeBase64(buf[:], text)
	if !ok {
		return false
	}
	colon := false
	for _, c := range buf[:n] {
		if c < ' ' || c == 0x7f {
			return false
		}
		colon = colon || c == ':'
	}
	return colon
}

// looksRandom reports a text that is no row of words: it holds a digit, or
// changes from lower to upper case.
func looksRandom(text string) bool {
	for i := range len(text) {
		if IsDigit(text[i]) || i > 0 && IsUpper(text[i]) && IsLetter(text[i-1]) && !IsUpper(text[i-1]) {
			return true
		}
	}
	return false
}

// authParameters are the parameters of a scheme that let their bearer in, or
// that a guess of the password can be tested against.
type authParameters struct {
	scheme string
	// proof is the parameter without which a text is prose, or another thing of
	// that name.
	proof   string
	secrets []string
}

var parameterSchemes = [...]authParameters{
	{"digest", "response", []string{"response", "cnonce", "nonce", "opaque", "username"}}, // RFC 7616
	{"hawk", "mac", []string{"mac", "nonce", "hash"}},
	{"token", "token", []string{"token"}},
	{"oauth", "signature", []string{"signature", "token", "nonce"}}, // RFC 5849: oauth_signature
	{"signature", "signature", []string{"signature"}},
}

func parametersOf(scheme string) *authParameters {
	for i := range parameterSchemes {
		if foldEqual(scheme, parameterSchemes[i].scheme) {
			return &parameterSchemes[i]
		}
	}
	return nil
}

// find reports the secrets among the parameters from from on.
func (p *authParameters) find(h *Hits, s string, from int) bool {
	if first := wordBytes.end(s, from, 32); first == from || At(s, first) != '=' && At(s, first) != '%' {
		return false
	}
	end := RunEnd(s, from, 2048, func(c byte) bool { return c != '\n' && c != '\r' })
	found, last := false, from
	for pass := range 2 {
		h.spend((end - from) / 16)
		for i := from; i < end; i++ {
			if s[i] != '=' || i == from {
				continue
			}
			h.spend(4)
			name := s[RunStart(s, i, 16, IsLetter):i]
			value, stop := authParameter(s, i+1, end)
			for _, secret := range p.secrets {
				if stop <= value || !foldEqual(name, secret) {
					continue
				}
				if pass == 0 {
					found = found || secret == p.proof
				} else if !Placeholder(s[value:stop]) {
					h.Add(value, stop)
					last = stop
				}
			}
			i = max(i, stop-1)
		}
		if !found {
			return false
		}
	}
	h.SkipTo(last)
	return true
}

// authParameter returns the value of a parameter at i, without its quotes,
// which JSON escapes and CSV doubles. A quote that is encoded otherwise is
// read once it is decoded.
func authParameter(s string, i, end int) (value, stop int) {
	value = RunEnd(s, i, 4, func(c byte) bool { return c == '\\' })
	switch c := At(s, value); {
	case c == '"':
		value++
		if next := At(s, value+1); At(s, value) == '"' && next != ',' && next > ' ' {
			value++
		}
		return value, max(value, RunEnd(s, value, end-value, func(c byte) bool { return c != '"' && c != '\\' }))
	case c == '&' || c == '%':
		return value, value
	}
	return value, max(value, RunEnd(s, value, end-value, func(c byte) bool {
		return c > ' ' && c != ',' && c != ';' && c != '"' && c != '\'' && c != '\\' && c != '<' && c != ']' && c != '}' && c != ')' && c != '&'
	}))
}
