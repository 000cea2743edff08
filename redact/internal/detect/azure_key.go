package detect

// azureStorageKey finds the account keys of Azure Storage, Cosmos DB and
// Service Bus: 64 (or 32) bytes in base64 after a word such as AccountKey, or
// with the marker AzureStorage puts into keys since 2021.
func azureStorageKey() Detector {
	words := NewWords("account key", "shared access key", "sharedaccesskey", "accountkey", "storage key", "azure", "primary key", "secondary key", "access key")
	isBody := func(c byte) bool { return IsAlnum(c) || c == '+' || c == '/' }
	const window = 96
	return Detector{
		Name:        "azure_storage_key",
		Cost:        3,
		Group:       Secrets,
		Specificity: Shaped,
		Literals: append(FoldLiterals("accountkey", "account_key", "account-key", "sharedaccesskey=", "sharedaccesskey", "storagekey", "storage_key", "storage-key",
			"accesskey", "access_key", "account key", "access key", "storage key", "azure", "primarykey", "primary_key", "secondarykey"), Literals("+ASt")...),
		Key: words.In,
		Find: func(h *Hits, s string, at int) {
			if s[at] == '+' && !h.ByKey {
				start := pastEscape(s, RunStart(s, at, 77, isBody))
				end := RunEnd(s, at, 12, isBody)
				if at-start == 76 && end-start == 86 && At(s, end) == '=' && At(s, end+1) == '=' {
					h.Add(start, end+2)
				}
				return
			}
			limit := min(len(s), at+window)
			for i := at; i < limit; {
				if !isBody(s[i]) {
					i++
					continue
				}
				i = pastEscape(s, i)
				end := RunEnd(s, i, 90, isBody)
				n := end - i
				if (n == 86 && At(s, end+1) == '=' || n == 43) && At(s, end) == '=' && isRandomMixed(s[i:end]) && !hashLabel(s, i) {
					for At(s, end) == '=' && end-i < 88 {
						end++
					}
					h.Add(i, end)
					return
				}
				if n == 90 {
					return
				}
				i = end
			}
		},
	}
}

// hashLabel reports whether the base64 at start is labelled as a hash, as in
// the integrity of a package lock.
func hashLabel(s string, start int) bool {
	const label = "sha512"
	return start > len(label) && (HasFold(s[start-len(label)-1:], label) || HasFold(s[start-len(label)-1:], "sha256"))
}

// azureSAS finds the signature of a shared access signature: HMAC-SHA256 in
// base64, mostly percent-encoded, as the parameter sig (Azure Storage, "Create
// a service SAS").
func azureSAS() Detector {
	return Detector{
		Name:        "azure_sas",
		Cost:        5,
		Group:       Secrets,
		Specificity: Prefixed,
		Literals:    FoldLiterals("sig="),
		Find: func(h *Hits, s string, at int) {
			start := at + len("sig=")
			end := RunEnd(s, start, 256, func(c byte) bool { return IsBase64(c) || c == '=' || c == '%' })
			h.spend((end - start) / 16)
			n := 0
			for i := start; i < end; i++ {
				if s[i] == '%' {
					i += 2
				}
				n++
			}
			if n >= 42 {
				h.Add(start, end)
			}
		},
	}
}

// azureClientSecret finds the secrets of Entra ID applications: three
// characters, a digit, "Q~" and 31 to 34 more.
func azureClientSecret() Detector {
	isBody := func(c byte) bool { return IsAlnum(c) || c == '_' || c == '.' || c == '-' || c == '~' }
	return Detector{
		Name:        "azure_client_secret",
		Group:       Secrets,
		Specificity: Prefixed,
		Literals:    Literals("~"),
		Find: func(h *Hits, s string, at int) {
			start := at - 5
			if start < 0 || s[at-1] != 'Q' || !IsDigit(s[at-2]) || start > 0 && isBody(s[start-1]) && pastEscape(s, start-1) != start {
				return
			}
			end := RunEnd(s, at+1, 40, isBody)
			for end > at && s[end-1] == '.' {
				end--
			}
			if n := end - at - 1; n < 31 || n > 36 || RunStart(s, at, 5, isBody) != start {
				return
			}
			h.Add(start, end)
		},
	}
}
