package redact

// standardRules are the rules of the built-in policy: every key that holds a
// credential by its name, then every detector group but network.
func standardRules() []any {
	return []any{
		map[string]any{
			"name":   "credentials",
			"keys":   list(credentialKeys[:]),
			"except": list(credentialExceptions[:]),
			"action": "mask",
		},
		map[string]any{
			"name":   "payment",
			"detect": []any{"payment"},
			"action": "mask",
		},
		map[string]any{
			"name":   "secrets",
			"detect": []any{"secrets"},
			"action": "mask",
		},
		map[string]any{
			"name":   "personal",
			"detect": []any{"personal", "national_ids"},
			"action": "mask",
		},
		map[string]any{
			"name":   "wallets",
			"detect": []any{"crypto_wallets"},
			"action": "mask",
		},
		map[string]any{
			"name":   "sql",
			"detect": []any{"sql"},
			"action": "mask",
		},
	}
}

func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// credentialKeys are names of attributes and JSON members that hold
// credentials. A literal matches whole segments, so "auth" would match
// "auth.method": only names that are nothing but a credential stand alone.
var credentialKeys = [...]string{
	"*password*", "*passwd*", "*passphrase*", "*pwd*", "*secret*", "*credential*",
	"*token*", "*api key*", "*access key*", "*private key*", "*api_key*", "*api-key*", "*apikey*", "*api.key*",
	"*access_key*", "*access-key*", "*accesskey*", "*private_key*", "*private-key*", "*privatekey*",
	"*encryption_key*", "*encryption-key*", "*encryptionkey*", "*signing_key*", "*signing-key*", "*signingkey*",
	"*account_key*", "*accountkey*", "*shared_key*", "*sharedkey*", "*master_key*", "*masterkey*",
	"*session_key*", "*sessionkey*", "*auth_key*", "*authkey*", "*connection_string*", "*connectionstring*", "*conn_str*",
	"authorization", "proxy-authorization", "proxy_authorization", "*.cookie", "*.set-cookie", "*.set_cookie",
	"cookie", "cookies", "set-cookie", "set_cookie", "set-cookie2",
	"x-api-key", "x-auth-token", "x-amz-security-token", "x-csrf-token", "x-xsrf-token", "x-vault-token",
	"jwt", "bearer", "otp", "totp", "mfa_code", "mfa-code", "one_time_code", "pin_code", "pincode", "cvv", "cvv2", "cvc", "cvc2",
	"session id", "session_id", "sessionid", "session-id", "jsessionid", "phpsessid", "sid", "csrf", "xsrf", "nonce_secret",
	"client_assertion", "assertion", "saml_response", "samlresponse", "samlrequest", "oauth_code", "auth_code", "authorization_code",
	"security_answer", "securityanswer", "recovery_code", "recoverycode", "recovery_phrase", "mnemonic", "seed_phrase", "seedphrase",
}

// credentialExceptions are keys that a glob of credentialKeys matches though
// they hold none: the semantic conventions' and well-known counters'.
var credentialExceptions = [...]string{
	"gen_ai.usage.*", "gen_ai.token.type", "gen_ai.client.token.usage", "gen_ai.request.max_tokens", "llm.usage.*", "llm.token_count.*",
	"aws.secretsmanager.secret.arn", "k8s.secret.name", "k8s.secret.uid", "session.id", "session.previous_id",
	"*_tokens", "*.tokens", "tokens", "tokens_*", "tokens.*", "*token_count*", "*tokencount*", "*token_usage*", "*token_type*", "*token.type", "*tokentype*",
	"*token_limit*", "*max_token*", "*tokenizer*", "*tokenization*", "*token_endpoint*", "*token_url*", "*token_uri*", "*token_expir*", "*token_ttl*",
	"*secret_name*", "*secretname*", "*secret.name", "*secret_arn*", "*secret.arn", "*secret_version*", "*password_policy*", "*password_changed*",
	// What is said about a secret.
	"*_count", "*.count", "*_enabled", "*.enabled", "*-enabled", "*_disabled", "*_expired", "*.expired", "*_issuer", "*.issuer", "*key_id", "*key-id", "*keyid", "*key.id",
	"*_strength", "*_provider", "*.provider", "*_result", "*.result", "*_status", "*.status", "*_length", "*.length", "*_required", "*_attempts", "*_seconds", "*_ms", "*_algorithm",
	"*_lifetime", "*_duration", "has_*", "is_*", "*.has_*", "*.is_*", "*passwordless*", "secretariat*", "secretary*", "cookie_consent*", "cookie.consent*", "*secretsmanager*.arn",
	// Counters of language models in camel case, and what else is said of a token.
	"*inputtokens*", "*outputtokens*", "*totaltokens*", "*maxtokens*", "*prompttokens*", "*completiontokens*", "*cachedtokens*", "*reasoningtokens*",
	"*tokensused*", "*tokensremaining*", "*tokensper*", "*tokenlimit*", "*tokenindex*", "*tokencount*",
	"*_ttl", "*.ttl", "*expires_in", "*expiresin", "*expires_at", "*expiresat", "*.expiry", "*.valid", "*lifetime", "*enabled", "*_secure", "*.secure", "*.domain", "*cookie.path",
	"*_policy", "*.policy", "*passwordpolicy", "*resetrequired", "*_last_set", "*_source", "*secretref", "*.ref",
	"*_type", "*.type", "*_version", "*.version", "*_present", "*_sent", "*_days", "*_hours", "*.uid", "*token_bucket*", "*token.bucket*", "*cookie.name", "*cookie_name", "*unexpected_token*",
	"haspassword*", "hastoken*", "hassecret*", "hascredential*", "hasapikey*", "ispassword*", "istoken*", "issecret*", "iscredential*", "showpassword*", "hidepassword*", "forgotpassword*",
	"*passwordexpired*", "*passwordexpiry*", "*passwordchanged*", "*passwordupdated*", "*passwordrequired*", "*passwordvalid*", "*passwordstrength*", "*passwordlength*", "*passwordattempts*",
	"*tokenexpired*", "*tokenexpiry*", "*tokenvalid*", "*tokenlength*", "*invalidtoken*", "*invalidpassword*", "*secretscount*", "*secretcount*", "*tokenscount*",
	"*password_expir*", "*password_reset_required*", "*credential_type*", "*credential.type", "*credential_id*",
}
