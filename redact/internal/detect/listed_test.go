package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNamedBesideNumbers has other numbers beside a value, which only its name tells
// from a date, a fraction, a path or an amount.
func TestNamedBesideNumbers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		detector, key, value string
		want                 []string
	}{
		{"us_ssn", "", "SSN: 674882566/700630133", []string{"674882566", "700630133"}},
		{"us_ssn", "ssn", "674882566/700630133", []string{"674882566", "700630133"}},
		{"us_ssn", "", "SSN: 12/536904399", []string{"536904399"}},
		{"us_ssn", "", "SSN/DOB: 536904399/01/02/1990", []string{"536904399"}},
		{"us_ssn", "", "SSN: 536904399,42", []string{"536904399"}},
		{"us_ssn", "", "SSN: 536904399.4", []string{"536904399"}},
		{"us_ssn", "", "SSN: 536904399:12 SSN: 536904399-1", []string{"536904399", "536904399"}},
		{"us_ssn", "", "/orders/674882566/items 674882566/700630133 01/02/1990 536904399:12 536904399.42", nil},
		{"us_ssn", "", "SSN total 536904399,42", nil},
		{"us_ssn", "", "ssn 0.536904399 1/536904399.5e3", nil},
		{"pl_pesel", "", "PESEL: 84072507083/84080106629", []string{"84072507083", "84080106629"}},
		{"pl_pesel", "", "pesel,age\n44051401359,42", []string{"44051401359"}},
		{"nl_bsn", "", "BSN: 919309215/1", []string{"919309215"}},
		{"br_cpf", "", "CPF: 506.013.719-84/2", []string{"506.013.719-84"}},
		{"br_cpf", "", "506.013.719-84/2", nil},
		{"br_cnpj", "", "cnpj: 11222333000181,10", []string{"11222333000181"}},
		{"br_cnpj", "", "11222333000181,10", nil},
		{"uk_nhs", "", "NHS: 9434765919,33", []string{"9434765919"}},
		{"imei", "", "imei=490154203237518,01 490154203237518,01", []string{"490154203237518"}},
		{"se_personnummer", "", "personnummer: 811228-9874/2", []string{"811228-9874"}},
		{"au_medicare", "", "medicare 2123456701/1", []string{"2123456701/1"}},
	} {
		assert.Equal(t, tc.want, findKeyed(t, tc.detector, tc.key, tc.value), "%s in %q", tc.detector, tc.value)
	}
}

// TestListBehindOneWord has values that a list joins to one that a word told: in
// groups of their own, and further from the word than it reaches.
func TestListBehindOneWord(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		detector, value string
		want            []string
	}{
		{"uk_nhs", "NHS: 989 856 3265 928 156 2375", []string{"989 856 3265", "928 156 2375"}},
		{"uk_nhs", "NHS No: 6620437044 755 626 3789", []string{"6620437044", "755 626 3789"}},
		{"in_aadhaar", "aadhaars: 7041 8009 0301 7353 2024 8671 2341 2341 2346", []string{"7041 8009 0301", "7353 2024 8671", "2341 2341 2346"}},
		{"fr_nir", "secu: 286069307560024 1 96 03 47 598 543 83", []string{"286069307560024", "1 96 03 47 598 543 83"}},
		{
			"imei", "imeis: 490154203237518, 490154203237518 and 490154203237518\r\n490154203237518 | 490154203237518, count 490154203237518",
			[]string{"490154203237518", "490154203237518", "490154203237518", "490154203237518", "490154203237518"},
		},
		{"imei", "imeis: 49-015420-323751-8; 49-015420-323751-8; 49-015420-323751-8; 490154203237518", []string{"49-015420-323751-8", "49-015420-323751-8", "49-015420-323751-8", "490154203237518"}},
		{"vin", "vehicle identification number: 1M8GDM9AXKP042788 and 1M8GDM9AXKP042788 and wvwzzz1jz3w386752", []string{"1M8GDM9AXKP042788", "1M8GDM9AXKP042788", "wvwzzz1jz3w386752"}},
		{"za_id", "za_ids: 800101 5009 08 7,8001015009087,800101 5009 08 7", []string{"800101 5009 08 7", "8001015009087", "800101 5009 08 7"}},
		{"cn_resident_id", "公民身份号码：11010519491231002X/11010519491231002X", []string{"11010519491231002X", "11010519491231002X"}},
		{"uk_nhs", "NHS 0,9434765919 1,234,943", nil},
		{"uk_nhs", "9434765919 943 476 5919", nil},
	} {
		assert.Equal(t, tc.want, findKeyed(t, tc.detector, "", tc.value), "%s in %q", tc.detector, tc.value)
	}
}
