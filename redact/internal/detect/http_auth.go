package detect

func httpAuth() Detector {
	return Detector{
		Name: "http_auth", Group: Secrets, Specificity: Broad, Cost: 2,
		Literals: FoldLiterals("basic", "bearer", "digest", "negotiate"),
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
	from := afterScheme(s, i)
	if from < 0 {
		return
	}
	if Lower(scheme[0]) == 'd' {
		findDigest(h, s, from)
		return
	}
	end := RunEnd(s, from, len(s), token68)
	h.SkipTo(end)
	text := s[from:end]
	for end < len(s) && s[end] == '=' && end-from < len(text)+2 {
		end++
	}
	switch {
	case len(scheme) == 5: // basic
		if !basicCredentials(text) {
			return
		}
	case len(text) < 16 || !looksRandom(text):
		return
	}
	h.Add(from, end)
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

// digestSecrets are the parameters of RFC 7616 that a guess of the password
// can be tested against.
var digestSecrets = [...]string{"response", "cnonce", "nonce", "opaque", "username"}

func findDigest(h *Hits, s string, from int) {
	end := RunEnd(s, from, 2048, func(c byte) bool { return c != '\n' && c != '\r' })
	h.SkipTo(end)
	// Without the response this is prose, or another digest.
	found := false
	for pass := range 2 {
		for i := from; i < end; i++ {
			if s[i] != '=' || i == from {
				continue
			}
			start := RunStart(s, i, 16, IsLetter)
			name := s[start:i]
			value := i + 1
			var stop int
			if At(s, value) == '\\' {
				value++
			}
			if At(s, value) == '"' {
				value++
				stop = RunEnd(s, value, end-value, func(c byte) bool { return c != '"' && c != '\\' })
			} else {
				stop = RunEnd(s, value, end-value, func(c byte) bool { return c != ',' && c > ' ' })
			}
			for _, secret := range digestSecrets {
				if len(name) != len(secret) || !HasFold(name, secret) {
					continue
				}
				if pass == 0 {
					found = found || secret == "response"
				} else {
					h.Add(value, stop)
				}
			}
			i = max(i, stop-1)
		}
		if !found {
			return
		}
	}
}
