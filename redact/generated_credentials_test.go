package redact

import (
	"math/rand/v2"
	"strings"
)

// mixedText is random text that holds an upper-case and a lower-case letter
// and a digit, as all but one in thousands do.
func mixedText(r *rand.Rand, alphabet string, n int) string {
	return until(func() (string, bool) {
		s := randomText(r, alphabet, n)
		return s, strings.ContainsAny(s, upperAZ) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(s, digits10)
	})
}

func vendorSensitives() []sensitive {
	// A prefix with bodies of the lengths.
	key := func(detector, prefix, alphabet string, lengths ...int) sensitive {
		return prefixed(detector, tokenLabels, func(r *rand.Rand) string { return prefix + mixedOrNot(r, alphabet, pickInt(r, lengths...)) })
	}
	worded := func(detector string, labels []string, alphabet string, n int, tail string) sensitive {
		return sensitive{detector, labels, false, func(r *rand.Rand) string { return mixedOrNot(r, alphabet, n) + tail }}
	}
	return []sensitive{
		key("aws_access_key", "AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
		key("aws_access_key", "ASIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
		worded("aws_secret_key", []string{"aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey", "SecretAccessKey", "aws secret", "secret access key"}, base64Std, 40, ""),
		key("aws_session_token", "FwoGZXIvYXdzE", base64Std, 300),
		key("aws_session_token", "IQoJb3JpZ2luX2Vj", base64Std, 300),
		key("gcp_api_key", "AIza", urlSafe, 35),
		key("gcp_oauth", "GOCSPX-", urlSafe, 28),
		key("gcp_oauth", "ya29.", urlSafe, 60, 180),
		key("gcp_oauth", "1//0", urlSafe, 60, 100),
		worded("gcp_service_account", []string{"private_key_id"}, lowerHex, 40, ""),
		worded("azure_storage_key", []string{"AccountKey", "account_key", "azure storage key", "SharedAccessKey"}, base64Std, 86, "=="),
		worded("azure_storage_key", []string{"SharedAccessKey", "AccountKey"}, base64Std, 43, "="),
		prefixed("azure_client_secret", tokenLabels, func(r *rand.Rand) string {
			return randomText(r, alnum, 3) + randomText(r, digits10, 1) + "Q~" + randomText(r, alnum+"_.-~", 33) + "a"
		}),
		key("github_token", "ghp_", alnum, 36), key("github_token", "gho_", alnum, 36), key("github_token", "ghu_", alnum, 36), key("github_token", "ghs_", alnum, 36), key("github_token", "ghr_", alnum, 36, 76),
		prefixed("github_token", tokenLabels, func(r *rand.Rand) string {
			return "github_pat_" + randomText(r, alnum, 22) + "_" + randomText(r, alnum, 59)
		}),
		worded("github_classic_token", []string{"GITHUB_TOKEN", "github token", "GH_TOKEN"}, lowerHex, 40, ""),
		key("gitlab_token", "glpat-", urlSafe, 20), key("gitlab_token", "gldt-", urlSafe, 20), key("gitlab_token", "glrt-", urlSafe, 20), key("gitlab_token", "glptt-", lowerHex, 40),
		prefixed("slack_token", tokenLabels, func(r *rand.Rand) string {
			return pick(r, "xoxb-", "xoxp-", "xoxa-2-") + randomText(r, digits10, 12) + "-" + randomText(r, digits10, 13) + "-" + randomText(r, alnum, 24)
		}),
		prefixed("slack_token", tokenLabels, func(r *rand.Rand) string {
			return "xapp-1-A" + randomText(r, upperAlnum, 10) + "-" + randomText(r, digits10, 13) + "-" + randomText(r, lowerHex, 64)
		}),
		prefixed("slack_webhook", tokenLabels, func(r *rand.Rand) string {
			return "https://hooks.slack.com/services/T" + randomText(r, upperAlnum, 8) + "/B" + randomText(r, upperAlnum, 10) + "/" + mixedText(r, alnum, 24)
		}),
		key("stripe_key", "sk_live_", alnum, 24, 99), key("stripe_key", "sk_test_", alnum, 24), key("stripe_key", "rk_live_", alnum, 24), key("stripe_key", "whsec_", alnum, 32),
		prefixed("openai_key", tokenLabels, func(r *rand.Rand) string {
			return pick(r, "sk-", "sk-proj-", "sk-svcacct-") + mixedText(r, alnum, 20) + "T3BlbkFJ" + mixedText(r, alnum, 20)
		}),
		key("openai_key", "sk-", alnum, 48),
		prefixed("anthropic_key", tokenLabels, func(r *rand.Rand) string {
			return pick(r, "sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-") + mixedText(r, urlSafe, 93) + "AA"
		}),
		key("huggingface_token", "hf_", alnum, 34), key("npm_token", "npm_", alnum, 36),
		prefixed("pypi_token", tokenLabels, func(r *rand.Rand) string { return "pypi-AgEIcHlwaS5vcmc" + mixedText(r, urlSafe, 150) }),
		prefixed("sendgrid_key", tokenLabels, func(r *rand.Rand) string {
			return "SG." + randomText(r, urlSafe, 22) + "." + randomText(r, urlSafe, 43)
		}),
		key("twilio_key", "SK", lowerHex, 32), key("twilio_key", "AC", lowerHex, 32),
		worded("twilio_auth_token", []string{"TWILIO_AUTH_TOKEN", "twilio token"}, lowerHex, 32, ""),
		key("vault_token", "hvs.", urlSafe, 24, 90), key("vault_token", "hvb.", urlSafe, 120), key("vault_token", "s.", alnum, 24),
		key("digitalocean_token", "dop_v1_", lowerHex, 64), key("shopify_token", "shpat_", lowerHex, 32), key("shopify_token", "shpss_", lowerHex, 32),
		key("databricks_token", "dapi", lowerHex, 32), key("grafana_token", "glc_", base64Std, 100),
		prefixed("grafana_token", tokenLabels, func(r *rand.Rand) string { return "glsa_" + mixedText(r, alnum, 32) + "_" + randomText(r, lowerHex, 8) }),
		key("newrelic_key", "NRAK-", upperAlnum, 27),
		prefixed("newrelic_key", tokenLabels, func(r *rand.Rand) string { return mixedOrNot(r, lowerHex, 36) + "NRAL" }),
		worded("newrelic_license", []string{"NEW_RELIC_LICENSE_KEY", "new relic license"}, lowerHex, 40, ""),
		prefixed("payment_card", []string{"card", "pan", "cc"}, func(r *rand.Rand) string {
			s := luhnDigit(pick(r, "4111", "4532", "5105", "5425", "2223", "6011") + randomText(r, digits10, 11))
			return pick(r, s, grouped(s, " ", 4, 4, 4), grouped(s, "-", 4, 4, 4))
		}),
		prefixed("email", []string{"user", "mail", "from"}, func(r *rand.Rand) string {
			return pick(r, "jane.doe", "j_smith+news", "info") + "@" + pick(r, "example.com", "mail.example.org", "corp.example.co.uk")
		}),
	}
}

func mixedOrNot(r *rand.Rand, alphabet string, n int) string {
	return until(func() (string, bool) {
		s := randomText(r, alphabet, n)
		letters := strings.ContainsAny(s, upperAZ+"abcdefghijklmnopqrstuvwxyz")
		mixed := !strings.Contains(alphabet, "Zabc") || strings.ContainsAny(s, upperAZ) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")
		return s, letters && mixed && strings.ContainsAny(s, digits10)
	})
}
