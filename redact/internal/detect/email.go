package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLocal  = 64  // RFC 5321 section 4.5.3.1.1, octets
	maxDomain = 253 // RFC 1035 section 2.3.4 without the root dot, octets
)

// fileSuffixes are last labels that name files and units, never a top-level
// domain. Suffixes that are country domains too (py, rs, sh, pl) are not here.
var fileSuffixes = labelsOf(`
	png jpg jpeg gif svg webp ico bmp avif js jsx ts tsx mjs cjs css scss less vue json yaml yml xml
	html htm txt log csv pdf go rb java class jar war cpp hpp kt swift dll exe lock toml ini cfg conf
	tmp bak php gz tgz tar xz rar deb rpm whl iso proto service socket timer mount target slice scope
	path woff ttf eot mp3 wav sql db pem crt key tpl`)

func email() Detector {
	return Detector{
		Name: "email", Group: Personal, Specificity: Checked, Canonical: LowerDomain,
		Literals: Literals("@"),
		Find:     findEmail,
	}
}

func localByte(c byte) bool {
	return IsAlnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || c == '\'' || c >= 0x80
}

const domainBytes = alnum | inDot | inDash | inHigh

func findEmail(h *Hits, s string, at int) {
	if at == 0 || at+1 >= len(s) {
		return
	}
	if s[at-1] == '"' {
		quotedEmail(h, s, at)
		return
	}
	if !localByte(s[at-1]) {
		return
	}
	start := RunStart(s, at, maxLocal+1, localByte)
	if at-start > maxLocal {
		return
	}
	h.spend((at - start) / 8)
	start = trimLocal(s, start, at, s[at+1] >= utf8.RuneSelf)
	// The letter of \n is not part of the address after it.
	if start > 0 && start < at && s[start-1] == '\\' && (s[start] == 'n' || s[start] == 't' || s[start] == 'r') {
		start++
	}
	if start == at || s[at-1] == '.' {
		return
	}
	secret := At(s, start-1) == ':'
	if secret {
		// Perhaps a password, of which there is no account.
		inside, read := inAuthority(s, start)
		h.spend(read / 8)
		if inside {
			return
		}
	}
	end := h.emailDomain(s, at+1)
	if end < 0 {
		return
	}
	// git@host:org/repo is a remote, not a person.
	if local := s[start:at]; At(s, end) == ':' && (local == "git" || strings.HasSuffix(local, "-git")) {
		return
	}
	if !secret {
		if inside, _ := inAuthority(s, start); inside && !accountURL(s, start, at, end) {
			return
		}
	}
	h.Add(start, end)
}

// trimLocal returns where the local part that ends at at begins: not with a
// dot, an underscore of Markdown, a quotation mark or dash of any script, nor
// with the words of a script that has no spaces between them, unless the domain
// is written in one too.
func trimLocal(s string, start, at int, wide bool) int {
	for i := start; i < at; {
		if s[i] < utf8.RuneSelf {
			if i == start && !IsAlnum(s[i]) && s[i] != '+' && s[i] != '%' {
				start++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:at])
		i += n
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != utf8.RuneError || !wide && i < at && s[i] < utf8.RuneSelf && unspaced(r) {
			start = i
		}
	}
	return start
}

// quotedEmail judges "john doe"@example.com (RFC 5321 section 4.1.2, a quoted
// string as the local part), in quotes of JSON too.
func quotedEmail(h *Hits, s string, at int) {
	content := at - 1
	escaped := At(s, at-2) == '\\'
	if escaped {
		content--
	}
	start := RunStart(s, content, maxLocal, func(c byte) bool { return c >= ' ' && c != '"' && c != '\\' }) - 1
	if start < 0 || s[start] != '"' || content-start < 2 || escaped != (At(s, start-1) == '\\') {
		return
	}
	// "annotation":"@Component" has its quotes the other way round.
	if inside := s[start+1 : content]; !localByte(inside[0]) || !localByte(inside[len(inside)-1]) || IsAlnum(At(s, start-1)) {
		return
	}
	if end := h.emailDomain(s, at+1); end > 0 {
		if escaped {
			start--
		}
		h.Add(start, end)
	}
}

// emailDomain returns the end of a mail domain at i, or -1. No host has an underscore
// in its name (RFC 1123 section 2.1), but names in the DNS do, and so do addresses.
func (h *Hits) emailDomain(s string, i int) int {
	end := h.domainOf(s, i, domainBytes)
	if end < 0 && At(s, domainBytes.end(s, i, maxDomain+1)) == '_' {
		end = h.domainOf(s, i, domainBytes|inUnderscore)
	}
	return end
}

// domainOf returns the end of a mail domain of these bytes at i, or -1.
func (h *Hits) domainOf(s string, i int, bytes class) int {
	if s[i] == '[' { // an address literal, RFC 5321 section 4.1.3
		end := RunEnd(s, i+1, 46, func(c byte) bool { return IsHex(c) || c == '.' || c == ':' })
		if end-i < 8 || At(s, end) != ']' {
			return -1
		}
		return end + 1
	}
	end, seen := bytes.read(s, i, maxDomain+1)
	h.spend(4 + (end-i)/8)
	if end-i > maxDomain {
		return -1
	}
	if seen&inHigh != 0 {
		h.spend((end - i) / 4) // what is no ASCII is decoded
		end = trimScript(s, i, end)
	}
	for end > i && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	first, labels, from := -1, 0, i
	last := i
	for k := i; k <= end; k++ {
		if k < end && s[k] != '.' {
			continue
		}
		if k == from || k-from > 63 || s[from] == '-' {
			// Two dots end a sentence or an ellipsis: judge what stands before.
			if labels < 2 {
				return -1
			}
			end = from - 1
			break
		}
		labels++
		if labels == 1 {
			first = k
		}
		last, from = from, k+1
	}
	if labels < 2 {
		return -1
	}
	if isVersion(s[i:first]) && IsDigit(s[first+1]) {
		return -1
	}
	tld := s[last:end]
	if len(tld) < 2 || len(tld) > 63 {
		return -1
	}
	if !HasFold(tld, "xn--") {
		for k := range len(tld) {
			if !IsLetter(tld[k]) && tld[k] < 0x80 {
				return -1
			}
		}
	}
	if isFileSuffix(tld) {
		return beforeFile(s, i, end)
	}
	return end
}

// trimScript returns where a domain ends that was read up to end: before marks and
// words of another script that are glued to a name in ASCII.
func trimScript(s string, i, end int) int {
	label := i
	for k := i; k < end; k++ {
		switch {
		case s[k] == '.':
			label = k + 1
		case s[k] >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[k:end])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != utf8.RuneError || k > label && s[k-1] < utf8.RuneSelf && unspaced(r) {
				end = k
			}
			k += n - 1
		}
	}
	// No top-level domain mixes ASCII with letters of another script.
	for k := label; k < end; k++ {
		if k > label && s[k] >= utf8.RuneSelf && IsAlnum(s[k-1]) {
			end = k
		}
	}
	return end
}

// unspaced reports a letter of a script that has no spaces between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// isFileSuffix reports a label that names a file or unit.
func isFileSuffix(label string) bool { return fileSuffixes.has(label) }

// archived are the suffixes that the name of a file with an address in it may
// have. Names of images, programs and units have an @ of their own.
var archived = labelsOf(`
	tar gz tgz xz json csv txt log xml yaml yml pdf bak tmp html db sql pem crt key`)

// commonDomains are the top-level domains that end an address before the
// suffix of a file: jane@example.com.tar.gz. Any other label is a part of the
// name.
var commonDomains = labelsOf(`
	com org net edu gov mil int info biz io co ai eu uk us ca au nz de at ch fr be nl lu it es pt pl cz
	sk hu ro bg gr se no dk fi ie ru ua tr il in cn jp kr tw hk sg br mx ar za example test`)

// beforeFile returns the end of the domain in s[i:end], which ends like the
// name of a file, or -1.
func beforeFile(s string, i, end int) int {
	for range 2 {
		dot := strings.LastIndexByte(s[i:end], '.')
		if dot < 0 {
			return -1
		}
		if !archived.has(s[i+dot+1 : end]) {
			break
		}
		end = i + dot
	}
	dot := strings.LastIndexByte(s[i:end], '.')
	if dot < 1 || !commonDomains.has(s[i+dot+1:end]) {
		return -1
	}
	return end
}

func isVersion(label string) bool {
	if label != "" && Lower(label[0]) == 'v' {
		label = label[1:]
	}
	for i := range len(label) {
		if !IsDigit(label[i]) {
			return false
		}
	}
	return label != ""
}

// accountSchemes are those whose users are addresses. Those of the web are so
// where they look like one.
var (
	accountSchemes = labelsOf("imap imaps smtp smtps pop xmpp sip sips mailto ldap caldav carddav")
	webSchemes     = labelsOf("http https")
)

// accountURL reports whether the user of the URL whose user information is
// s[start:at] is an address: https://jane.roe@example.com/inbox. The login of a
// database, of a remote of git and of a host is none.
func accountURL(s string, start, at, end int) bool {
	local, slashes := s[start:at], start-3
	if slashes < 1 || s[slashes:start] != "://" || At(s, end) == ':' && !IsDigit(At(s, end+1)) {
		return false
	}
	switch scheme := s[RunStart(s, slashes, 8, IsLetter):slashes]; {
	case accountSchemes.has(scheme):
		return true
	case !webSchemes.has(scheme):
		return false
	}
	if len(local) >= 20 && bareToken(local) {
		return false
	}
	named := anyOf(local, func(c byte) bool { return c == '.' || c == '+' || c == '_' || IsDigit(c) })
	return local != "git" && local != "oauth2" && (named || strings.Count(s[at:end], ".") == 1 && !strings.Contains(local, "-"))
}

// inAuthority reports whether the local part at start is the user information
// of a URL, which url_userinfo judges, and how many bytes it has read for that.
func inAuthority(s string, start int) (inside bool, read int) {
	for i, stop := start-1, max(0, start-128); i > stop; i-- {
		switch c := s[i]; {
		case c == '/':
			return s[i-1] == '/' && At(s, i-2) == ':', start - i
		case c <= ' ' || c == '"' || c == ',' || c == '?' || c == '&' || c == '=' || c == '<' || c == '>':
			return false, start - i
		}
	}
	return false, min(start, 128)
}
