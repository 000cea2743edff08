package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestMaskedStatementIsStable redacts statements twice, as an agent and a gateway do:
// a mask is a value of the statement still, and masks side by side are one.
func TestMaskedStatementIsStable(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for _, s := range []string{
		`sql: SELECT a FROM t WHERE b = 5","rows":"x y"`,
		`SELECT a FROM t WHERE b = 5 "alias of b"`,
		`SELECT a FROM t WHERE b = 4711` + "\n" + `"next line" took 12 ms`,
		`SELECT a FROM t WHERE b = "x" AND c = 5 "z"`,
		`SELECT a FROM t WHERE b = 'x'; note 5"z"`,
		`SELECT a FROM t WHERE b = \"` + "\n" + `" AND c='\";`,
		`INSERT INTO t (a) VALUES (5, "x", 'y', -7) "as" z`,
	} {
		once, _ := rewriteText(e, "db.query.text", s)
		assert.NotEqual(t, s, once)
		twice, _ := rewriteText(e, "db.query.text", once)
		assert.Equal(t, once, twice, s)
	}
}
