package detect

import "strings"

// findOption reports the password in the short options of a command: curl -u
// user:password, mysql -ppassword, sshpass -p password.
func findOption(h *Hits, s string, at, end int) {
	if At(s, end) != ' ' {
		return // mysql-mysql-mysql: one word, which each of its parts would read again
	}
	command := s[at:end]
	login := false
	i := end
	for range 10 {
		for At(s, i) == ' ' && i-at < maxPhrase {
			i++
		}
		stop := RunEnd(s, i, maxPhrase, func(c byte) bool { return c > ' ' && c != '|' && c != ';' && c != '"' })
		word := s[i:stop]
		if word == "" || word == command || i-at >= maxPhrase {
			return
		}
		login = login || word == "login"
		long := word == "--user" || word == "--proxy-user"
		if long {
			word = "-u"
		}
		if len(word) >= 2 && word[0] == '-' && word[1] != '-' {
			from := optionValue(command, word, login)
			if from > 0 {
				if long {
					from = stop - i
				}
				from += i
				if from == stop {
					from++
					for At(s, from) == ' ' && from < stop+3 {
						from++
					}
				}
				if from >= len(s) || s[from] == '-' {
					return // the option ends the text, or another one follows
				}
				start, last, _ := paramValue(s, from)
				if word[1] == 'u' {
					colon := strings.IndexByte(s[start:last], ':')
					if colon < 0 || strings.HasPrefix(s[start+colon:last], "://") {
						return
					}
					start += colon + 1
				}
				h.addSecret(s, start, last, sureSecret, '=', false)
				return
			}
		}
		i = stop
	}
}

// optionValue returns where in an option of a command a password begins; the
// option's length stands for the next word, 0 for none.
func optionValue(command, word string, login bool) int {
	flag, joined := word[1], len(word) > 2
	switch Lower(command[0]) {
	case 'c', 'w': // curl, wget
		if flag == 'u' && !joined {
			return 2
		}
	case 'm':
		mongo := HasFold(command, "mongo")
		if flag == 'p' && joined != mongo {
			return 2
		}
	case 's': // sshpass
		if flag == 'p' {
			return 2
		}
	case 'r': // redis-cli
		if flag == 'a' && !joined {
			return 2
		}
	case 'd', 'p', 'h': // docker, podman, helm
		if flag == 'p' && login {
			return 2
		}
	case 'l': // ldapsearch
		if flag == 'w' && !joined {
			return 2
		}
	}
	return 0
}

// findArgument reports the word after an option of keytool.
func findArgument(h *Hits, s string, at, end int) {
	if At(s, at-1) != '-' || At(s, end) != ' ' || At(s, end+1) == '-' {
		return
	}
	start, stop, _ := paramValue(s, end+1)
	h.addSecret(s, start, stop, sureSecret, '=', false)
}
