package detect

var imeiWords = NewWords("imei", "imeis", "imei number", "imeisv", "meid", "imei sv", "imeinumber", "device id", "deviceid", "equipment identity", "handset")

// imei finds mobile equipment identities: type allocation code, serial and a
// Luhn digit (3GPP TS 23.003 section 6), or with the software version in place
// of the Luhn digit. A card number may look the same, so a key word must be
// near unless the parts are separated as 2-6-6-1. Old phones print 6-2-6-1.
func imei() Detector {
	return Detector{
		Name:        "imei",
		Group:       Personal,
		Specificity: Checked,
		Canonical:   DigitsOnly,
		Digits:      Len(2, 6, 8, 14, 15, 16),
		Gate:        gateShapes("dd-dddddd", "dddddd-dd", "dddddddd-dddddd", "dddddddddddddd-d", "ddddddddddddddd", "dddddddddddddddd"),
		Find: func(h *Hits, s string, at int) {
			if !WordStart(s, at) {
				return
			}
			var m shaped
			switch {
			case m.match(s, at, "dd-dddddd-dddddd-d"), m.match(s, at, "dd dddddd dddddd d"), m.match(s, at, "dddddddd-dddddd-d"), m.match(s, at, "dd.dddddd.dddddd.d"), m.match(s, at, "dd/dddddd/dddddd/d"):
				if h.alone(s, at, m.end, ' ', imeiWords) && Luhn(m.bytes()) {
					h.named(s, at, imeiWords) // for those behind it in a list
					h.Add(at, m.end)
					return
				}
			}
			switch {
			case m.match(s, at, "dd~dddddd~dddddd~dd"), m.match(s, at, "dddddddd~dddddd~dd"):
				// IMEISV: no check digit.
			case m.match(s, at, "dd~dddddd~dddddd~d"), m.match(s, at, "dddddddd~dddddd~d"), m.match(s, at, "dddddd~dd~dddddd~d"):
				if !Luhn(m.bytes()) {
					return
				}
			default:
				return
			}
			if h.alone(s, at, m.end, m.sep, imeiWords) && !allSame(m.bytes()) && h.Near(s, at, m.end, imeiWords) {
				h.Add(at, m.end)
			}
		},
	}
}
