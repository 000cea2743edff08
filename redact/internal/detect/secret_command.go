package detect

import "strings"

// command is a program that takes a password in its options.
type command struct {
	// name is how its word begins, in lower case.
	name string
	// word are the short options whose next word is a password, joined those that
	// it follows at once, and pair those whose next word is user and password,
	// with the byte between them.
	word, joined, pair string
	between            byte
	// logon tells that the first word is user/password@database.
	logon bool
	// login tells that they mean it behind the word "login" only: elsewhere -p is
	// a port, a platform or a profile.
	login bool
}

// commands are the programs, from their manuals. Options of several letters and
// --password are told by their own names.
var commands = [...]command{
	{name: "az", word: "p", login: true},
	{name: "bcp", word: "P", joined: "P"},
	{name: "cqlsh", word: "p"},
	{name: "curl", pair: "uU", between: ':'},
	{name: "docker", word: "p", login: true},
	{name: "etcdctl", pair: "u", between: ':'},
	{name: "expdp", logon: true},
	{name: "helm", word: "p", login: true},
	{name: "impdp", logon: true},
	{name: "ldapadd", word: "w"},
	{name: "ldapmodify", word: "w"},
	{name: "ldapsearch", word: "w"},
	{name: "lftp", pair: "u", between: ','},
	{name: "mariadb", joined: "p"},
	{name: "mongo", word: "p"},
	{name: "mysql", joined: "p"},
	{name: "podman", word: "p", login: true},
	{name: "psexec", word: "p"},
	{name: "redis-cli", word: "a"},
	{name: "smbclient", pair: "U", between: '%'},
	{name: "sqlcmd", word: "P", joined: "P"},
	{name: "sqlplus", logon: true},
	{name: "sshpass", word: "p", joined: "p"},
	{name: "twine", word: "p"},
	{name: "unzip", word: "P"},
	{name: "wget", pair: "uU", between: ':'},
	{name: "zip", word: "P"},
}

// commandAt returns the program whose name begins at s[at:end], or nil.
func commandAt(s string, at, end int) *command {
	if At(s, end) != ' ' {
		return nil // mysql-mysql-mysql: one word, which each of its parts would read again
	}
	first := Lower(s[at])
	for i := range commands {
		if c := &commands[i]; c.name[0] == first && HasFold(s[at:end], c.name) {
			return c
		}
	}
	return nil
}

// findOption reports the password in the short options of a command: curl -u
// user:password, mysql -ppassword, sshpass -p password.
func findOption(h *Hits, s string, at, end int, c *command) {
	login := !c.login
	i := end
	for range 10 {
		for At(s, i) == ' ' && i-at < maxPhrase {
			i++
		}
		stop := RunEnd(s, i, maxPhrase, func(c byte) bool { return c > ' ' && c != '|' && c != ';' && c != '"' })
		word := s[i:stop]
		if word == "" || word == s[at:end] || i-at >= maxPhrase {
			return
		}
		login = login || word == "login"
		if c.logon && word[0] != '-' {
			h.addLogon(s, i, stop)
			return
		}
		if from, pair := c.option(word, login); from > 0 {
			h.addOption(s, stop, i+from, pair)
			return
		}
		i = stop
	}
}

// addLogon reports the password in s[i:end] as user/password@database.
func (h *Hits) addLogon(s string, i, end int) {
	slash := RunEnd(s, i, 64, paramByte)
	if At(s, slash) != '/' {
		return
	}
	// Only in quotes may the password have an at sign.
	start, stop, quote := paramValue(s, slash+1)
	h.spend((stop - start) / 16)
	if quote != 0 && At(s, stop) == quote {
		h.addSecret(s, start, stop, sureSecret, '=', false)
		return
	}
	if at := strings.LastIndexByte(s[slash:end], '@'); at > 0 {
		h.addSecret(s, slash+1, slash+at, sureSecret, '=', false)
	}
}

// option returns where in a word of a command line a password begins, the word's
// length for the next word, and the byte that a user's name before it ends with;
// 0 for a word that announces none.
func (c *command) option(word string, login bool) (from int, pair byte) {
	if word == "--user" || word == "--proxy-user" {
		return len(word) * min(1, len(c.pair)), c.between
	}
	if len(word) < 2 || word[0] != '-' || word[1] == '-' || !login {
		return 0, 0
	}
	flag := word[1]
	switch joined := len(word) > 2; {
	case joined && strings.IndexByte(c.joined, flag) >= 0, !joined && strings.IndexByte(c.word, flag) >= 0:
		return 2, 0
	case !joined && strings.IndexByte(c.pair, flag) >= 0:
		return 2, c.between
	}
	return 0, 0
}

// addOption reports the password at from, or in the next word if the option ends
// there, at stop.
func (h *Hits) addOption(s string, stop, from int, pair byte) {
	if from == stop {
		from++
		for At(s, from) == ' ' && from < stop+3 {
			from++
		}
	}
	if from >= len(s) || s[from] == '-' {
		return // the option ends the text, or another one follows
	}
	start, end, _ := paramValue(s, from)
	if pair != 0 {
		user := strings.IndexByte(s[start:end], pair)
		if user < 0 || strings.HasPrefix(s[start+user:end], "://") {
			return
		}
		start += user + 1
	}
	h.addSecret(s, start, end, sureSecret, '=', false)
}

// findArgument reports the word after an option of keytool.
func findArgument(h *Hits, s string, at, end int) {
	if At(s, at-1) != '-' || At(s, end) != ' ' || At(s, end+1) == '-' {
		return
	}
	start, stop, _ := paramValue(s, end+1)
	h.addSecret(s, start, stop, sureSecret, '=', false)
}
