package detect

// slackToken finds the tokens of Slack ("Tokens": bot, user, app-level,
// configuration, refresh and legacy tokens).
func slackToken() Detector {
	prefixes := []string{"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-", "xoxe-", "xapp-"}
	shapes := make([]keyShape, 0, len(prefixes)+2)
	for _, p := range prefixes {
		shapes = append(shapes, keyShape{prefix: p, body: slackBytes, min: 16, max: 1024})
	}
	shapes = append(shapes,
		keyShape{prefix: "xoxe.xoxp-", body: slackBytes, min: 16, max: 1024},
		keyShape{prefix: "xoxe.xoxb-", body: slackBytes, min: 16, max: 1024},
		keyShape{prefix: "xwfp-", body: slackBytes, min: 16, max: 1024},
	)
	return vendorKey("slack_token", shapes...)
}

// slackBytes holds the percent-encoded base64 of browser tokens too.
const slackBytes = urlSafe | inPercent | inSlash | inPlus

// slackWebhook finds incoming webhooks of Slack. The URL is the secret: who has
// it can post ("Sending messages using incoming webhooks").
func slackWebhook() Detector {
	const host = "hooks.slack.com/"
	return Detector{
		Name:        "slack_webhook",
		Cost:        7,
		Group:       Secrets,
		Specificity: Prefixed,
		Literals:    append(FoldLiterals(host), Literals("hooks.slack.com%2F", `hooks.slack.com\/`, "hooks.slack-gov.com/")...),
		Find: func(h *Hits, s string, at int) {
			start := at
			for _, scheme := range [...]string{"https://", "http://", "https%3A%2F%2F", `https:\/\/`} {
				if from := at - len(scheme); from >= 0 && HasFold(s[from:], scheme) || from >= 0 && s[from:at] == scheme {
					start = from
					break
				}
			}
			end := RunEnd(s, min(len(s), at+len("hooks.slack")), 256, func(c byte) bool { return dotted.has(c) || c == '/' || c == '%' || c == '\\' })
			for end > at && (s[end-1] == '.' || s[end-1] == '\\' || s[end-1] == '/') {
				end--
			}
			// services/T…/B…/…, workflows/…, triggers/…: the host alone or a
			// page of documentation is no secret.
			path := s[at:end]
			digits := 0
			for i := range len(path) {
				if IsDigit(path[i]) {
					digits++
				}
			}
			if len(path) >= len(host)+24 && digits > 0 {
				h.Add(start, end)
			}
		},
	}
}
