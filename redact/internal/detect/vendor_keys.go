package detect

// stripeKey finds secret and restricted keys of Stripe and the signing secrets
// of its webhooks. Publishable keys (pk_) are public.
func stripeKey() Detector {
	return vendorKey("stripe_key",
		keyShape{prefix: "sk_live_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "sk_org_live_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "sk_org_test_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "ek_live_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "ek_test_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "sk_test_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "rk_live_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "rk_test_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "sk_prod_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "rk_prod_", body: alnum, min: 10, max: 255},
		keyShape{prefix: "whsec_", body: base64Pad, min: 24, max: 255},
	)
}

// openAIKey finds keys of OpenAI and of the services that took over its form:
// sk-, sk-proj-, sk-svcacct-, sk-admin-. Names such as the classes of a style
// sheet begin with sk- too, hence the random run.
func openAIKey() Detector {
	k := keyShape{prefix: "sk-", body: urlSafe, min: 20, max: 512, mixed: true}
	return Detector{
		Name:        "openai_key",
		Group:       Secrets,
		Specificity: Prefixed,
		Literals:    Literals("sk-"),
		Find: func(h *Hits, s string, at int) {
			h.spend(2)
			end := k.match(s, at)
			if end == 0 || hasPrefixAt(s, at, anthropicPrefix) {
				h.SkipTo(urlSafe.end(s, at, len(s)))
				return
			}
			run, longest := 0, 0
			for i := at + len(k.prefix); i < end; i++ {
				if s[i] == '-' {
					run = 0
					continue
				}
				run++
				longest = max(longest, run)
			}
			if longest >= 16 {
				h.Add(at, end)
			}
			// What is inside fails for the same reason.
			h.SkipTo(end)
		},
	}
}

func hasPrefixAt(s string, at int, prefix string) bool {
	return len(s)-at >= len(prefix) && s[at:at+len(prefix)] == prefix
}

const anthropicPrefix = "sk-ant-"

// anthropicKey finds API, admin and OAuth keys of Anthropic.
func anthropicKey() Detector {
	return vendorKey("anthropic_key", keyShape{prefix: anthropicPrefix, body: urlSafe, min: 20, max: 512})
}

// huggingFaceToken finds user and organisation tokens of Hugging Face.
func huggingFaceToken() Detector {
	return vendorKey("huggingface_token",
		keyShape{prefix: "hf_", body: alnum, min: 34, max: 64},
		keyShape{prefix: "api_org_", body: alnum, min: 34, max: 64},
		keyShape{prefix: "hf_oauth_", body: dotted, min: 30, max: maxKey},
		keyShape{prefix: "hf_jwt_", body: dotted, min: 30, max: maxKey},
	)
}

// npmToken finds granular and automation tokens of npm.
func npmToken() Detector {
	return vendorKey("npm_token", keyShape{prefix: "npm_", body: alnum, min: 36, max: 64})
}

// pypiToken finds API tokens of PyPI: macaroons whose base64 begins with the
// location.
func pypiToken() Detector {
	return vendorKey("pypi_token", keyShape{prefix: "pypi-", body: urlSafe, min: 40, max: 1024})
}

// sendGridKey finds API keys of SendGrid: an id and a secret behind SG.
func sendGridKey() Detector {
	return Detector{
		Name:        "sendgrid_key",
		Group:       Secrets,
		Specificity: Prefixed,
		Literals:    Literals("SG."),
		Find: func(h *Hits, s string, at int) {
			id := urlSafe.end(s, at+3, 40)
			if n := id - at - 3; n < 16 || n > 32 || At(s, id) != '.' {
				return
			}
			end := urlSafe.end(s, id+1, 80)
			if n := end - id - 1; n >= 16 && n <= 66 {
				h.Add(at, end)
			}
		},
	}
}

// twilioKey finds account SIDs and API key SIDs of Twilio: AC or SK and 32
// hexadecimal digits.
func twilioKey() Detector {
	return vendorKey("twilio_key",
		keyShape{prefix: "SK", body: hexDigit, min: 32, max: 32, mixed: true},
		keyShape{prefix: "AC", body: hexDigit, min: 32, max: 32, mixed: true},
	)
}

// twilioAuthToken finds Twilio's auth tokens, which are 32 hexadecimal digits.
func twilioAuthToken() Detector {
	return worded("twilio_auth_token", wordedKey{
		words:   []string{"twilio"},
		body:    hexLower,
		lengths: Len(32),
		accept:  isRandomHex,
		reach:   72,
	})
}

// vaultToken finds service, batch and recovery tokens of HashiCorp Vault, and
// the short forms from before version 1.10: 24 letters and digits, and for batch
// tokens a sealed message that begins with its version.
func vaultToken() Detector {
	short := func(s string, at int) bool {
		end := RunEnd(s, at+2, 25, IsAlnum)
		body := s[at+2 : end]
		return len(body) == 24 && At(s, end) != '(' && !(At(s, end) == '.' && IsAlnum(At(s, end+1))) && anyOf(body, IsDigit) && anyOf(body, IsUpper) && anyOf(body, func(c byte) bool { return c-'a' < 26 })
	}
	d := vendorKey("vault_token",
		keyShape{prefix: "hvs.", body: urlSafe, min: 20, max: 512},
		keyShape{prefix: "hvb.", body: urlSafe, min: 20, max: 512},
		keyShape{prefix: "hvr.", body: urlSafe, min: 20, max: 512},
	)
	long := d.Find
	d.Literals = append(d.Literals, Literals("s.", "b.", "r.")...)
	d.Find = func(h *Hits, s string, at int) {
		switch {
		case At(s, at+1) != '.':
			long(h, s, at)
		case short(s, at):
			h.Add(at, at+26)
		case hasPrefixAt(s, at, batchPrefix):
			if end := urlSafe.end(s, at+2, 512); end-at >= 96 {
				h.Add(at, end)
			}
		}
	}
	return d
}

// batchPrefix is the version of the message in base64: the key term 1.
const batchPrefix = "b.AAAAAQ"

// digitalOceanToken finds personal, OAuth and refresh tokens of DigitalOcean.
func digitalOceanToken() Detector {
	return vendorKey("digitalocean_token",
		keyShape{prefix: "dop_v1_", body: alnum, min: 64, max: 64},
		keyShape{prefix: "doo_v1_", body: alnum, min: 64, max: 64},
		keyShape{prefix: "dor_v1_", body: alnum, min: 64, max: 64},
	)
}

// shopifyToken finds access tokens and shared secrets of Shopify apps.
func shopifyToken() Detector {
	prefixes := []string{"shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "shprt_", "shptka_"}
	shapes := make([]keyShape, len(prefixes))
	for i, p := range prefixes {
		shapes[i] = keyShape{prefix: p, body: alnum, min: 32, max: 64}
	}
	return vendorKey("shopify_token", shapes...)
}

// databricksToken finds personal access tokens of Databricks, with the version
// that some carry.
func databricksToken() Detector {
	const bodyBytes = hexLower | inDash
	return vendorKey("databricks_token",
		keyShape{prefix: "dapi", body: bodyBytes, min: 32, max: 36, mixed: true},
		keyShape{prefix: "dose", body: bodyBytes, min: 32, max: 36, mixed: true},
		keyShape{prefix: "dkea", body: bodyBytes, min: 32, max: 36, mixed: true},
	)
}

// grafanaToken finds tokens of Grafana Cloud and of service accounts, and API
// keys of before, whose base64 begins with {"k":".
func grafanaToken() Detector {
	return vendorKey("grafana_token",
		keyShape{prefix: "glc_", body: base64Pad, min: 32, max: 512},
		keyShape{prefix: "glsa_", body: wordBytes, min: 32, max: 64},
		keyShape{prefix: "eyJrIjoi", body: base64Pad, min: 40, max: 512},
	)
}

// newRelicKey finds user, insert, query and admin keys of New Relic, and
// licence keys by their end.
func newRelicKey() Detector {
	prefixes := []string{"NRAK-", "NRII-", "NRIQ-", "NRAA-", "NRRA-", "NRSP-", "NRJS-"}
	shapes := make([]keyShape, len(prefixes))
	for i, p := range prefixes {
		shapes[i] = keyShape{prefix: p, body: urlSafe, min: 19, max: 64}
	}
	d := vendorKey("newrelic_key", shapes...)
	byPrefix := d.Find
	const tail = "NRAL"
	d.Runs = Len(40)
	d.Find = func(h *Hits, s string, at int) {
		if end := RunEnd(s, at, 41, IsAlnum); end-at == 40 && s[end-len(tail):end] == tail {
			h.Add(at, end)
			return
		}
		byPrefix(h, s, at)
	}
	return d
}

// newRelicLicense finds licence keys of before, which are forty hexadecimal
// digits.
func newRelicLicense() Detector {
	return worded("newrelic_license", wordedKey{
		words:   []string{"new relic", "newrelic license", "nr license", "license key"},
		body:    hexLower,
		lengths: Len(40),
		accept:  isRandomHex,
		reach:   56,
	})
}
