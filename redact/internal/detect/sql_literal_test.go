package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSQLLiteral(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		value string
		want  []string
	}{
		{"SELECT * FROM users WHERE email = 'jane@example.org' AND id = 4711 LIMIT 10", []string{"jane@example.org", "4711"}},
		{"select name from users where name like '%o''brien%' and age>42", []string{"%o''brien%", "42"}},
		{`SELECT * FROM "Users" WHERE "Name"='Jane' AND u.id IN (1234, 5678)`, []string{"Jane", "1234", "5678"}},
		{"SELECT a FROM t WHERE x = \"Jane Doe\" AND `key` = 5", []string{"Jane Doe", "5"}},
		{"INSERT INTO t (a, b) VALUES ('x''y', 3.14, NULL, $1, ?, :name, @p1)", []string{"x''y", "3.14"}},
		{"UPDATE public.accounts SET balance = -250.75, note = E'it\\'s' WHERE id=99", []string{"250.75", "it\\'s", "99"}},
		{"DELETE FROM sessions WHERE token = 'abc123def'; SELECT 1", []string{"abc123def"}},
		{"insert into t1 values (0xDEADBEEF, 1e10, X'00ff', $$secret text$$)", []string{"0xDEADBEEF", "1e10", "00ff", "secret text"}},
		{`{"db.statement":"SELECT * FROM t WHERE a = 'b' AND c = 17","rows":5}`, []string{"b", "17"}},
		{`query="SELECT * FROM t WHERE a = \"b c\" AND d = 7" rows=12`, []string{"b c", "7"}},
		{"SELECT * FROM orders WHERE id = 42 took 12 rows=3", []string{"42"}},
		{"SELECT name FROM t ORDER BY 2 LIMIT 50 OFFSET 100", nil},
		{"WITH x AS (SELECT id FROM t WHERE k = 'v') SELECT * FROM x", []string{"v"}},
		{"EXEC sp_login 'jane', 'pw'", []string{"jane", "pw"}},
		{"CALL charge(4711, 'jane')", []string{"4711", "jane"}},
		{"ALTER USER jane IDENTIFIED BY 'hunter2'", []string{"hunter2"}},
		{`INSERT INTO "users" ("name","email") VALUES ('Jane',"x y") RETURNING "id"`, []string{"Jane", "x y"}},
		{`{"sql":"SELECT * FROM t WHERE name = 'O\\'Brien' AND id = 12345"}`, []string{`O\\'Brien`, "12345"}},
		{`{"sql":"INSERT INTO \"users\" (\"name\") VALUES ('Jane', 7)"}`, []string{"Jane", "7"}},
		{`SELECT concat("Jane ", "Doe") FROM "t" WHERE a IN ("b c", "d")`, []string{"Jane ", "Doe", "b c", "d"}},
		{"SELECT 'abcdef'", []string{"abcdef"}},
		{"SELECT t1.c2 FROM table3 t1 JOIN s4.t5 ON a6=b7", nil},
		{"SELECT * FROM t WHERE a = 'unterminated stri", []string{"unterminated stri"}},
		{"-- c\nselect * from t where id=5 -- trailing 77\n and b=6", []string{"5", "6"}},
		{`SELECT a FROM t WHERE path = 'C:\' AND name = 'Jane' AND id = 47`, []string{`C:\' AND name = `, " AND id = 47", `C:\`, "Jane", "47"}},
		{`SELECT a FROM t WHERE note = 'dogs\' tail' AND id = 47`, []string{`dogs\' tail`, "47"}},
		{"syntax error near 'USER jane IDENTIFIED BY 'hunter2' at line 1", []string{"hunter2"}},
		{"the pod identified by 'web-0'", nil},
		{"SELECT 1", nil},
		{"Please select 2 options from the list of 17", nil},
		{"update 12 packages, set aside 3", nil},
		{"delete from cart 3 items", nil},
		{"insert coin 5 into slot", nil},
		{"created with 12 replicas; call 5 later; values 1 2 3", nil},
		{"Update available: version 1.2.3 build 77", nil},
	} {
		assert.Equal(t, tc.want, findKeyed(t, "sql_literal", "", tc.value), "in %q", tc.value)
	}
	for _, value := range []string{
		// A statement that ends in one dialect goes on in the other.
		`SELECT a FROM t WHERE note = 'dogs\' or cats'; INSERT INTO u (n) VALUES ('Jane', 'x')`,
		`SELECT a FROM t WHERE path = 'C:\'; SELECT b FROM u WHERE name = 'Jane'`,
		`SELECT a FROM t WHERE path = 'C:\'::text AND name = 'Jane' AND b = 'x'`,
		`SELECT a FROM t WHERE path = 'C:\' <> b AND name = 'Jane' AND b = 'x'`,
		`SELECT a FROM t WHERE path LIKE 'C:\' COLLATE "C" AND name = 'Jane' AND b = 'x'`,
		`SELECT a FROM t WHERE path = 'x\''s' AND name = 'Jane' AND b = 'x'`,
		`UPDATE t SET a = 'C:\\' took 12 ms {"q":" b = 'x' INSERT INTO u (n) VALUES ('Jane')"}`,
		// In JSON each backslash is written twice.
		`{"query":"SELECT a FROM t WHERE note = 'dogs\\' tail' AND name = 'Jane'"}`,
		`{"query":"SELECT a FROM t WHERE note = 'dogs\\', tail' AND name = 'Jane'"}`,
		`{"query":"SELECT a FROM t WHERE path = 'C:\\' AND name = 'Jane'"}`,
	} {
		covered := false
		for _, text := range findKeyed(t, "sql_literal", "", value) {
			covered = covered || strings.Contains(text, "Jane")
		}
		assert.True(t, covered, "in %q", value)
	}
	assert.Equal(t, []string{`C:\\`, "Jane"}, findKeyed(t, "sql_literal", "", `SELECT a FROM t WHERE path = 'C:\\' AND name = 'Jane'`), "its escape is escaped")
	long := strings.Repeat("a, ", sqlTwice/3)
	assert.Contains(t, findKeyed(t, "sql_literal", "", `SELECT b FROM t WHERE path = 'C:\' AND name = 'Jane' AND `+long), `C:\' AND name = 'Jane' AND `+long)
}
