package detect

// base64Value maps a byte to its six bits in either alphabet of RFC 4648, or
// to 255.
var base64Value = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := range 26 {
		t['A'+i], t['a'+i] = byte(i), byte(26+i)
	}
	for i := range 10 {
		t['0'+i] = byte(52 + i)
	}
	t['+'], t['/'], t['-'], t['_'] = 62, 63, 62, 63
	return t
}()

// DecodeBase64 decodes unpadded base64 of either alphabet into dst and returns
// the number of bytes. It reads on behind line breaks, and stops when dst is full;
// ok is false at another byte outside of the alphabets.
func DecodeBase64(dst []byte, s string) (n int, ok bool) {
	var acc uint32
	bits := 0
	for i := 0; i < len(s); i++ {
		for bits == 0 && i+4 <= len(s) && n+3 <= len(dst) {
			a, b, c, d := base64Value[s[i]], base64Value[s[i+1]], base64Value[s[i+2]], base64Value[s[i+3]]
			if a|b|c|d > 63 {
				break
			}
			dst[n], dst[n+1], dst[n+2] = a<<2|b>>4, b<<4|c>>2, c<<6|d
			i, n = i+4, n+3
		}
		if i == len(s) {
			break
		}
		v := base64Value[s[i]]
		if v == 255 {
			next := lineBreak(s, i)
			if next == i {
				return n, false
			}
			i = next - 1
			continue
		}
		acc = acc<<6 | uint32(v)
		bits += 6
		if bits >= 8 {
			if n == len(dst) {
				return n, true
			}
			bits -= 8
			dst[n] = byte(acc >> bits)
			n++
		}
	}
	return n, true
}
