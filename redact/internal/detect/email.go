package detect

const (
	maxLocal  = 64  // RFC 5321 section 4.5.3.1.1, octets
	maxDomain = 253 // RFC 1035 section 2.3.4 without the root dot, octets
)

// fileSuffixes are last labels that name files and units, never a top-level
// domain. Suffixes that are country domains too (py, rs, sh, pl) are not here.
var fileSuffixes = map[string]struct{}{
	"png": {}, "jpg": {}, "jpeg": {}, "gif": {}, "svg": {}, "webp": {}, "ico": {}, "bmp": {}, "avif": {},
	"js": {}, "jsx": {}, "ts": {}, "tsx": {}, "mjs": {}, "cjs": {}, "css": {}, "scss": {}, "less": {}, "vue": {},
	"json": {}, "yaml": {}, "yml": {}, "xml": {}, "html": {}, "htm": {}, "txt": {}, "log": {}, "csv": {}, "pdf": {},
	"go": {}, "rb": {}, "java": {}, "class": {}, "jar": {}, "war": {}, "cpp": {}, "hpp": {}, "kt": {}, "swift": {},
	"dll": {}, "exe": {}, "lock": {}, "toml": {}, "ini": {}, "cfg": {}, "conf": {}, "tmp": {}, "bak": {}, "php": {},
	"gz": {}, "tgz": {}, "tar": {}, "xz": {}, "rar": {}, "deb": {}, "rpm": {}, "whl": {}, "iso": {},
	"proto": {}, "service": {}, "socket": {}, "timer": {}, "mount": {}, "target": {}, "slice": {}, "scope": {}, "path": {},
	"woff": {}, "ttf": {}, "eot": {}, "mp3": {}, "wav": {}, "sql": {}, "db": {}, "pem": {}, "crt": {}, "key": {}, "tpl": {},
}

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

func domainByte(c byte) bool { return IsAlnum(c) || c == '.' || c == '-' || c >= 0x80 }

func findEmail(h *Hits, s string, at int) {
	if at == 0 || at+1 >= len(s) || !localByte(s[at-1]) {
		return
	}
	start := RunStart(s, at, maxLocal+1, localByte)
	if at-start > maxLocal {
		return
	}
	for start < at && (s[start] == '.' || s[start] == '\'' || s[start] == '-') {
		start++
	}
	// The letter of \n is not part of the address after it.
	if start > 0 && s[start-1] == '\\' && at-start > 1 && (s[start] == 'n' || s[start] == 't' || s[start] == 'r') {
		start++
	}
	if start == at || s[at-1] == '.' {
		return
	}
	end := emailDomain(s, at+1)
	if end < 0 {
		return
	}
	// git@host:org/repo is a remote, not a person.
	if At(s, end) == ':' && s[start:at] == "git" {
		return
	}
	if inAuthority(s, start) {
		return
	}
	h.Add(start, end)
}

// emailDomain returns the end of a mail domain at i, or -1.
func emailDomain(s string, i int) int {
	if s[i] == '[' { // an address literal, RFC 5321 section 4.1.3
		end := RunEnd(s, i+1, 46, func(c byte) bool { return IsHex(c) || c == '.' || c == ':' })
		if end-i < 8 || At(s, end) != ']' {
			return -1
		}
		return end + 1
	}
	end := RunEnd(s, i, maxDomain+1, domainByte)
	if end-i > maxDomain {
		return -1
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
	if len(tld) <= 7 {
		var lower [7]byte
		for k := range len(tld) {
			lower[k] = Lower(tld[k])
		}
		if _, file := fileSuffixes[string(lower[:len(tld)])]; file {
			return -1
		}
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

// inAuthority reports whether the local part at start is the user information
// of a URL, which url_userinfo judges.
func inAuthority(s string, start int) bool {
	for i, stop := start-1, max(0, start-128); i > stop; i-- {
		switch c := s[i]; {
		case c == '/':
			return s[i-1] == '/' && At(s, i-2) == ':'
		case c <= ' ' || c == '"' || c == ',' || c == '?' || c == '&' || c == '=' || c == '<' || c == '>':
			return false
		}
	}
	return false
}
