package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every number is the example of the agency's own documentation, or generated
// by the published rule.
func TestNationalIDs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		detector, key, value string
		want                 []string
	}{
		{"us_ssn", "", "ssn 078-05-1120 on file", []string{"078-05-1120"}},
		{"us_ssn", "", "user 219-09-9999, ok", []string{"219-09-9999"}},
		{"us_ssn", "user.ssn", "078051120", []string{"078051120"}},
		{"us_ssn", "", "ssn=078 05 1120", []string{"078 05 1120"}},
		{"us_ssn", "", "order 078051120", nil},
		{"us_ssn", "", "000-12-3456 666-12-3456 123-00-4567 123-45-0000", nil},
		{"us_ssn", "", `"GET / HTTP/1.1" 200 45 1234`, nil},
		{"us_ssn", "", "1078-05-1120 078-05-11201 078-05-1120-1", nil},
		{"us_itin", "", "itin 900-70-0000", []string{"900-70-0000"}},
		{"us_itin", "", "987-66-4320", nil},
		{"uk_nhs", "", "NHS number: 943 476 5919.", []string{"943 476 5919"}},
		{"uk_nhs", "patient.nhs_number", "9434765919", []string{"9434765919"}},
		{"uk_nhs", "", `{"nhsNumber":"943-476-5919"}`, []string{"943-476-5919"}},
		{"uk_nhs", "", "NHS number: 943 476 5918", nil},
		{"uk_nhs", "", "943 476 5919", nil},
		{"uk_nino", "", "NINO QQ123456C", []string{"QQ123456C"}},
		{"uk_nino", "", "AB 12 34 56 C", []string{"AB 12 34 56 C"}},
		{"uk_nino", "", "ni_number=ab123456c", []string{"ab123456c"}},
		{"uk_nino", "", "ab123456c", nil},
		{"uk_nino", "", "GB123456A DA123456A AB123456E XAB123456C", nil},
		{"fr_nir", "", "NIR 2 55 08 14 168 025 38", []string{"2 55 08 14 168 025 38"}},
		{"fr_nir", "", "255081416802538", []string{"255081416802538"}},
		{"fr_nir", "", "255081416802539", nil},
		{"fr_nir", "", "sécu: 2550814168025", []string{"2550814168025"}},
		{"fr_nir", "", "1 84 12 2A 451 089 25", nil},
		{"de_tax_id", "", "Steuer-ID: 86 095 742 719", []string{"86 095 742 719"}},
		{"de_tax_id", "", "IdNr 47036892816", []string{"47036892816"}},
		{"de_tax_id", "", "47036892816", nil},
		{"es_dni", "", "DNI 12345678Z", []string{"12345678Z"}},
		{"es_dni", "", "12345678-Z", []string{"12345678-Z"}},
		{"es_dni", "", "dni: 12.345.678-z", []string{"12.345.678-z"}},
		{"es_dni", "", "12345678A", nil},
		{"es_nie", "", "NIE X1234567L", []string{"X1234567L"}},
		{"es_nie", "", "X-1234567-L", []string{"X-1234567-L"}},
		{"es_nie", "", "X1234567A", nil},
		{"it_cf", "", "cf=RSSMRA85T10A562S;", []string{"RSSMRA85T10A562S"}},
		{"it_cf", "", "RSS MRA 85T10 A562S", []string{"RSS MRA 85T10 A562S"}},
		{"it_cf", "", "RSSMRA85T10A562T", nil},
		{"nl_bsn", "", "BSN: 111222333", []string{"111222333"}},
		{"nl_bsn", "", "burgerservicenummer 1234.56.782", []string{"1234.56.782"}},
		{"nl_bsn", "", "111222333", nil},
		{"be_nn", "", "85.07.30-033.28", []string{"85.07.30-033.28"}},
		{"be_nn", "", "NN 85073003328", []string{"85073003328"}},
		{"be_nn", "", "85.07.30-033.29", nil},
		{"se_personnummer", "", "811228-9874", []string{"811228-9874"}},
		{"se_personnummer", "", "personnummer 198112289874", []string{"198112289874"}},
		{"se_personnummer", "", "811228-9873", nil},
		{"za_id", "", "ID number 8001015009087", []string{"8001015009087"}},
		{"za_id", "", "8001015009087", nil},
		{"ca_sin", "", "SIN 046 454 286", []string{"046 454 286"}},
		{"ca_sin", "", "sin=046454286", []string{"046454286"}},
		{"ca_sin", "", "using 046454286", nil},
		{"fi_hetu", "", "131052-308T", []string{"131052-308T"}},
		{"fi_hetu", "", "131052-308U", nil},
		{"pl_pesel", "", "PESEL 44051401359", []string{"44051401359"}},
		{"pl_pesel", "", "PESEL 44051401358", nil},
		{"br_cpf", "", "529.982.247-25", []string{"529.982.247-25"}},
		{"br_cpf", "", "cpf:52998224725", []string{"52998224725"}},
		{"br_cpf", "", "529.982.247-26 111.111.111-11", nil},
		{"br_cnpj", "", "11.222.333/0001-81", []string{"11.222.333/0001-81"}},
		{"br_cnpj", "", "11222333000181", []string{"11222333000181"}},
		{"br_cnpj", "", "12.ABC.345/01DE-35", []string{"12.ABC.345/01DE-35"}},
		{"br_cnpj", "", "20240115103000", nil},
		{"in_aadhaar", "", "Aadhaar 2341 2341 2346", []string{"2341 2341 2346"}},
		{"in_aadhaar", "", "Aadhaar 2341 2341 2345", nil},
		{"in_pan", "", "PAN ABCPE1234F", []string{"ABCPE1234F"}},
		{"in_pan", "", "ABCXE1234F", nil},
		{"au_tfn", "", "TFN: 123 456 782", []string{"123 456 782"}},
		{"au_medicare", "", "2123 45670 1", []string{"2123 45670 1"}},
		{"au_medicare", "medicareNumber", "2123456701", []string{"2123456701"}},
		{"cn_resident_id", "", "11010519491231002X", []string{"11010519491231002X"}},
		{"cn_resident_id", "", "110105194912310021", nil},
		{"us_aba", "", "routing number 021000021", []string{"021000021"}},
		{"us_npi", "", "NPI 1234567893", []string{"1234567893"}},
		{"us_npi", "", "NPI 1234567890", nil},
		{"us_dea", "", "DEA AB1234563", []string{"AB1234563"}},
		{"us_dea", "", "DEA AB1234564", nil},
		{"iban", "", "IBAN DE89 3704 0044 0532 0130 00.", []string{"DE89 3704 0044 0532 0130 00"}},
		{"iban", "", "GB82WEST12345698765432", []string{"GB82WEST12345698765432"}},
		{"iban", "", "NO93 8601 1117 947", []string{"NO93 8601 1117 947"}},
		{"iban", "", "MT84 MALT 0110 0001 2345 MTLC AST0 01S", []string{"MT84 MALT 0110 0001 2345 MTLC AST0 01S"}},
		{"iban", "", "fr1420041010050500013m02606", []string{"fr1420041010050500013m02606"}},
		{"iban", "", "GB82WEST12345698765433 DE8937040044053201300", nil},
	} {
		assert.Equal(t, tc.want, findKeyed(t, tc.detector, tc.key, tc.value), "%s in %q", tc.detector, tc.value)
	}
}
