// Package detecttest holds inputs that the tests of detectors and of the engine
// share.
package detecttest

import "strings"

// HostilePieces are what an attacker repeats to make a scanner slow: anchors
// of every kind, openings without an end, and runs that are read ahead.
var HostilePieces = []string{
	"iban ", "iban DE ", "iban DE 8", "cnpj ", "cnpj a.", "pan ", "pan 1234 ", "nhs 9434765919 ", "nhs 943 476 5919 ", "9434765919/", "1/2/", "415-555-2671/", "+49 221 ", "call 4155552671/", "1:a:2:", "a.b.", "face.", "1.1.1.1.1 > ", `\xe2\x80`, `\xf0`,
	"1", "12", "1 ", "12 ", "123 ", "123-", "1234 ", "12.", "1.1.1.", "1-2-", "123456789 ", "4111 1111 ", "00", "01 ",
	"@", "a@", "@a.", "eyJ", "eyJ.", "eyJrIjoi", " ", "\t", "\n", "'", `"`, `\"`, "`", "=", ":", "::", "a:", "1:", "a1:", "ab:", "--", "-", ".", "/", "+", "+1", "+1 ", "(", "(1", "(123)", "%20", "%",
	"a", "A", "a1", "1a", "ab12 ", "AB12 ", "DE89", "DE89 ", "FR14 2004 ", "0x", "0xaa", "bc1q", "1A", "bc1 ",
	"select ", "select from ", "SELECT ", "SELECT '", "SELECT 'a' FROM ", "select * from t where a='", "update a ", "update a set ", "insert into ", "with a as ", "call a(", "exec ", "$$", "$a$", "/*", "-- ", "values (", "delete from a ",
	"aws ", "aws/", "secret ", "secret=", "AKIA", "accountkey", "accountkey=", "+ASt", "sig=", "sig=a", "~", "1Q~", "hooks.slack.com/", "hooks.slack.com/services/1", "ghp_", "sk-", "sk-a", "SG.", "SG.aaaaaaaaaaaaaaaaaaaa.", "hvs.", "s.", "AC", "ya29.", "glpat-", "xoxb-1",
	"phone ", "phone:", "tel:1", "phone number is ", "fax(", "mobile 0", "private_key_id ", "twilio ", "github token ", "new relic ",
	"password=[", "password=[\"", "authorization:[", "password=abcd(", "pwd=/", "curl -u", "curl -u ", "mysql a ", "mysql -p", "docker login ", "password for ", "password is ", "token ", "api key ", "oracle:thin:", "oracle:thin:a/", "value=", "name=\"", "a\">", "->", "ñ=",
	"password=", "password:", "basic ", "bearer ", "cookie:", "cookie: a=b;", "://", "://a:", "://a:b@", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "https://",
	"-----begin private key-----a ", "-----BEGIN PRIVATE KEY-----{\"kty\":", "\"kty\":\"d\":\"", "{\"kty\"", "age-secret-key-1", "age-secret-key-1q", "PuTTY-User-Key-File-3", "PuTTY-User-Key-File-", ":a@", "u:p@", "redis://u:%@h ", "modulus>", "modulus><D>", "----",
	"cookie ", "cookie was ", "cookie\",\"value\":", "cookie=a=b ", "cookie: a=b ", "cookie:[", "cookie:[\"a=b\",", "setcookie=", "curl -b ", "curl -b a=", "--cookie a=b ", "cookie=a=b a a a a ",
	"grant ", "grant identified ", "set @a=", "declare @a b", "create user a ", "create user 'a", "alter table a add ", "create table a (", "identified by ", "SELECT a(", "12345678-1234-",
	"://a:b'", "://a:b'c", "://a:b\\", "://a:'@", "://a\\b", "hawk ", "hawk mac=", "hawk mac=\"", "token token=", "token token=\"a", "digest a=", "digest response=", "authorization ", "authorization, ", "authorization:[\"", "authorization bearer ", "authorization: token a=", "bearer a1",
	"\\n", "\\", "\x00", "\xff", "é", "{", "}", "[", "]", "<", ">", "<password>",
	"<password><![CDATA[", "<password><![CDATA[a", "é 0612345678 ", "тел 0612345678 ", "тел",
	"手机 13823921348 ", "手 943 476 5919 ", "é943 476 5919 ", "s:8:\"password\";s:1:\"", "name=\"password\"\n\n", "name=\"password\"\r\n\r\na", "[\"--password\",\"", "('password', '", "password: |\n  ", "  password: |\n", "password:\n  a",
	"\x1b[3", "x\x1b[31m", "\x1b[31m", "%22+", "+%22", "password                 =", "password=[a ", "password=[\"a\",", "password=[\"a\",\"b\",", "password= a=", "secret='a''", "secret=\"\"a",
	"pwd={a", "<key>password</key><string>", "string = \"", "password string = \"", "a@b.co.tar.gz ", "\"a b\"@", "\\na1", "passwords: [\"a\", ", "password=<a", "password='\\''", "{\"a\":1234567890123456 ", "ñ@ñ.ñ ",
	"zip ", "zip a ", "zip -P ", "az login ", "podman login -p ", "smbclient -U ", "sqlcmd -P1", "etcdctl --user a", "{\"a\":[1,4111111111111111,4111111111111111", "{\"a\":[4111111111111111,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,",
	"'SELECT '", "'SELECT a FROM t WHERE b='c", "access key ", "storage account key a", "/token: a", "mem_bytes=72311503679 ", "5129-6762-5351-5933 ", "0062-2666-9165 ",
	"４", "\u200b", "\u00a0", "&#64;", "&#4;", "&nbsp;", "/aGVsbG8gd29ybGQgYW5k", "{    ", "{\"a\":\"\\\\\",",
	"aGVsbG8gd29ybGQgYW5kaGVsbG8gd29ybGQgYW5kaGVsbG8gd29ybGQgYW5kaGVsbG8gd29ybGQgYW5k\n", "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\\n", "SELECT a FROM t WHERE b='c\\' and ", "SELECT a FROM t WHERE b='\\',", "SELECT a FROM t WHERE b='\\';", "'c\\',", "aGVsbG8gd29ybGQgYW5kaGVs\n" + strings.Repeat("A", 250) + ".\n", "aGVsbG8gd29ybGQgYW5kaGVs\\\\n>  ", "\"SELECT a FROM t WHERE b='\\\\' and 'c\\' or ;", "SELECT a FROM t WHERE b='\\' and 'x';",
	"a@" + strings.Repeat("é", 126), "{\"value\":\"a\",\"name\":\"b\"},", "\"value\":\"" + strings.Repeat("a", 250) + "\",", "parameters: $1 = '", "parameters: $1 = 'a', $2 = ", "pwd={a}}", ";pwd={", "password: |\\n  ", "password: |\\n  a\\n ", "\\ntoken=", "api key: ", "session id: a ", "4222 222 222 222 ", "call #415-929-0620 ",
	"sqlplus a/", "sqlplus a/b@", "private key a ", "token [a", "token (abcdefghij1234567890klm) ", "a@a_", "a@a_b.", "exec a @b ", "exec a @b=", "SELECT $a ", "SELECT $a$", "secret_id=a1",
	"password=((", "password=ENC[", "password=vault:", "password=@a.txt", "sqlplus a/\"",
}
