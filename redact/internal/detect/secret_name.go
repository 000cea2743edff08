package detect

import (
	"slices"
	"strings"
)

// secretKind is how sure a name makes of its value.
type secretKind uint8

const (
	notSecret    secretKind = iota
	sureSecret              // password, client_secret
	tokenSecret             // token, auth: also counters and words of prose
	passSecret              // pass: as a token, but six digits are one
	randomSecret            // session, sig, code: only a random value is one
	mintedSecret            // secret_id: the name of a secret, or what no person made up
	pinSecret               // pin, otp, cvv: a few digits
	schemeSecret            // authorization
	codeSecret              // verification_code: a few digits, or random
)

// sureParts make a name secret wherever they stand in it.
var sureParts = [...]string{
	"password", "passwd", "passphrase", "passcode", "passwort", "contrasena", "motdepasse", "pwd", "secret", "credential", "apikey", "api_key", "api-key", "api.key",
	"accesskey", "access_key", "access-key", "privatekey", "private_key", "private-key", "authkey", "auth_key", "auth-key",
	"encryptionkey", "encryption_key", "signingkey", "signing_key", "accountkey", "account_key", "sharedkey", "shared_key", "masterkey", "master_key",
	"subscription-key", "subscription_key", "subscriptionkey", "connectionstring", "connection_string",
	"pass_code", "pass-code", "hmackey", "hmac_key", "licensekey", "license_key", "sshkey", "ssh_key", "psk",
	// The word for password in other languages.
	"contrasenia", "mot_de_passe", "motdepasse", "mot-de-passe", "kennwort", "senha", "wachtwoord", "lösenord", "losenord", "adgangskode", "passord", "salasana", "hasło", "haslo", "heslo", "jelszó", "jelszo", "parolă", "parolachiave", "palavra-passe", "palavrapasse", "palavra_passe", "segredo", "geheimnis",
	"zugangscode", "zugriffstoken", "chiave_segreta", "chiavesegreta", "clave_api", "clave_secreta", "token_acceso", "tokendeacesso", "token_de_acesso",
	"jeton_acces", "sifre", "contraseña",
}

// foreignParts are words for password in scripts without capitals or in which
// the first letter is beyond ASCII.
var foreignParts = [...]string{"пароль", "密码", "密碼", "口令", "パスワード", "비밀번호", "암호", "şifre", "κωδικός", "Пароль", "ПАРОЛЬ", "CONTRASEÑA", "HASŁO", "LÖSENORD", "Şifre", "Κωδικός", "schlüsselwort", "Schlüsselwort", "रहस्य", "รหัสผ่าน", "كلمة_المرور", "סיסמה"}

// sureFirst holds sureParts by their first letter.
var sureFirst = func() (t [26][]string) {
	for _, part := range sureParts {
		t[part[0]-'a'] = append(t[part[0]-'a'], part)
	}
	return t
}()

// harmlessWord reports the last word of a name that speaks about a secret:
// password_length.
func harmlessWord(word []byte) bool {
	switch string(word) {
	case "length", "len", "policy", "reset", "expired", "expiry", "expires", "expiration", "changed", "change", "field",
		"id", "name", "type", "count", "min", "max", "required", "attempts", "strength", "hint", "url", "uri",
		"path", "file", "enabled", "disabled", "age", "arn", "version", "ref", "namespace", "manager", "store", "provider",
		"used", "usage", "limit", "valid", "invalid", "status", "error", "failed", "ok", "at", "date", "time", "ttl",
		"method", "algorithm", "alg", "format", "rotation", "exists", "present", "set", "input", "label", "prompt",
		"issuer", "result", "results", "seconds", "ms", "minutes", "hours", "days", "lifetime", "duration", "score", "level", "supported", "updated", "created",
		"source", "scope", "validator", "service", "class", "handler", "filter", "page", "form", "rules", "state", "index", "size", "consent", "needed", "kind",
		"java", "py", "js", "ts", "tsx", "jsx", "go", "rb", "php", "cs", "kt", "rs", "cpp", "scala", "swift", "vue", "html", "yml", "yaml", "json", "xml", "md", "log", // of a file
		"bucket", "sent", "rate", "in", "by", "to", "mode", "uid", "exception", "timeout", "history", "hashers", "validators", "secure", "refreshed", "flow",
		"hashed", "matches", "verified", "checker", "encoder", "placeholder", "message", "errors", "failures", "location", "engine", "owner":
		return true
	}
	return false
}

// lastWords judge a name by its last word.
var lastWords = func() map[string]secretKind {
	t := map[string]secretKind{"authorization": schemeSecret}
	for kind, words := range map[secretKind][]string{
		passSecret:  {"pass", "mdp", "passe", "dbpass", "userpass", "storepass", "keypass", "rootpass", "adminpass", "bindpass", "smtppass", "mypass", "psw", "pw", "parola", "clave"},
		tokenSecret: {"token", "jwt", "bearer", "jeton", "verifier", "tokenvalue", "mytoken", "apitoken", "resettoken", "bottoken", "dek", "accesstoken", "refreshtoken", "idtoken", "authtoken", "securitytoken", "sastoken"},
		randomSecret: {
			"auth", "session", "sessionid", "sid", "jsessionid", "phpsessid", "sessid", "sig", "signature", "csrf", "xsrf", "csrftoken",
			"assertion", "tokens", "samlresponse", "samlrequest", "ticket", "hmac",
		},
		pinSecret: {"pin", "otp", "totp", "cvv", "cvc", "cvv2", "cvc2"},
	} {
		for _, w := range words {
			t[w] = kind
		}
	}
	return t
}()

// secretName judges a name.
func secretName(name string) secretKind {
	if !names.mayBeSecret(name) {
		return notSecret
	}
	return judgeName(name)
}

// judgeName takes a name apart that the gate let pass. Its last word is what
// follows the last separator or change of case.
func judgeName(name string) secretKind {
	var b [maxParamName]byte
	n := min(len(name), maxParamName)
	word := 0
	for i := range n {
		c := name[i]
		if i > 0 && IsUpper(c) && !IsUpper(name[i-1]) || i > 0 && !IsAlnum(name[i-1]) && name[i-1] < 0x80 {
			word = i
		}
		b[i] = Lower(c)
	}
	lower := b[:n]
	last := lower[word:]
	for i, c := range lower {
		if c -= 'a'; c >= 26 {
			continue
		}
		for _, part := range sureFirst[c] {
			if len(lower)-i < len(part) || string(lower[i:i+len(part)]) != part {
				continue
			}
			switch {
			case part == "secret" && string(last) == "id" && hasWord(trimSeparator(lower[:word]), part):
				return mintedSecret // of Vault's AppRole
			case harmlessWord(last), hasWord(lower[i:min(len(lower), i+len(part)+4)], "less"), HasFold(name, "has_"), HasFold(name, "is_"), HasFold(name, "use_"):
				return notSecret // passwordless
			case part == "secret" && i+7 < len(lower) && lower[i+6] == 'a' && lower[i+7] == 'r':
				continue // secretary, secretariat
			case part == "secret" && (HasFold(name[i:], "secretsmanager") || HasFold(name[i:], "secretmanager") || HasFold(name[i:], "secretstore")):
				continue
			case part == "secret" && string(last) == "secrets":
				return tokenSecret
			}
			return sureSecret
		}
	}
	if string(last) == "id" && hasWord(trimSeparator(lower[:word]), "session") {
		return randomSecret
	}
	for i := range lower {
		if lower[i] < 0x80 {
			continue
		}
		for _, part := range foreignParts {
			if strings.Contains(name, part) {
				return sureSecret
			}
		}
		break
	}
	if string(last) == "code" || string(last) == "codes" && word > 0 {
		switch before := trimSeparator(lower[:word]); {
		case oneTimeCode(before):
			return codeSecret
		case secretCode(before):
			return randomSecret
		}
		return notSecret
	}
	if string(last) == "key" {
		return secretKeyOf(trimSeparator(lower[:word]))
	}
	switch string(last) {
	case "verifier":
		if !hasWord(trimSeparator(lower[:word]), "code") {
			return lastWords[string(unnumbered(lower[:n], word))]
		}
	case "pw":
		if n >= 16 && IsAlnum(name[word-1]) && anyOf(name[:word], IsDigit) {
			return notSecret // the end of base64
		}
	}
	if kind := lastWords[string(last)]; kind != notSecret {
		return kind
	}
	return lastWords[string(unnumbered(lower[:n], word))]
}

// kindWords say which of several secrets one is, or in what form: SLACK_TOKEN_BOT,
// tokenValue.
var kindWords = [...]string{"new", "old", "prod", "dev", "test", "bot", "value", "raw", "str", "string", "plain", "env", "current", "key"}

// secretKeyOf judges a key by the word before: data_key, session.key.
func secretKeyOf(before []byte) secretKind {
	for _, w := range [...]string{"api", "encryption", "decryption", "signing", "hmac", "access", "private", "auth", "master", "account", "shared", "session", "app", "application", "cipher", "data", "plaintext", "secret", "crypt", "wrapping", "symmetric"} {
		if hasWord(before, w) {
			return tokenSecret
		}
	}
	return notSecret
}

// unnumbered returns the last word of a name without the number behind it, or
// the word before one that says which of several it is: token2, token_v2,
// SLACK_TOKEN_BOT.
func unnumbered(lower []byte, word int) []byte {
	last := lower[word:]
	end := len(last)
	for end > 0 && IsDigit(last[end-1]) {
		end--
	}
	if end < len(last) && end > 1 {
		return last[:end]
	}
	switch kind := string(last[:end]); {
	case kind == "", kind == "v", kind == "b":
	case !slices.Contains(kindWords[:], kind):
		return nil
	}
	before := trimSeparator(lower[:word])
	start := len(before)
	for start > 0 && IsAlnum(before[start-1]) {
		start--
	}
	return before[start:]
}

func trimSeparator(b []byte) []byte {
	for len(b) > 0 && !IsAlnum(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// secretCode reports a code that lets its bearer in, not one that says what
// happened: authorization_code, error_code.
func secretCode(before []byte) bool {
	if len(before) == 0 {
		return true
	}
	for _, w := range [...]string{"auth", "authorization", "oauth", "verification", "access", "backup", "recovery", "reset", "invite", "activation", "unlock", "security", "login", "device", "user", "mfa", "2fa"} {
		if hasWord(before, w) {
			return true
		}
	}
	return false
}

// oneTimeCode reports a code that is sent to a person, and short.
func oneTimeCode(before []byte) bool {
	for _, w := range [...]string{"verification", "otp", "totp", "mfa", "2fa", "security", "one_time", "onetime", "sms", "recovery", "activation"} {
		if hasWord(before, w) {
			return true
		}
	}
	return false
}

func isDigits(v string) bool { return RunEnd(v, 0, len(v), IsDigit) == len(v) }

// secretKey judges the key of an attribute. Its value has no context that would
// tell a session's credential from the name that traces give it.
func secretKey(key string) secretKind {
	if len(key) > maxParamName {
		key = key[len(key)-maxParamName:]
	}
	kind := secretName(key)
	if kind == mintedSecret || kind == randomSecret && (len(key) < 2 || HasFold(key[len(key)-2:], "id") || len(key) == 4) {
		return notSecret
	}
	return kind
}

func hasWord(b []byte, word string) bool {
	return len(b) >= len(word) && string(b[len(b)-len(word):]) == word
}

// statusWords follow a name in a sentence: "password: incorrect".
var statusWords = NewWords("incorrect", "invalid", "expired", "required", "missing", "must", "changed", "reset", "is", "not", "wrong", "failed",
	"ok", "valid", "found", "for", "was", "has", "cannot", "can", "should", "please", "expected", "unexpected", "error", "denied", "does", "mismatch",
	"field", "too", "enter", "authentication", "rejected", "accepted", "verified", "updated", "granted", "refreshed", "rotated", "the", "a", "an", "no", "user", "access", "unable", "could",
	"present", "bad", "unchanged", "disabled", "enabled", "successfully", "created", "creation", "creating", "refreshing", "still", "reading", "read", "modifying", "modifications", "destroying", "destruction", "importing",
	"secrets", "password", "passwords", "files", "unset", "via", "rbac",
	"unauthorized", "unauthorised", "malformed", "forbidden", "permission", "connection", "checksum", "refused", "revoked", "insufficient", "blank", "unsupported", "corrupted", "unreadable", "cannot", "couldn")

// codeWords are what source text has where a setting has its value.
var codeWords = map[string]struct{}{"str": {}, "string": {}, "bool": {}, "bytes": {}, "await": {}, "include": {}, "same-origin": {}, "omit": {}, "new": {}, "required": {}, "optional": {}}

func (k secretKind) accepts(v string, sep byte, prose bool) bool {
	number := isNumber(v)
	if _, ok := codeWords[strings.TrimRight(v, ";)")]; ok {
		return false
	}
	switch k {
	case sureSecret:
		return !(prose || sep == ':') || !statusWord(v)
	case schemeSecret:
		return !statusWord(v)
	case tokenSecret, passSecret:
		if number && (len(v) < 6 || len(v) < 8 && k == tokenSecret) || len(v) < 4 || isSymbol(v) {
			return false
		}
		if prose {
			return looksRandom(v) || len(v) >= 20 && !statusWord(v)
		}
		return !statusWord(v)
	case randomSecret:
		if len(v) < 12 || number && len(v) < 20 || len(v) < 40 && !hasDigit(v) && !isMixedCase(v) || isLabel(v) {
			return false // code = PermissionDenied
		}
		return looksRandom(v) && (len(v) >= 24 || !namesCipher(v))
	case mintedSecret:
		return minted(v)
	case codeSecret:
		return number && len(v) >= 4 && len(v) <= 10 && isDigits(v) || randomSecret.accepts(v, sep, prose)
	case pinSecret:
		return number && len(v) >= 3 && len(v) <= 10 && (sep != ':' || !prose || len(v) >= 4)
	}
	return false
}

// isMixedCase reports letters that change between capitals and small ones as no row of
// words in one does: every second one of random letters, every third one at most of ResourceNotFound.
func isMixedCase(v string) bool {
	changes := 0
	for i := range len(v) {
		if !IsLetter(v[i]) {
			return false
		}
		if i > 0 && IsUpper(v[i]) != IsUpper(v[i-1]) {
			changes++
		}
	}
	return len(v) >= 16 && 5*changes > 2*len(v)
}

// isLabel reports what names a thing that many have: ERR_HTTP2_STREAM_CANCEL,
// CVE-2024-1498, SQLSTATE[42P01].
func isLabel(v string) bool {
	word := RunEnd(v, 0, len(v), IsUpper)
	switch At(v, word) {
	case '[', '(':
		return word > 1
	case '-':
		return word > 1 && RunEnd(v, word, len(v), func(c byte) bool { return IsDigit(c) || c == '-' }) == len(v)
	case '_':
		return word > 1 && RunEnd(v, word, len(v), func(c byte) bool { return IsUpper(c) || IsDigit(c) || c == '_' }) == len(v)
	}
	return false
}

// isSymbol reports the name of a token in the grammar of a language: IDENT.
func isSymbol(v string) bool {
	return len(v) <= 12 && RunEnd(v, 0, len(v), func(c byte) bool { return IsUpper(c) || c == '_' }) == len(v)
}

func hasDigit(v string) bool {
	return RunEnd(v, 0, len(v), func(c byte) bool { return !IsDigit(c) }) < len(v)
}

func statusWord(v string) bool {
	word := v[:RunEnd(v, 0, 24, IsLetter)]
	return len(word) == len(strings.TrimRight(v, ".,;:!")) && statusWords.made(word)
}

func isNumber(v string) bool {
	for i := range len(v) {
		if !IsDigit(v[i]) && v[i] != '.' {
			return false
		}
	}
	return true
}
