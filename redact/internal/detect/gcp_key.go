package detect

// gcpAPIKey finds Google API keys and the access ids of Cloud Storage HMAC keys.
func gcpAPIKey() Detector {
	return vendorKey("gcp_api_key",
		keyShape{prefix: "AIza", body: urlSafe, min: 35, max: 35},
		keyShape{prefix: "AQ.Ab", body: urlSafe, min: 40, max: 120},
		keyShape{prefix: "GOOG1E", body: upperAlnum, min: 54, max: 58},
		keyShape{prefix: "GOOG", body: upperAlnum, min: 20, max: 20},
	)
}

// gcpOAuth finds OAuth client secrets, access and refresh tokens and client
// ids of Google.
func gcpOAuth() Detector {
	d := vendorKey("gcp_oauth",
		keyShape{prefix: "GOCSPX-", body: urlSafe, min: 24, max: 40},
		keyShape{prefix: "ya29.", body: dotted, min: 20, max: maxKey},
		keyShape{prefix: "1//0", body: urlSafe, min: 30, max: 512},
	)
	const suffix = ".apps.googleusercontent.com"
	byPrefix := d.Find
	d.Digits = LenRange(9, 19)
	d.Gate = gateShapes("ddddddddd", "dddddddddd", "ddddddddddd", "dddddddddddd", "ddddddddddddd", "dddddddddddddd")
	d.Find = func(h *Hits, s string, at int) {
		before := len(h.Spans)
		byPrefix(h, s, at)
		if len(h.Spans) > before || !IsDigit(s[at]) {
			return
		}
		dash := RunEnd(s, at, 22, IsDigit)
		if At(s, dash) != '-' || !WordStart(s, at) {
			return
		}
		end := RunEnd(s, dash+1, 64, IsAlnum)
		if end-dash > 16 && len(s)-end >= len(suffix) && s[end:end+len(suffix)] == suffix {
			h.Add(at, end+len(suffix))
		}
	}
	return d
}

// gcpServiceAccount finds the id of the private key in a service account's key
// file; private_key finds the key itself, and email the account.
func gcpServiceAccount() Detector {
	return worded("gcp_service_account", wordedKey{
		words:   []string{"private key id"},
		body:    hexLower,
		lengths: Len(40),
		accept:  isRandomHex,
		reach:   40,
	})
}
