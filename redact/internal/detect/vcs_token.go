package detect

// githubToken finds the tokens of GitHub: personal (classic and fine-grained),
// OAuth, user-to-server, server-to-server and refresh tokens ("About
// authentication to GitHub", token formats). GitHub allows up to 255 characters.
func githubToken() Detector {
	return vendorKey("github_token",
		keyShape{prefix: "ghp_", body: alnum, min: 36, max: 255},
		keyShape{prefix: "gho_", body: alnum, min: 36, max: 255},
		keyShape{prefix: "ghu_", body: alnum, min: 36, max: 255},
		keyShape{prefix: "ghs_", body: dotted, min: 36, max: maxKey},
		keyShape{prefix: "ghr_", body: alnum, min: 36, max: 255},
		keyShape{prefix: "github_pat_", body: wordBytes, min: 36, max: 255},
		keyShape{prefix: "v1.", body: hexLower, min: 40, max: 40, mixed: true},
	)
}

// githubClassicToken finds tokens of forty hexadecimal digits from before
// 2021, which only a word tells from the hash of a commit.
func githubClassicToken() Detector {
	return worded("github_classic_token", wordedKey{
		words:   []string{"github token", "github pat", "gh token", "github access token", "github oauth", "github api token", "github api key", "github secret", "authorization: token"},
		body:    hexLower,
		lengths: Len(40),
		accept:  isRandomHex,
		reach:   48,
	})
}

// gitlabToken finds the tokens of GitLab by the prefixes of its documentation
// ("Token overview", prefixes). Routable tokens hold dots and are longer.
func gitlabToken() Detector {
	prefixes := []string{"glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-", "glffct-", "glwt-", "GR1348941"}
	shapes := make([]keyShape, len(prefixes))
	for i, p := range prefixes {
		shapes[i] = keyShape{prefix: p, body: dotted, min: 20, max: 320}
	}
	return vendorKey("gitlab_token", shapes...)
}
