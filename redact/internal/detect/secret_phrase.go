package detect

import "strings"

// phraseWords begin what is said of a secret without '=' or ':', and the
// commands whose short options hold one.
var phraseWords = [...]string{
	"password", "passwd", "passphrase", "passcode", "requirepass", "token", "api key", "access key", "private key ", "secret", "oracle:thin:",
	"az login ", "bcp ", "cqlsh ", "curl ", "docker ", "etcdctl ", "expdp ", "helm ", "impdp ", "ldapadd ", "ldapmodify ", "ldapsearch ", "lftp ", "mariadb", "mongo", "mysql",
	"podman ", "psexec", "redis-cli ", "smbclient ", "sqlcmd ", "sqlplus ", "sshpass ", "twine ", "unzip ", "wget ", "zip ",
	"apikey ", "geniekey ", "ssws ",
	// Names of headers and settings, in lists of pairs.
	"api_key", "api-key", "apikey", "access_key", "access-key", "accesstoken", "authtoken", "apitoken", "authorization", "clientsecret",
	"storepass ", "keypass ", "masterauth ",
}

// maxPhrase bounds the bytes that are read after the word that begins a phrase.
const maxPhrase = 192

// findPhrase reports a secret in a sentence or a command.
func findPhrase(h *Hits, s string, at int) {
	h.spend(6)
	end := RunEnd(s, at, 24, func(c byte) bool { return IsAlnum(c) || c == '-' || c == '_' })
	if c := At(s, end); c == '"' || c == '\'' {
		findPair(h, s, at, end)
		return
	}
	if c := commandAt(s, at, end); c != nil {
		findOption(h, s, at, end, c)
		return
	}
	switch Lower(s[at]) {
	case 'c': // clientsecret, in a pair only
	case 'm', 'r': // masterauth, requirepass
		if s[at:end] != "requirepass" && s[at:end] != "masterauth" {
			return
		}
		if at == 0 || s[at-1] == '\n' { // a line of a configuration
			start, stop, _ := paramValue(s, end)
			h.addSecret(s, start, stop, sureSecret, '=', false)
			return
		}
		addSpoken(h, s, end, 4)
	case 'g':
		findVendorScheme(h, s, end)
	case 'k':
		findArgument(h, s, at, end)
	case 's':
		switch {
		case HasFold(s[at:], "storepass "):
			findArgument(h, s, at, end)
			return
		case HasFold(s[at:], "ssws "):
			findVendorScheme(h, s, end)
			return
		}
		if strings.IndexByte(s[at:end], '_') > 0 {
			addSpoken(h, s, end, 12) // aws configure set aws_secret_access_key x
			return
		}
		findSentence(h, s, at, end, 20)
	case 'o':
		// jdbc:oracle:thin:user/password@host
		from := at + len("oracle:thin:")
		slash := RunEnd(s, from, 64, paramByte)
		stop := RunEnd(s, slash+1, 128, func(c byte) bool { return c > ' ' && c != '@' && c != '"' })
		if slash > from && At(s, slash) == '/' && At(s, stop) == '@' {
			h.addSecret(s, slash+1, stop, sureSecret, '=', false)
		}
	case 'a':
		if HasFold(s[at:], "apikey ") {
			findVendorScheme(h, s, end)
			return
		}
		if !HasFold(s[at:], "api key") && !HasFold(s[at:], "access key") {
			addSpoken(h, s, end, 12)
			return
		}
		if space := strings.IndexByte(s[at:min(len(s), at+maxPhrase)], ' '); space > 0 {
			findSentence(h, s, at, min(len(s), at+space+len(" key")), 20)
		}
	case 't':
		findSentence(h, s, at, end, 20)
	case 'p':
		if HasFold(s[at:], "private key ") {
			// Not the name of its host or file.
			findSentence(h, s, at, at+len("private key"), 40)
			return
		}
		findSentence(h, s, at, end, 8)
	default:
		findSentence(h, s, at, end, 8)
	}
}

// generated stands between the word and the password in what MySQL logs when it
// makes a data directory.
const generated = " is generated for root@localhost: "

// findSentence reports the word after "password", "password is" or "password
// for bob is", if it is none of a language: it has both letters and digits and
// the least length.
func findSentence(h *Hits, s string, at, end, least int) {
	if secretName(s[at:end]) == notSecret && least < 20 || !isBlank(At(s, end)) {
		return
	}
	if strings.HasPrefix(s[end:], generated) {
		start, stop, _ := paramValue(s, end+len(generated))
		h.addSecret(s, start, stop, sureSecret, '=', false)
		return
	}
	i := end + 1
	for range 4 {
		stop := RunEnd(s, i, maxPhrase, func(c byte) bool { return c > ' ' })
		word := s[i:stop]
		switch {
		case word == "is" || word == "was" || word == "=>" || word == "to":
			if !addSpoken(h, s, stop, min(least, 6)) {
				addSpokenNumber(h, s, stop+1)
			}
			return
		case i == end+1 && addSpoken(h, s, end, least):
			return
		case word == "" || At(s, stop) != ' ' || word[len(word)-1] == '.' || word[len(word)-1] == ',' || word[len(word)-1] == ':':
			return
		case i == end+1 && word != "for" && word != "of" && word != "set" && word != "changed":
			return
		}
		i = stop + 1
	}
}

// addSpoken reports the word after the space at i if it is random.
func addSpoken(h *Hits, s string, i, least int) bool {
	if !isBlank(At(s, i)) {
		return false
	}
	start := i + 1
	quote := At(s, start)
	quoted := quote == '\'' || quote == '"' || quote == '`'
	if quoted {
		start++
	} else if quote == '[' || quote == '(' || quote == '<' {
		// Most often a remark: password (min8chars).
		start++
		least = max(least, 16)
	}
	end := RunEnd(s, start, maxPhrase, func(c byte) bool {
		return c > ' ' && c != '"' && c != '\'' && c != '`' && c != '<' && (c != '>' || quote != '<')
	})
	for end > start && (s[end-1] == '.' || s[end-1] == ',' || s[end-1] == ';' || s[end-1] == ')' || s[end-1] == ']' || s[end-1] == '\\') {
		end--
	}
	if end-start < least || !spokenSecret(s[start:end]) {
		return false
	}
	h.addSecret(s, start, end, sureSecret, '=', false)
	return true
}

// addSpokenNumber reports six digits and more at i: the password is 482193.
func addSpokenNumber(h *Hits, s string, i int) {
	if c := At(s, i); c == '\'' || c == '"' {
		i++
	}
	end := RunEnd(s, i, 20, IsDigit)
	if end-i >= 6 && end-i < 20 && WordEnd(s, end) && (At(s, end) != '.' && At(s, end) != ',' || !IsDigit(At(s, end+1))) {
		h.addSecret(s, i, end, sureSecret, '=', false)
	}
}

// findVendorScheme reports the credentials after an HTTP authentication scheme
// that no registry knows: those of Elasticsearch, Opsgenie and Okta. The names
// are words of prose, too.
func findVendorScheme(h *Hits, s string, end int) {
	if At(s, end) != ' ' {
		return
	}
	from := end + 1
	stop := RunEnd(s, from, maxQuoted, token68)
	if !minted(s[from:stop]) {
		return
	}
	for n := 0; n < 2 && At(s, stop) == '='; n++ {
		stop++
	}
	h.Add(from, stop)
}

// minted reports a text that no person made up: a UUID, or sixteen letters and
// digits in a row, of both kinds.
func minted(text string) bool {
	if len(text) == uuidLength && isUUID(text) {
		return true
	}
	run, letters, digits := 0, false, false
	for i := range len(text) {
		if !IsAlnum(text[i]) {
			run, letters, digits = 0, false, false
			continue
		}
		run++
		letters, digits = letters || IsLetter(text[i]), digits || IsDigit(text[i])
		if run >= 16 && letters && digits {
			return true
		}
	}
	return false
}

// cipherWords look random and name an algorithm.
var cipherWords = [...]string{"sha", "md5", "pbkdf", "argon", "bcrypt", "scram", "base64", "oauth", "aes", "hs256", "rs256", "utf", "http", "user", "ipv", "ecdsa", "ed25519", "rsa"}

// spokenSecret reports a word with letters and digits that names no file,
// setting, time, identifier or algorithm.
func spokenSecret(v string) bool {
	letters, digits := 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case IsDigit(c):
			digits++
		case IsLetter(c):
			letters++
		case c == '/' || c == '(' || c == '=' || c == ':' || c == '[' || c == '{' || c == '<':
			return false
		}
	}
	if letters < 2 || digits == 0 || len(v) == 36 && isUUID(v) || Placeholder(v) {
		return false
	}
	if len(v) > 10 && v[4] == '-' && v[7] == '-' && IsDigit(v[0]) {
		return false // a date
	}
	return !namesCipher(v)
}

// namesCipher reports the name of an algorithm.
func namesCipher(v string) bool {
	for _, w := range cipherWords {
		if HasFold(v, w) {
			return true
		}
	}
	return false
}
